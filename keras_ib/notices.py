"""Warnings that never end a training."""

import sys
import warnings


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns; where warnings are errors, prints instead of raising.

    What is told here is told in the middle of a training, which goes on
    whatever the filters of warnings say.
    """
    try:
        warnings.warn(message, category, stacklevel=3)
    except Warning:
        print(f"keras_ib: {message}", file=sys.stderr, flush=True)


def short(text: object, size: int = 100) -> str:
    """What others say, on one line that can be printed, not longer than that.

    Example:

        >>> short("Traceback:\\n  of many lines", 20)
        'Traceback: of man...'
    """
    line = visible(" ".join(str(text).split()))
    return line if len(line) <= size else f"{line[: size - 3]}..."


def visible(text: str) -> str:
    """A text without what moves a terminal's cursor or colours it.

    Example:

        >>> visible("stem\x1b[31m")
        'stem?[31m'
    """
    return "".join(c if c.isprintable() else "?" for c in text)
