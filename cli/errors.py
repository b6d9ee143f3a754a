"""What the library refuses becomes a message of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def as_usage_errors() -> Iterator[None]:
    """Turns the library's refusals into one line and exit status 2."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def ended_by_the_disk(hint: str) -> Iterator[None]:
    """Says in one line that a file cannot be written, and how to go on."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error}. {hint}") from error
