"""A measurement is traced once, and leaves the model as it was."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import zoo

from keras_ib import measures, probe, runtime, taps


def ready(strategy, kind="functional"):
    model = zoo.compiled(kind, strategy.scope())
    drawn = probe.draw(*zoo.data(), needs_y=True, size=96, seed=0)
    measurement = runtime.Measurement(
        model, taps.select(model), measures.get(["zx", "zy", "binning"]), drawn
    )
    return model, measurement


def test_traces_once_for_the_whole_run(strategy):
    model, measurement = ready(strategy)
    x, y = zoo.data()
    for _ in range(3):
        measurement()
        model.fit(x, y, batch_size=16, verbose=0)
    assert measurement._function.experimental_get_tracing_count() == 1


class Looking(measures.Measure):
    """Keeps what `look(sample)` sees whenever it is traced."""

    name = "looking"
    fields = {  # noqa: RUF012
        "sum": measures.Field("sum", "1", "estimate", "all")
    }

    def __init__(self, look):
        self.look = look
        self.seen = []

    def compute(self, sample):
        self.seen.append(self.look(sample))
        return {"sum": keras.ops.sum(sample.z)}


def test_taps_of_equal_shape_share_one_trace(strategy):
    def make():
        names = [f"block_0{i}" for i in range(1, 6)]
        return keras.Sequential(
            [keras.Input((6,)), *(keras.layers.Dense(6, name=n) for n in names)]
        )

    traced = Looking(lambda sample: sample.z.shape)
    model = zoo.compiled(make, strategy.scope(), loss="mse")
    drawn = probe.draw(*zoo.data(), needs_y=False, size=96, seed=0)
    measurement = runtime.Measurement(
        model, taps.select(model), (traced,), drawn
    )
    assert len(measurement()) == 5
    assert len(traced.seen) == 1


def test_products_are_not_rounded_and_training_finds_its_own_switch():
    rounded = tf.config.experimental.tensor_float_32_execution_enabled
    looking = Looking(lambda sample: rounded())
    before = rounded()
    model = zoo.compiled("functional")
    drawn = probe.draw(*zoo.data(), needs_y=False, size=96, seed=0)
    chosen = taps.select(model)
    runtime.Measurement(model, chosen, (looking,), drawn)()
    assert rounded() == before
    assert looking.seen
    assert not any(looking.seen)


def test_follows_the_weights_and_changes_none(strategy):
    model, measurement = ready(strategy)
    before = model.get_weights()
    first = measurement()
    model.set_weights([2 * weight for weight in before])
    changed = measurement()
    model.set_weights(before)
    np.testing.assert_array_equal(measurement(), first)
    assert not np.array_equal(changed, first)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_restored_puts_back_what_was_there(strategy):
    model, measurement = ready(strategy)
    first, state = measurement(), runtime.backend.snapshot(model)
    model.fit(*zoo.data(), batch_size=16, verbose=0)
    now, later = model.get_weights(), measurement()
    with runtime.backend.restored(model, state):
        np.testing.assert_array_equal(measurement(), first)
    np.testing.assert_array_equal(measurement(), later)
    for a, b in zip(model.get_weights(), now, strict=True):
        np.testing.assert_array_equal(a, b)
