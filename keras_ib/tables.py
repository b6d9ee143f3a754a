"""Small tables, for terminals and notebooks."""

from collections.abc import Sequence
from html import escape
from typing import Any

from keras_ib.notices import visible

RIGHT = (int, float)


def as_text(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows below a header, numbers to the right.

    Example:
        >>> print(as_text(["tap", "fvu"], [["stem", 0.5], ["head", None]]))
        tap     fvu
        stem  0.500
        head      -
    """
    cells = [header, *([_text(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [_is_number(column) for column in zip(*rows, strict=True)]
    right = right or [False] * len(widths)
    return "\n".join(
        "  ".join(
            f"{cell:>{width}}" if to_right else f"{cell:<{width}}"
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    )


def as_html(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The same as an HTML table."""

    def row(cells, tag):
        inner = "".join(f"<{tag}>{escape(_text(c))}</{tag}>" for c in cells)
        return f"<tr>{inner}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    head = row(header, "th")
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _is_number(column):
    return any(isinstance(value, RIGHT) for value in column) and all(
        value is None or isinstance(value, RIGHT) for value in column
    )


def _text(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        is_small = 0 < abs(value) < 5e-4
        return f"{value:.2g}" if is_small else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else visible(str(value))
