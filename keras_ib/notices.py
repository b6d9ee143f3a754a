"""Warnings that never end a training."""

import sys
import warnings


def warn(message: str) -> None:
    """Warns; where warnings are errors, prints instead of raising.

    What is told here is told in the middle of a training, which goes on
    whatever the filters of warnings say.
    """
    try:
        warnings.warn(message, UserWarning, stacklevel=3)
    except UserWarning:
        print(f"keras_ib: {message}", file=sys.stderr, flush=True)
