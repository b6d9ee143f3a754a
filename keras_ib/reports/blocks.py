"""A report as Markdown, as one HTML file, and its numbers as CSV.

report = Report("Shortcuts")
report.paragraph("What was done.")
report.table(["tap", "fitting"], [["stem", "0.1"]], "Phase magnitudes.")
report.figure(figure, "planes", "The planes.")
report.write(folder, header, rows)
"""

from collections.abc import Iterable, Sequence
import csv
from html import escape
import io
from pathlib import Path
import re
from typing import Any, NamedTuple

from keras_ib.logs.files import replaced, write_atomically
from keras_ib.plotting import axes
from keras_ib.reports import html

# Enough for a screen; the PDF beside it is for print.
DPI = 160
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
TAG = "<(?=[a-zA-Z/!?])"


class Heading(NamedTuple):
    text: str

    def markdown(self) -> str:
        return f"## {self.text}"

    def html(self) -> str:
        return f"<h2>{html.inline(self.text)}</h2>"


class Paragraph(NamedTuple):
    text: str

    def markdown(self) -> str:
        return self.text

    def html(self) -> str:
        return f"<p>{html.inline(self.text)}</p>"


class Table(NamedTuple):
    header: list
    rows: list
    caption: str

    def markdown(self) -> str:
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        table = "\n".join(
            f"| {' | '.join(map(_cell, line))} |" for line in lines
        )
        return f"*{self.caption}*\n\n{table}"

    def html(self) -> str:
        return html.table(*self)


class Finding(NamedTuple):
    mark: html.Mark
    text: str
    rule: str
    reason: str

    def markdown(self) -> str:
        return f"- **{self.mark}** {self.text} (`{self.rule}`)"

    def html(self) -> str:
        return (
            f'<p class="finding">{self.mark.html()} {html.inline(self.text)} '
            f'<a class="rule" href="#rule-{escape(self.rule)}" '
            f'title="{escape(self.reason)}">{escape(self.rule)}</a></p>'
        )


class Rule(NamedTuple):
    name: str
    text: str

    def markdown(self) -> str:
        return f"- `{self.name}`: {self.text}"

    def html(self) -> str:
        text = html.inline(f"`{self.name}`: {self.text}")
        return f'<p id="rule-{escape(self.name)}">{text}</p>'


class Picture(NamedTuple):
    name: str
    caption: str
    png: bytes
    pdf: bytes

    def markdown(self) -> str:
        alternative = html.alternative(self.caption)
        picture = f"![{alternative}]({self.name}.png)"
        return f"{picture}\n\n*{self.caption}* [PDF]({self.name}.pdf)"

    def html(self) -> str:
        return html.picture(self.png, self.name, self.caption)


class Report:
    """Blocks of text, tables and figures under one title.

    Paragraphs and captions may hold Markdown's links and code spans; cells of
    tables hold no links but those of a `Mark`.

    Args:
        title: The heading of the whole.
    """

    def __init__(self, title: str):
        self.title = title
        self._blocks: list[Any] = []

    def __repr__(self) -> str:
        return f"<Report {self.title!r} of {len(self._blocks)} blocks>"

    def heading(self, text: str):
        self._blocks.append(Heading(text))

    def paragraph(self, text: str):
        self._blocks.append(Paragraph(text))

    def table(self, header: Iterable, rows: Iterable, caption: str):
        self._blocks.append(Table(list(header), list(rows), caption))

    def finding(self, mark: html.Mark, text: str, rule: str, reason: str):
        """Adds a sentence with its verdict, and the rule that gave it."""
        self._blocks.append(Finding(mark, text, rule, reason))

    def rule(self, name: str, text: str):
        """Adds a rule, to which findings lead."""
        self._blocks.append(Rule(name, text))

    def figure(self, figure: Any, name: str, caption: str):
        """Adds a matplotlib figure, to be saved as `name.png` and `.pdf`."""
        png, pdf = (_drawn(figure, kind) for kind in ("png", "pdf"))
        self._blocks.append(Picture(name, caption, png, pdf))

    def write(self, folder: Path, header: Sequence, rows: Iterable[Sequence]):
        """Writes report.md, report.html, table.csv and the figures.

        Args:
            folder: Where to, made if it is not there.
            header: Names of the columns of table.csv.
            rows: Its rows.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for block in self._blocks:
            if isinstance(block, Picture):
                _save(folder / f"{block.name}.png", block.png)
                _save(folder / f"{block.name}.pdf", block.pdf)
        write_table(
            folder / "table.csv", header, (map(_digits, row) for row in rows)
        )
        blocks = [block.markdown() for block in self._blocks]
        text = _without_tags("\n\n".join([f"# {self.title}", *blocks]))
        write_atomically(folder / "report.md", text + "\n")
        body = "\n".join(block.html() for block in self._blocks)
        write_atomically(folder / "report.html", html.page(self.title, body))


def _drawn(figure, kind):
    draft = io.BytesIO()
    # The same figure is the same file, whenever it is drawn.
    undated = {"CreationDate": None} if kind == "pdf" else {}
    with axes.style():
        figure.savefig(draft, format=kind, dpi=DPI, metadata=undated)
    return draft.getvalue()


def _save(path, content):
    with replaced(path) as draft:
        draft.write_bytes(content)


def write_table(path: Path, header: Sequence, rows: Iterable[Iterable]):
    """Writes a table as CSV, whose names no program takes for formulas."""
    text = io.StringIO()
    lines = ([harmless(cell) for cell in row] for row in [header, *rows])
    csv.writer(text, lineterminator="\n").writerows(lines)
    write_atomically(path, text.getvalue())


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay.

    Example:
        >>> harmless("=1+1"), harmless("-0.5"), harmless("stem")
        ("'=1+1", '-0.5', 'stem')
    """
    if not isinstance(cell, str) or not cell.startswith(FORMULAS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _without_tags(text):
    """Markdown in which nothing is HTML; code spans are none anyway."""
    return re.sub(rf"(`[^`\n]*`)|{TAG}", lambda m: m[1] or "&lt;", text)


def _digits(value):
    """A number to five digits, more than any of them is worth."""
    return f"{value:.5g}" if isinstance(value, float) else value


def _cell(value):
    """A cell in which Markdown sees code, and no link but that of a `Mark`."""
    if isinstance(value, html.Mark):
        return str(value)
    # Every second part is code, in which only the bar means something.
    parts = re.split(r"(`[^`]+`)", " ".join(str(value).split()))
    return "".join(
        part.replace("|", "\\|") if i % 2 else _escaped(part)
        for i, part in enumerate(parts)
    )


def _escaped(text):
    text = re.sub(TAG, "&lt;", text)
    return re.sub(r"[\\|`]|(?<=\])\(", r"\\\g<0>", text)
