"""The variables of a model: read in a running `fit`, put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def synchronise(model: Any):
    """Brings the state of a running `fit` back into its variables."""
    if getattr(model, "_jax_state", None):
        model.jax_state_sync()


def snapshot(model: Any) -> tuple[list, list]:
    """Copies of all weights with their variables, for `restored`."""
    synchronise(model)
    weights = list(model.weights)
    return weights, _values_of(weights)


@contextmanager
def restored(model: Any, state: tuple[list, list]) -> Iterator[None]:
    """Puts the weights of a snapshot back, for the time of the context.

    What was built after the snapshot stays as it is.
    """
    synchronise(model)
    weights, values = state
    now = _values_of(weights)
    try:
        _assign(weights, values)
        yield
    finally:
        _assign(weights, now)


def _values_of(weights):
    return [np.asarray(weight.value) for weight in weights]


def _assign(weights, values):
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)
