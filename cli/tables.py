"""Plain tables for the terminal."""

from collections.abc import Sequence
from typing import Any

import click

from keras_ib import tables


def echo_table(header: Sequence[str], rows: Sequence[Sequence[Any]]):
    """Prints rows below a header, numbers to the right."""
    click.echo(tables.as_text(header, rows))
