"""The variables of a model: read in a running `fit`, put back."""

from contextlib import contextmanager

import numpy as np


def synchronise(model):
    """Brings the state of a running `fit` back into its variables."""
    if getattr(model, "_jax_state", None):
        model.jax_state_sync()


def snapshot(model):
    """Copies of all weights, for `restored`."""
    synchronise(model)
    return [np.asarray(weight.value) for weight in model.weights]


@contextmanager
def restored(model, state):
    """Puts the weights of a snapshot back, for the time of the context."""
    now = snapshot(model)
    _assign(model, state)
    try:
        yield
    finally:
        _assign(model, now)


def _assign(model, state):
    for weight, value in zip(model.weights, state, strict=True):
        weight.assign(value)
