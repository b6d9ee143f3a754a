"""A report as Markdown, as one HTML file, and its numbers as CSV.

report = Report("Shortcuts")
report.paragraph("What was done.")
report.table(["tap", "fitting"], [["stem", "0.1"]], "Heights.")
report.figure(figure, "planes", "The planes.")
report.write(folder, header, rows)
"""

import base64
import csv
from functools import partial
import html
from pathlib import Path
import re
from typing import NamedTuple

# Enough for a screen; a figure for print is drawn from the logs.
DPI = 160
STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto;
       padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 13px }
td, th { border-bottom: 1px solid #ccc; padding: .25em .6em; text-align: left;
         vertical-align: top }
figure { margin: 1.5em 0 } img { max-width: 100% }
figcaption, caption { text-align: left; color: #555; padding: .3em 0 }
"""


class Heading(NamedTuple):
    text: str

    def markdown(self):
        return f"## {self.text}"

    def html(self, folder):
        return f"<h2>{_inline(self.text)}</h2>"


class Paragraph(NamedTuple):
    text: str

    def markdown(self):
        return self.text

    def html(self, folder):
        return f"<p>{_inline(self.text)}</p>"


class Table(NamedTuple):
    header: list
    rows: list
    caption: str

    def markdown(self):
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        table = "\n".join(
            f"| {' | '.join(map(_cell, line))} |" for line in lines
        )
        return f"*{self.caption}*\n\n{table}"

    def html(self, folder):
        head = _row("th", self.header)
        body = "".join(map(partial(_row, "td"), self.rows))
        return (
            f"<table><caption>{_inline(self.caption)}</caption>{head}{body}"
            "</table>"
        )


class Picture(NamedTuple):
    file: str
    caption: str

    def markdown(self):
        return f"![{self.caption}]({self.file})\n\n*{self.caption}*"

    def html(self, folder):
        data = base64.b64encode((folder / self.file).read_bytes()).decode()
        return (
            f'<figure><img alt="" src="data:image/png;base64,{data}">'
            f"<figcaption>{_inline(self.caption)}</figcaption></figure>"
        )


class Report:
    """Blocks of text, tables and figures under one title.

    Texts may hold Markdown's links and code spans.

    Args:
        title: The heading of the whole.
    """

    def __init__(self, title: str):
        self.title = title
        self._blocks = []
        self._figures = {}

    def heading(self, text):
        self._blocks.append(Heading(text))

    def paragraph(self, text):
        self._blocks.append(Paragraph(text))

    def table(self, header, rows, caption):
        self._blocks.append(Table(list(header), list(rows), caption))

    def figure(self, figure, name, caption):
        """Adds a matplotlib figure, to be saved as `name.png`."""
        self._figures[f"{name}.png"] = figure
        self._blocks.append(Picture(f"{name}.png", caption))

    def claims(self, claims: list[tuple]):
        """Adds the table of claims and verdicts."""
        header = [
            *("Claim", "Source", "Verdict", "Effect [95 % interval]"),
            *("Seeds", "Our own choice"),
        ]
        self.table(header, claims, "What was claimed, and what the seeds say.")

    def write(self, folder, header, rows):
        """Writes report.md, report.html, table.csv and the figures.

        Args:
            folder: Where to, made if it is not there.
            header: Names of the columns of table.csv.
            rows: Its rows.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for file, figure in self._figures.items():
            figure.savefig(folder / file, dpi=DPI)
        with open(folder / "table.csv", "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [header, *(map(_digits, row) for row in rows)]
            )
        blocks = [block.markdown() for block in self._blocks]
        text = "\n\n".join([f"# {self.title}", *blocks])
        (folder / "report.md").write_text(text + "\n", encoding="utf-8")
        (folder / "report.html").write_text(
            self._html(folder), encoding="utf-8"
        )

    def _html(self, folder):
        body = "\n".join(block.html(folder) for block in self._blocks)
        title = html.escape(self.title)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>{title}</title><style>{STYLE}</style></head>\n"
            f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
        )


def _digits(value):
    """A number to five digits, more than any of them is worth."""
    return f"{value:.5g}" if isinstance(value, float) else value


def _cell(value):
    return str(value).replace("|", "\\|")


def _row(kind, cells):
    inside = "".join(f"<{kind}>{_inline(str(c))}</{kind}>" for c in cells)
    return f"<tr>{inside}</tr>"


def _inline(text):
    """Markdown's links and code spans as HTML."""
    text = html.escape(text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\[([^\]]+)\]\((http[^)]+)\)", r'<a href="\2">\1</a>', text)
