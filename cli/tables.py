"""Plain tables for the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

RIGHT = (int, float)


def echo_table(header: Iterable[str], rows: Sequence[Sequence[Any]]):
    """Prints rows below a header, numbers to the right."""
    cells = [header, *([_text(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [isinstance(value, RIGHT) for value in rows[0]]
    for row in cells:
        line = "  ".join(
            f"{cell:>{width}}" if to_right else f"{cell:<{width}}"
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        click.echo(line.rstrip())


def _text(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
