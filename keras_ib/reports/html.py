"""The HTML of a page that stands alone: one file, nothing from elsewhere."""

import base64
from collections.abc import Sequence
from html import escape
import re
from typing import Any, NamedTuple

STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto;
       padding: 0 1em; color: #222 }
.table { overflow-x: auto }
.finding { margin: .6em 0; padding-left: .8em; border-left: 3px solid #ddd }
.mark { border-radius: .8em; padding: .1em .6em; font-size: 13px;
        font-weight: bold; white-space: nowrap; text-decoration: none }
.good { background: #dff3e4; color: #11592a }
.bad { background: #fde2df; color: #8c1d13 }
.care { background: #fdf0cc; color: #6b4700 }
.open { background: #e8e8ea; color: #444 }
.fact { background: #dbe9fb; color: #0b4585 }
.rule { color: #666; font-size: 12px; white-space: nowrap }
a.mark { text-decoration: underline dotted } :target { background: #fffbe0 }
code { font-size: 90%; overflow-wrap: anywhere }
td code, th code { overflow-wrap: normal; white-space: nowrap }
table { border-collapse: collapse; font-size: 13px }
td, th { border-bottom: 1px solid #ccc; padding: .25em .6em; text-align: left;
         vertical-align: top }
figure { margin: 1.5em 0 } img { max-width: 100% }
figcaption, .caption { color: #555; padding: .3em 0; margin: 1em 0 0 }
"""


# What a word that decides looks like.
COLOURS = {
    **dict.fromkeys(["supported", "holds"], "good"),
    **dict.fromkeys(["not supported", "lost later"], "bad"),
    **dict.fromkeys(["caution", "more later"], "care"),
    "seen": "fact",
}


class Mark(NamedTuple):
    """A word that decides, in its colour.

    Attributes:
        word: Such as `"supported"`.
        figure: Name of the figure of the report that shows it, or None.
    """

    word: str
    figure: str | None = None

    def __str__(self) -> str:
        """As Markdown."""
        return f"[{self.word}]({self.figure}.png)" if self.figure else self.word

    def html(self) -> str:
        look = f'class="mark {COLOURS.get(self.word, "open")}"'
        word = escape(self.word)
        if self.figure is None:
            return f"<span {look}>{word}</span>"
        return f'<a {look} href="#{escape(self.figure)}">{word}</a>'


def page(title: str, body: str) -> str:
    """A whole page of some body."""
    title = escape(title)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def table(header: Sequence[Any], rows: Sequence[Any], caption: str) -> str:
    """A table that scrolls where the screen is narrow."""
    head = _row("th", header)
    body = "".join(_row("td", row) for row in rows)
    return (
        f'<p class="caption">{inline(caption)}</p>'
        f'<div class="table"><table>{head}{body}</table></div>'
    )


def picture(png: bytes, name: str, caption: str) -> str:
    """A picture within the page, to which `#name` leads."""
    data = base64.b64encode(png).decode()
    text = escape(alternative(caption))
    return (
        f'<figure id="{escape(name)}"><img alt="{text}" '
        f'src="data:image/png;base64,{data}">'
        f"<figcaption>{inline(caption)}</figcaption></figure>"
    )


def alternative(caption: str) -> str:
    """The text of a picture that is not seen: its caption without code."""
    return caption.replace("`", "")


def inline(text: str) -> str:
    """Markdown's links and code spans as HTML.

    Example:
        >>> inline("`a < b`, see [them](https://example.org)")
        '<code>a &lt; b</code>, see <a href="https://example.org">them</a>'
    """
    return _with_code(text, _linked)


def _with_code(text, outside=escape):
    parts = re.split(r"`([^`]+)`", text)
    # Every second one is code, in which nothing is a link.
    return "".join(
        f"<code>{escape(part)}</code>" if i % 2 else outside(part)
        for i, part in enumerate(parts)
    )


def _linked(text):
    text = escape(text)
    return re.sub(r"\[([^\]]+)\]\((http[^)]+)\)", r'<a href="\2">\1</a>', text)


def _row(kind, cells):
    inside = "".join(f"<{kind}>{_inside(cell)}</{kind}>" for cell in cells)
    return f"<tr>{inside}</tr>"


def _inside(cell):
    if isinstance(cell, Mark):
        return cell.html()
    # A number and its error stay on one line.
    return _with_code(str(cell).replace(" ± ", "\u00a0±\u00a0"))
