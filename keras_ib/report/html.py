"""The HTML of a page that stands alone: one file, nothing from elsewhere."""

import base64
from collections.abc import Sequence
from html import escape
import re
from typing import Any

STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto;
       padding: 0 1em; color: #222 }
.table { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px }
td, th { border-bottom: 1px solid #ccc; padding: .25em .6em; text-align: left;
         vertical-align: top }
figure { margin: 1.5em 0 } img { max-width: 100% }
figcaption, caption { text-align: left; color: #555; padding: .3em 0 }
"""


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
        f'<div class="table"><table><caption>{inline(caption)}</caption>{head}'
        f"{body}</table></div>"
    )


def picture(png: bytes, caption: str) -> str:
    """A picture within the page."""
    data = base64.b64encode(png).decode()
    return (
        f'<figure><img alt="{escape(caption)}" '
        f'src="data:image/png;base64,{data}">'
        f"<figcaption>{inline(caption)}</figcaption></figure>"
    )


def inline(text: str) -> str:
    """Markdown's links and code spans as HTML.

    Example:
        >>> inline("`a < b`, see [them](https://example.org)")
        '<code>a &lt; b</code>, see <a href="https://example.org">them</a>'
    """
    text = escape(text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\[([^\]]+)\]\((http[^)]+)\)", r'<a href="\2">\1</a>', text)


def _row(kind, cells):
    inside = "".join(f"<{kind}>{inline(str(c))}</{kind}>" for c in cells)
    return f"<tr>{inside}</tr>"
