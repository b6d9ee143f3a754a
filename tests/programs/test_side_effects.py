"""Nothing of the user's moves: metrics, counters, seeds, trackers, settings."""

import warnings

import keras
from keras import layers, ops
import numpy as np
from programs.running import JAX, SLOW, X, Y, fit, net, sce, watched
import pytest

import keras_ib


def with_stage(make, **options):
    """A program of a model with a layer in its middle."""

    def program(callbacks):
        model = keras.Sequential(
            [
                keras.Input((6,)),
                layers.Dense(4, name="hidden"),
                make(),
                layers.Dense(2, name="out"),
            ]
        )
        model.compile("adam", sce(), metrics=["accuracy"], **options)
        return fit(model, callbacks, epochs=2)

    return program


class Tracked(layers.Layer):
    """Updates a metric in `call`, also in inference."""

    def __init__(self):
        super().__init__()
        self.tracker = keras.metrics.Mean(name="size")

    def call(self, x):
        self.tracker.update_state(ops.mean(ops.abs(x)))
        return x


class Counted(layers.Layer):
    """Counts in Python, and adds a loss."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self.seen = ()

    def call(self, x):
        self.count += 1
        self.seen = (*self.seen, self.count)
        self.add_loss(0.01 * ops.mean(ops.square(x)))
        return x


class Drawn(layers.Layer):
    """Draws from Keras' global generator, also in inference."""

    def call(self, x):
        return x + 0.1 * keras.random.normal(ops.shape(x))


class Moving(layers.Layer):
    """Assigns to a weight in inference."""

    def build(self, shape):
        self.mean = self.add_weight(
            shape=(shape[-1],), trainable=False, name="mean"
        )

    def call(self, x):
        self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
        return x - self.mean


STAGES = {
    "metric": Tracked,
    "counter and loss": Counted,
    "global generator": Drawn,
    "average": Moving,
    "dropout": lambda: layers.Dropout(0.5),
    "normalisation": layers.BatchNormalization,
}

# Keras on JAX refuses metrics and numbers without a seed in `call`.
MARKS = {
    "metric": (),
    "global generator": (),
    "dropout": (JAX, SLOW),
    "normalisation": (JAX, SLOW),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=MARKS.get(name, JAX)) for name in STAGES],
)
@pytest.mark.parametrize("is_given", [False, True], ids=["collected", "given"])
def test_nothing_moves(tmp_path, name, is_given):
    counts = []

    def program(callbacks):
        model = with_stage(STAGES[name])(callbacks)
        counts.append(getattr(model.layers[1], "count", None))
        return model

    found = watched(program, tmp_path, data=(X, Y) if is_given else None)
    assert found.said == ""
    assert found.log.steps[-1] == 8
    # A train function is traced anew to see the batches.
    if is_given or keras.backend.backend() == "jax":
        assert counts[0] == counts[1]


@pytest.mark.jax
def test_seeds_of_the_process_stay(tmp_path):
    import random

    drawn = []

    def program(callbacks):
        model = with_stage(lambda: layers.Dropout(0.5))(callbacks)
        drawn.append((random.random(), np.random.random(), _normal()))
        return model

    watched(program, tmp_path)
    assert drawn[0] == drawn[1]


def _normal():
    return float(ops.sum(keras.random.normal((3,))))


@pytest.mark.jax
def test_the_model_can_be_saved_and_cloned_afterwards(tmp_path):
    found = watched(with_stage(lambda: layers.Dropout(0.5)), tmp_path)
    found.model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(X), found.model(X))
    keras.models.clone_model(found.model)


@pytest.mark.jax
@pytest.mark.slow
@pytest.mark.parametrize("is_given", [False, True], ids=["collected", "given"])
def test_a_clean_fit_warns_of_nothing(tmp_path, is_given):
    """As with `python -W error`, without what the tests ignore."""
    data = (X, Y) if is_given else None
    plane = keras_ib.InfoPlane(data, log_dir=tmp_path / "run")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(net(), [plane])
        assert plane.log.steps == [0, 1, 2, 3, 4]
