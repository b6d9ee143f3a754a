"""What kind of thing an argument is, checked where it is given.

Ranges are checked where they are known; these say what a value is at all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
import difflib
import math
import numbers
import operator
import os
from pathlib import Path
from typing import Any

from keras_ib import notices

# More of anything fits into no memory.
MAX_COUNT = 2**31 - 1


def integer(name: str, value: Any) -> int:
    """The value as a Python integer, of Python's, NumPy's or whosever.

    Raises:
        ValueError: If it is none. A bool is none.
    """
    try:
        if _is_flag(value):
            raise TypeError
        return operator.index(value)
    except TypeError as error:
        raise ValueError(
            f"Not an integer. Received: {name}={short(value)}. Give an integer."
        ) from error


def count(name: str, value: Any) -> int:
    """The value as a Python integer of 1 or more, that fits into 32 bits.

    Raises:
        ValueError: If it is none.
    """
    if not 1 <= (found := integer(name, value)) <= MAX_COUNT:
        raise ValueError(
            f"{name} must be a whole number of 1 or more, at most {MAX_COUNT}. "
            f"Received: {name}={short(value)}."
        )
    return found


def number(name: str, value: Any) -> float:
    """The value as it is, if it is one finite number.

    Raises:
        ValueError: If it is none. A bool is none.
    """
    is_number = isinstance(value, numbers.Real) and not _is_flag(value)
    if not is_number or not math.isfinite(value):
        raise ValueError(
            f"Not a finite number. Received: {name}={short(value)}. Give a "
            "number."
        )
    return value if isinstance(value, (int, float)) else float(value)


def positive(name: str, value: Any) -> float:
    """The value as it is, if it is one finite number above 0.

    Raises:
        ValueError: If it is none.
    """
    if not (found := number(name, value)) > 0:
        raise ValueError(
            f"{name} must be above 0. Received: {name}={short(value)}."
        )
    return found


def rate(name: str, value: Any) -> float:
    """The value as it is, if it is a share that leaves something, in [0, 1).

    Raises:
        ValueError: If it is none.
    """
    if not 0 <= (found := number(name, value)) < 1:
        raise ValueError(
            f"{name} must be at least 0 and below 1. Received: "
            f"{name}={short(value)}."
        )
    return found


def flag(name: str, value: Any) -> bool:
    """The value as a Python bool.

    Raises:
        ValueError: If it is none.
    """
    if not _is_flag(value):
        raise ValueError(
            f"Not a yes or no. Received: {name}={short(value)}. Give True or "
            "False."
        )
    return bool(value)


def choice(name: str, value: Any, choices: Iterable) -> Any:
    """The value, if it is one of the choices.

    Raises:
        ValueError: If it is not, with the choice that is nearest to it.
    """
    choices = tuple(choices)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"Unknown {name}. Received: {name}={short(value)}."
            f"{nearest(value, choices)} Choose one of "
            f"{', '.join(map(repr, choices))}."
        )
    return value


def sequence(name: str, value: Any) -> Sequence:
    """The value as a list, if it holds several things.

    Raises:
        ValueError: If it does not: a string or a mapping holds no things.
    """
    try:
        if isinstance(value, (str, bytes, dict)):
            raise TypeError
        return list(value)
    except Exception as error:  # Whatever the object raises.
        raise ValueError(
            f"Not a list. Received: {name}={short(value)}. Give a list or "
            "tuple."
        ) from error


def layer_name(name: str, value: Any) -> str:
    """The value, if Keras takes it for the name of a layer or model.

    Raises:
        ValueError: If it is no text, or holds a slash, which parts the names
            of layers in the names of weights.
    """
    if not isinstance(value, str) or not value or "/" in value:
        raise ValueError(
            f"Not a name. Received: {name}={short(value)}. Give text without "
            "a slash."
        )
    return value


def made(name: str, value: Any, make: Callable, example: str) -> Any:
    """What one of Keras' `get` functions makes of the value: something to call.

    Raises:
        ValueError: If it makes nothing of it. Not every such value is refused
            by Keras itself, and its messages differ.
    """
    try:
        found = make(value)
    except Exception:  # Whatever the value makes it raise.
        found = None
    if not callable(found):
        raise ValueError(
            f"Keras knows no such {name}. Received: {name}={short(value)}. "
            f"Give a name, such as {example!r}, an object, or a function."
        )
    return found


def function(name: str, value: Any) -> Callable | None:
    """The value, if it can be called; None where it is left out.

    Raises:
        ValueError: If it cannot.
    """
    if value is not None and not callable(value):
        raise ValueError(
            f"Not a function. Received: {name}={short(value)}. Give one, or "
            "leave it out."
        )
    return value


def runs(value: Any) -> list:
    """Runs as a list: one or several, each a `RunLog` or its folder.

    Raises:
        ValueError: If there is none, one is given twice, or one is neither.
    """
    several = [value] if _is_run(value) else _members(value)
    if not several or not all(map(_is_run, several)):
        raise ValueError(
            f"Not runs. Received: {short(value)}; give a run folder, a RunLog, "
            "or a list of these."
        )
    # However a path is spelt, and through whichever link.
    places = {os.path.realpath(getattr(run, "folder", run)) for run in several}
    if len(places) < len(several):
        raise ValueError(
            f"The list of runs holds a folder twice: {short(value)}. Give each "
            "run once."
        )
    return several


def _is_run(value):
    is_log = hasattr(value, "series") and hasattr(value, "folder")
    is_path = isinstance(value, (str, os.PathLike))
    return is_log or (is_path and _may_name_a_file(value))


def _members(value):
    is_several = isinstance(value, (list, tuple, Iterator))
    return list(value) if is_several else []


def names(name: str, value: Any) -> list[str] | None:
    """The value as a list, if it holds names; None where it is left out.

    Raises:
        ValueError: If it holds none, or something else.
    """
    if value is None:
        return None
    found = list(sequence(name, value))
    if not found or not all(isinstance(one, str) for one in found):
        raise ValueError(
            f"Not names. Received: {name}={short(value)}. Give one name or "
            "more in a list, or leave it out."
        )
    return found


def text(name: str, value: Any) -> str | None:
    """The value, if it is a name; None where it is left out.

    Raises:
        ValueError: If it is no text, or an empty one.
    """
    if value is not None and (not isinstance(value, str) or not value):
        raise ValueError(
            f"Not a name. Received: {name}={short(value)}. Give a name, or "
            "leave it out."
        )
    return value


def seed(value: Any) -> int:
    """The seed as a Python integer.

    Raises:
        ValueError: If it is none, or negative.
    """
    found = integer("seed", value)
    if found < 0:
        raise ValueError(
            f"Seeds are not negative. Received: seed={found}. Give 0 or more."
        )
    return found


def path(name: str, value: Any) -> Path:
    """The value as a path.

    Raises:
        ValueError: If it names no file or folder.
    """
    is_path = isinstance(value, (str, os.PathLike))
    found = os.fspath(value) if is_path else None
    if not isinstance(found, str) or not _may_name_a_file(found):
        raise ValueError(
            f"Not a path. Received: {name}={short(value)}. Give a path as text."
        )
    return Path(found)


def _may_name_a_file(text):
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def instance(name: str, value: Any, of: type, what: str) -> Any:
    """The value, if it is an object of a class.

    Raises:
        ValueError: If it is another, or the class itself.
    """
    if not isinstance(value, of):
        raise ValueError(
            f"Not {what}. Received: {name}={short(value)}. Give one."
        )
    return value


def nearest(name: Any, known: Iterable[str]) -> str:
    """`" Did you mean 'zx'?"`, or nothing where no name is near."""
    found = difflib.get_close_matches(str(name), list(map(str, known)), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""


def short(value: Any, length: int = 80) -> str:
    """The value as text of one line, cut off where it is long."""
    return notices.short(repr(value), length)


def kinds(values: Any) -> str:
    """The types of what is given, with shapes and number types."""
    if isinstance(values, (tuple, list)) and len(values) <= 3:
        return f"({', '.join(map(kinds, values))})"
    shape, dtype = getattr(values, "shape", ""), getattr(values, "dtype", "")
    return f"{type(values).__name__} {shape} {dtype}".strip()


def _is_flag(value):
    # NumPy's bool has another name in another version.
    return isinstance(value, bool) or (
        type(value).__module__ == "numpy"
        and (type(value).__name__ in ("bool", "bool_"))
    )
