"""What the library refuses becomes a message of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
import json
import os
from pathlib import Path
import re

import click

BACKENDS = ("tensorflow", "jax")


@contextmanager
def as_usage_errors() -> Iterator[None]:
    """Turns the library's refusals into one line and exit status 2."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        raise click.UsageError(spoken(str(error))) from error


def spoken(message: str) -> str:
    """The library's sentence with options in the place of arguments.

    `Received: data_dir='x'.` becomes `Received: --data-dir 'x'.`
    """
    context = click.get_current_context(silent=True)
    options = {
        parameter.name: parameter.opts[0]
        for parameter in (context.command.params if context else [])
        if isinstance(parameter, click.Option)
    }
    if "output" in options:
        options = {"log_dir": "--output", "path": "--output"} | options
    options["folder"] = "RUN"

    def option(found):
        said = options.get(found[1])
        # Without a value: "give data_dir=, a folder".
        return found[0] if said is None else said + (" " if found[2] else "")

    return re.sub(r"\b([a-z_]+)=(?!=)(?=(\w|[^\s\w.,;:)])?)", option, message)


@contextmanager
def ended_by_the_disk(hint: str) -> Iterator[None]:
    """Says in one line that a file cannot be written, and how to go on."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error}. {hint}") from error


def check_backend() -> None:
    """Refuses a backend that is unknown or not there, before Keras is loaded.

    Raises:
        click.UsageError: In one line, with the variable that chooses.
    """
    given = os.environ.get("KERAS_BACKEND") or _of_file()
    there = [name for name in BACKENDS if find_spec(name)]
    if given not in there:
        why = "is not installed" if given in BACKENDS else "is unknown here"
        choices = " or ".join(f"KERAS_BACKEND={name}" for name in there)
        raise click.UsageError(
            f"KERAS_BACKEND={given} {why}. Choose another: export {choices}"
        )


def _of_file():
    """What Keras takes by itself: what its file says, or TensorFlow."""
    home = os.environ.get("KERAS_HOME", Path.home() / ".keras")
    try:
        return json.loads(Path(home, "keras.json").read_text())["backend"]
    except (OSError, ValueError, LookupError, TypeError):
        return "tensorflow"
