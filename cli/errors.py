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
