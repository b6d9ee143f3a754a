"""Checks of what a user gives beside the data."""

import operator
from typing import Any

import numpy as np

from keras_ib.probe.drawing import MIN_SAMPLES

SPLITS = ("random", "blocks")


def check_size(size: int, draws: int) -> tuple[int, int]:
    """Raises a `ValueError` if so many samples so often give no numbers.

    Returns:
        Both as Python integers.
    """
    size, draws = _integer("probe_size", size), _integer("draws", draws)
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


def _integer(name, value):
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        return operator.index(value)
    except TypeError as error:
        raise ValueError(
            f"Not an integer. Received: {name}={value!r}. Give an integer."
        ) from error


def check_seed_and_split(seed: int, split: str):
    """Raises a `ValueError` if seed or split cannot be used."""
    if _integer("seed", seed) < 0:
        raise ValueError(
            f"Seeds are not negative. Received: seed={seed}. Give 0 or more."
        )
    if split not in SPLITS:
        raise ValueError(
            f"Unknown split. Received: split={split!r}. Choose one of "
            f"{', '.join(SPLITS)}."
        )


def groups_of(
    groups: Any, rows: np.ndarray, num_samples: int
) -> np.ndarray | None:
    """The groups of the samples drawn, one of each."""
    if groups is None:
        return None
    groups = np.asarray(groups)
    if groups.shape[:1] != (num_samples,) or groups.size != num_samples:
        raise ValueError(
            "groups= has one group a sample. Received: groups of shape "
            f"{groups.shape} for {num_samples} samples. Give an array [n]."
        )
    groups = groups.reshape(-1)
    return (groups.astype(str) if groups.dtype == object else groups)[rows]
