"""Checks of what a user gives beside the data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from keras_ib import checks
from keras_ib.probe.drawing import MIN_SAMPLES
from keras_ib.probe.leaves import dense, tidy

READ_ERRORS = (
    *(TypeError, AttributeError, LookupError, ArithmeticError),
    *(NotImplementedError, AssertionError),
)
SPLITS = ("random", "blocks")


def check_size(size: int, draws: int) -> tuple[int, int]:
    """Raises a `ValueError` if so many samples so often give no numbers.

    Returns:
        Both as Python integers.
    """
    size = checks.integer("probe_size", size)
    draws = checks.integer("draws", draws)
    if draws < 1:
        raise ValueError(
            f"No draws would measure nothing. Received: draws={draws}. Give 1 "
            "or more."
        )
    if size < MIN_SAMPLES:
        raise ValueError(
            "Too few samples to fit a decoder and to hold some out. Received: "
            f"probe_size={size}. Give {MIN_SAMPLES} or more, 1,000 or more "
            "for numbers to report."
        )
    return size, draws


def check_split(split: str) -> str:
    """Raises a `ValueError` if there is no such split."""
    return checks.choice("split", split, SPLITS)


def representation(z: Any) -> np.ndarray:
    """Z as an array `[n, ...]` of finite numbers.

    Raises:
        ValueError: If it is anything else. What is masked, complex or NaN has
            no place in a distance or a fit.
    """
    array = as_array("z", z)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"Z is made of real numbers. Received: z of type {array.dtype}. "
            "Give numbers; of complex ones the real and imaginary parts, side "
            "by side."
        )
    with np.errstate(over="ignore"):
        if not np.isfinite(array.astype("float32")).all():
            raise ValueError(
                "Z holds NaN, Inf, masked values, or numbers beyond float32. "
                f"Received: z of shape {array.shape} and type {array.dtype}. "
                "Leave out these samples, or fill them."
            )
    return array


@contextmanager
def reading(data: Any) -> Iterator[None]:
    """What objects of other packages raise when they are read, as one error.

    Raises:
        ValueError: In place of theirs.
    """
    try:
        yield
    except READ_ERRORS as error:
        raise ValueError(
            f"The data cannot be read as samples. Received: "
            f"{checks.kinds(data)}. Give data=(x, y), arrays [n, ...] of "
            f"numbers or strings. What was raised: {checks.short(error)}."
        ) from error


def as_array(name: str, values: Any) -> np.ndarray:
    """What a user gives as an array `[n, ...]`, n of 1 or more.

    Raises:
        ValueError: If it is none.
    """
    try:
        array = dense(tidy(values))
        if array.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
            # Not NumPy's own: it has no arithmetic that goes with others.
            array = array.astype("float32")
    except Exception as error:  # Whatever the object raises.
        raise _no_array(name, values) from error
    if not array.ndim or not len(array) or not array.size:
        raise _no_array(name, values)
    return array


def _no_array(name, values):
    return ValueError(
        f"{name} is no array of samples. Received: {checks.kinds(values)}. "
        "Give an array [n, ...]."
    )


def groups_of(
    groups: Any, rows: np.ndarray, num_samples: int
) -> np.ndarray | None:
    """The groups of the samples drawn, one of each."""
    if groups is None:
        return None
    groups = as_array("groups", groups)
    if groups.shape[:1] != (num_samples,) or groups.size != num_samples:
        raise ValueError(
            "groups= has one group a sample. Received: groups of shape "
            f"{groups.shape} for {num_samples} samples. Give an array [n]."
        )
    groups = groups.reshape(-1)
    return (groups.astype(str) if groups.dtype == object else groups)[rows]
