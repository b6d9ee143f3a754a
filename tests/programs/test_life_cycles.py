"""Whatever is done with model and callback: each log is right, none is lost."""

from copy import deepcopy

import keras
from keras import layers
import numpy as np
from programs.running import JAX, SLOW, X, Y, fit, net, sce, watched
import pytest

import keras_ib

STEPS = [0, 1, 2, 3, 4]


def already_trained(callbacks):
    model = net()
    fit(model, [], epochs=3)
    return fit(model, callbacks, epochs=2)


def fine_tuning(callbacks):
    model = fit(net(), callbacks)
    model.layers[0].trainable = False
    model.compile("sgd", sce())
    return fit(model, callbacks)


def folds(callbacks):
    for part in (slice(0, 32), slice(32, 64)):
        model = fit(net(), callbacks, x=X[part], y=Y[part])
    return model


def other_model(callbacks):
    fit(net(), callbacks)
    return fit(net(width=3), callbacks, x=X[:, :3])


def tuned(callbacks):
    """As KerasTuner: each trial has copies of the callbacks."""
    fit(net(), deepcopy(callbacks))
    return fit(net(), deepcopy(callbacks))


def fit_after_fit(callbacks):
    return fit(fit(net(), callbacks), callbacks)


def no_epochs(callbacks):
    return fit(fit(net(), callbacks, epochs=0), callbacks)


def evaluated(callbacks):
    model = fit(net(), [])
    model.evaluate(X, Y, verbose=0, callbacks=callbacks)
    model.predict(X, verbose=0, callbacks=callbacks)
    return model


def validated(callbacks):
    return fit(net(), callbacks, validation_split=0.25, epochs=2)


def by_hand(callbacks):
    model = net()
    several = keras.callbacks.CallbackList(callbacks, model=model)
    several.on_train_begin()
    several.on_epoch_begin(0)
    for batch in range(4):
        several.on_train_batch_begin(batch)
        rows = slice(16 * batch, 16 * batch + 16)
        model.train_on_batch(X[rows], Y[rows])
        several.on_train_batch_end(batch)
    several.on_epoch_end(0)
    several.on_train_end()
    return model


def resumed_later(callbacks):
    class Restore(keras.callbacks.Callback):
        """As BackupAndRestore: comes later in the list."""

        def on_train_begin(self, logs=None):
            self.model.set_weights(weights)
            self.model.optimizer.iterations.assign(12)

    model = net()
    weights = [w + 0.1 for w in model.get_weights()]
    return fit(model, [*callbacks, Restore()])


@pytest.mark.parametrize(
    ("program", "steps"),
    [
        pytest.param(already_trained, [[16, 20]], marks=JAX),
        pytest.param(fine_tuning, [STEPS, STEPS], marks=JAX),
        pytest.param(folds, [[0, 1, 2], [0, 1, 2]], marks=JAX),
        pytest.param(other_model, [STEPS, STEPS], marks=JAX),
        pytest.param(tuned, [STEPS, STEPS], marks=JAX),
        pytest.param(fit_after_fit, [[*STEPS, 6, 8]], marks=JAX),
        pytest.param(no_epochs, [STEPS], marks=(JAX, SLOW)),
        pytest.param(validated, [[0, 1, 2, 3, 4, 6]], marks=(JAX, SLOW)),
        pytest.param(resumed_later, [[16]], marks=SLOW),
    ],
)
def test_trainings_have_a_log_each(tmp_path, program, steps):
    found = watched(program, tmp_path)
    assert [log.steps for log in found.plane.logs] == steps
    assert found.plane.folders.used[0] == tmp_path / "run"
    assert found.said == ""
    for log in found.plane.logs:
        assert np.isfinite([row["value"] for row in log.rows]).all()


@pytest.mark.jax
def test_evaluate_and_predict_are_left_alone(tmp_path):
    found = watched(evaluated, tmp_path)
    assert found.said == ""
    assert found.plane.logs == []


@pytest.mark.jax
@pytest.mark.parametrize("data", [None, (X, Y)], ids=["collected", "given"])
def test_batches_by_hand_with_a_list_of_callbacks(tmp_path, data):
    assert watched(by_hand, tmp_path, data=data).log.steps == STEPS


@pytest.mark.jax
def test_two_planes_in_one_fit(tmp_path):
    other = keras_ib.InfoPlane(log_dir=tmp_path / "other", probe_size=32)

    def program(callbacks):
        return fit(net(), [*callbacks, other] if callbacks else [])

    found = watched(program, tmp_path)
    assert found.log.steps == other.log.steps == STEPS
    assert other.log.config["data"]["probe"]["num_rows"] == 32


@pytest.mark.jax
def test_a_loop_of_ones_own_measures_when_it_likes(tmp_path):
    model = net()
    plane = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run")
    for step in range(3):
        before = [w.numpy() for w in model.weights]
        rows = plane.measure(model, step=10 * step, epoch=step)
        for a, b in zip(before, model.weights, strict=True):
            np.testing.assert_array_equal(a, b.numpy())
        assert {row["step"] for row in rows} == {10 * step}
        model.train_on_batch(X, Y)
    assert plane.log.steps == [0, 10, 20]


@pytest.mark.jax
def test_an_own_loop_needs_neither_optimizer_nor_compile(tmp_path):
    model = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    plane = keras_ib.InfoPlane(
        (X, Y), model=model, log_dir=tmp_path / "run", measures="zx"
    )
    plane.measure(step=5)
    assert plane.log.steps == [5]


def test_an_own_loop_without_data_is_an_error():
    with pytest.raises(ValueError, match="needs a model and probe data"):
        keras_ib.InfoPlane().measure(net(), step=0)


def restoring():
    return keras.callbacks.EarlyStopping(
        "loss", mode="max", patience=1, restore_best_weights=True
    )


def swapping():
    pytest.importorskip("tensorflow")
    return keras.callbacks.SwapEMAWeights(swap_on_epoch=True)


@pytest.mark.parametrize(
    ("other", "use_ema"),
    [
        pytest.param(restoring, False, marks=JAX),
        pytest.param(swapping, True, marks=SLOW),
    ],
)
def test_rows_are_of_the_weights_of_the_step(tmp_path, other, use_ema):
    """Whatever the order of the callbacks."""
    rows = []
    for is_first in (False, True):
        keras.utils.set_random_seed(2)
        model = net()
        model.compile(keras.optimizers.Adam(0.01, use_ema=use_ema), sce())
        plane = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / f"{is_first}")
        both = [other(), plane] if is_first else [plane, other()]
        fit(model, both, epochs=3, validation_split=0.25)
        rows.append(plane.log.rows)
        assert plane.log.config["use_ema"] == use_ema
    assert rows[0] == rows[1]


class Stop(keras.callbacks.Callback):
    """Ends a training in the middle."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise self.error


@pytest.mark.parametrize("data", [None, (X, Y)], ids=["collected", "given"])
@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()])
@pytest.mark.parametrize("is_first", [True, False])
def test_interrupted_it_leaves_the_model_as_it_was(
    tmp_path, data, error, is_first
):
    """Also wherever else than in the training step it is interrupted."""
    pytest.importorskip("tensorflow")
    left = []
    plane = keras_ib.InfoPlane(data, log_dir=tmp_path / "run")
    for ours in ([], [plane]):
        model = net()
        both = [Stop(error), *ours] if is_first else [*ours, Stop(error)]
        with pytest.raises(type(error)):
            fit(model, both)
        left.append([sorted(vars(one)) for one in model._flatten_layers()])
        assert "Interception" not in model.train_function.__qualname__
    assert left[0] == left[1]
    # A new training sees its own samples.
    fit(model, [plane])
    assert plane.log.steps[-1] == 6
