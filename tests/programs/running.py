"""A program is trained without and with the callback, and the two compared."""

from collections.abc import Callable
from typing import Any, NamedTuple
import warnings

import keras
from keras import layers
import numpy as np
import pytest

import keras_ib

JAX, SLOW = pytest.mark.jax, pytest.mark.slow
_rng = np.random.default_rng(0)
X = _rng.normal(size=(64, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
FIT = {"batch_size": 16, "verbose": 0}


class Watched(NamedTuple):
    """What came of a program.

    Attributes:
        plane: The `InfoPlane` that watched it.
        model: The model that was trained.
        said: Warnings that the program does not give without it.
    """

    plane: Any
    model: Any
    said: str

    @property
    def log(self):
        """The run log of the last training."""
        return self.plane.log

    def numbers(self, field, target=None, tap=-1):
        """A field over the steps, of the last tap."""
        tap = self.log.taps[tap]
        return self.log.series(tap, field, target=target)[1]


def sce():
    """Crossentropy of logits and the numbers of classes."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def net(num_outputs=2, loss=None, width=6):
    """Two dense layers, compiled."""
    model = keras.Sequential(
        [
            keras.Input((width,)),
            layers.Dense(4, "relu", name="hidden"),
            layers.Dense(num_outputs, name="out"),
        ]
    )
    model.compile("adam", loss or sce())
    return model


def fit(model, callbacks, x=X, y=Y, **more):
    """Trains for an epoch of four steps; returns the model."""
    model.fit(x, y, callbacks=callbacks, **FIT | more)
    return model


def watched(program: Callable, tmp_path, **options) -> Watched:
    """Trains without and with a callback, and compares every bit.

    Args:
        program: `callbacks -> model`, after its training.
        tmp_path: Where the log goes.
        **options: Of `InfoPlane`.
    """
    plain, before = _seeded(program, [])
    plane = keras_ib.InfoPlane(log_dir=tmp_path / "run", **options)
    model, said = _seeded(program, [plane])
    assert_same(plain, model)
    return Watched(plane, model, "\n".join(w for w in said if w not in before))


def _seeded(program, callbacks):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = program(callbacks)
    return model, [str(warning.message) for warning in caught]


def assert_same(model, other):
    """Asserts that weights, state and History are equal in every bit."""
    for a, b in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b), a.path
        )
    assert _attributes(model) == _attributes(other)
    if getattr(model, "history", None) is not None:
        for key, values in model.history.history.items():
            np.testing.assert_array_equal(
                other.history.history[key], values, key
            )


def _attributes(model):
    """Names of all attributes: nothing of ours is left behind."""
    return {
        name
        for layer in model._flatten_layers()
        for name in vars(layer)
        if name not in ("history", "train_function")
    } | {type(vars(model).get("train_function")).__name__}
