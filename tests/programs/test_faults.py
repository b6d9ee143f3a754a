"""What fails in the middle of a training ends nothing but itself."""

import builtins
import errno

import keras
from keras import layers, ops
import numpy as np
from programs.running import X, Y, fit, net, sce, watched
import pytest

import keras_ib
from keras_ib.runtime import backend
from keras_ib.runtime.measurement import Measurement

STEPS = [0, 1, 2, 3, 4]


def program(callbacks):
    return fit(net(), callbacks)


class Failing:
    """A writer that fails from one of its methods on."""

    def __init__(self, method, error=ConnectionError):
        self.method = method
        self.error = error

    def _fail(self, method):
        if method == self.method:
            raise self.error("no server")

    def open(self, config, step):
        self._fail("open")

    def write(self, rows):
        self._fail("write")

    def close(self):
        self._fail("close")


@pytest.mark.jax
@pytest.mark.parametrize("method", ["open", "write", "close"])
def test_a_writer_that_fails_is_left_out(tmp_path, method):
    found = watched(program, tmp_path, writers=[Failing(method)])
    assert found.said.count("The writer Failing is left out") == 1
    assert found.log.steps == STEPS


@pytest.mark.parametrize("data", [None, (X, Y)], ids=["late", "before"])
def test_a_writer_refuses_no_training(tmp_path, data):
    """Whether it is opened before the first step, or after it."""
    failing = Failing("open", ValueError)
    found = watched(program, tmp_path, data=data, writers=[failing])
    assert found.said.count("The writer Failing is left out") == 1
    assert found.log.steps == STEPS


class Reading:
    """A writer that looks at what the run folder has, and what it got."""

    def __init__(self):
        self.calls, self.steps = [], []

    def open(self, config, step):
        self.folder = config["log_dir"]
        self.calls.append("open")

    def write(self, rows):
        assert keras_ib.RunLog(self.folder).rows[-len(rows) :] == rows
        self.steps.append(rows[0]["step"])

    def close(self):
        self.calls.append("close")


def test_the_log_is_never_late_for_a_writer(tmp_path):
    writer = Reading()
    found = watched(program, tmp_path, data=(X, Y), writers=[writer])
    assert found.said == ""
    assert writer.steps == STEPS
    assert writer.calls == ["open", "close"]
    assert "log_dir" not in found.log.config


def test_only_the_chief_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(backend, "is_chief", lambda model: False)
    writer = Reading()
    plane = keras_ib.InfoPlane(
        (X, Y), log_dir=tmp_path / "run", writers=[writer]
    )
    fit(net(), [plane])
    assert writer.calls == writer.steps == []


def test_a_loop_after_a_fit_goes_on_with_the_writers(tmp_path):
    writer, model = Reading(), net()
    plane = keras_ib.InfoPlane(
        (X, Y), log_dir=tmp_path / "run", writers=[writer]
    )
    fit(model, [plane])
    plane.measure(model, step=9)
    assert writer.steps == [*STEPS, 9]
    assert writer.calls == ["open", "close", "open"]
    assert plane.log.steps == writer.steps


@pytest.mark.jax
def test_two_callbacks_with_one_folder_are_refused_before_training(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "run")
    folders = [tmp_path / "run", tmp_path / "link"]
    model = net()
    planes = [keras_ib.InfoPlane((X, Y), log_dir=one) for one in folders]
    with pytest.raises(ValueError, match="must not write to one folder"):
        fit(model, planes)
    assert int(model.optimizer.iterations) == 0
    assert not (tmp_path / "run").exists()
    fit(model, planes[:1])  # Alone it may.
    assert planes[0].log.steps == STEPS


@pytest.mark.jax
@pytest.mark.parametrize("is_for_good", [False, True])
def test_a_full_disk(tmp_path, monkeypatch, is_for_good):
    """Measurements are kept, and written as soon as there is room."""
    times = []
    plain_open = builtins.open

    def full(path, mode="r", *args, **more):
        if "info_plane.jsonl" in str(path) and "a" in mode:
            times.append(path)
            if is_for_good or len(times) in (2, 3):
                raise OSError(errno.ENOSPC, "No space left on device")
        return plain_open(path, mode, *args, **more)

    monkeypatch.setattr(builtins, "open", full)
    found = watched(program, tmp_path)
    assert "No space left" in found.said
    assert found.said.count("cannot be written") == 1
    assert "give it the same log_dir, or the command line --resume" in (
        found.said
    )
    assert found.log.steps == ([] if is_for_good else STEPS)
    assert ("lacks the measurements" in found.said) == is_for_good


@pytest.mark.jax
def test_what_is_missing_at_the_end_is_measured_by_a_fit_of_no_step(tmp_path):
    def plane():
        return keras_ib.InfoPlane((X, Y), schedule=3, log_dir=tmp_path / "run")

    model = net()
    fit(model, [plane()])
    path = tmp_path / "run" / "info_plane.jsonl"
    text = path.read_text()
    path.write_text(text[: text.index('{"step": 4,')])
    model.fit(X, Y, epochs=1, initial_epoch=1, verbose=0, callbacks=[plane()])
    assert path.read_text() == text


@pytest.mark.jax
def test_a_folder_that_is_deleted(tmp_path):
    import shutil

    class Delete(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                shutil.rmtree(tmp_path / "run", ignore_errors=True)

    def deleted(callbacks):
        return fit(net(), [*callbacks, Delete()])

    found = watched(deleted, tmp_path, data=(X, Y))
    assert "cannot be written" in found.said
    assert f"lacks the measurements of the steps {STEPS}" in found.said
    assert found.said.count("--resume") == 2


@pytest.mark.jax
def test_a_tap_that_fails_at_run_time_is_nan(tmp_path, monkeypatch):
    """Nothing else is; the log says so."""
    from keras_ib.runtime import measurement

    plain = measurement._Group._numbers

    def numbers(self, outputs):
        if "hidden" in outputs:
            raise MemoryError("out of memory")
        return plain(self, outputs)

    monkeypatch.setattr(measurement._Group, "_numbers", numbers)
    found = watched(program, tmp_path)
    assert found.said.count("could not be measured") == 1
    assert np.isnan(found.numbers("zx/fvu", tap=0)).all()
    assert np.isfinite(found.numbers("zx/fvu")).all()
    assert "out of memory" in found.log.config["left_out"][0]["reason"]


@pytest.mark.jax
def test_a_model_that_fails_at_run_time_is_nan(tmp_path):
    """In the middle, not at the trial call."""
    pytest.importorskip("tensorflow")

    class Breaks(layers.Layer):
        def build(self, shape):
            self.limit = self.add_weight(shape=(), trainable=False)

        def call(self, x, training=None):
            import tensorflow as tf

            if training:
                self.limit.assign_add(1.0)
            else:
                tf.debugging.assert_less(self.limit.value, 3.0)
            return x

    def broken(callbacks):
        model = keras.Sequential(
            [keras.Input((6,)), layers.Dense(4), Breaks(), layers.Dense(2)]
        )
        model.compile("adam", sce())
        return fit(model, callbacks)

    found = watched(broken, tmp_path, data=(X, Y))
    assert "could not be measured at step 3" in found.said
    fvu = found.numbers("zx/fvu")
    np.testing.assert_array_equal(np.isnan(fvu), [0, 0, 0, 1, 1])


@pytest.mark.jax
def test_a_fault_of_our_own_ends_no_training(tmp_path, monkeypatch):
    def fault(self):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Measurement, "__call__", fault)
    found = watched(program, tmp_path)
    assert "InfoPlane failed, and the training goes on" in found.said


@pytest.mark.parametrize("scale", [1e20, 1e37])
def test_a_model_that_diverges_is_measured_or_nan(tmp_path, scale):
    class Explode(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            weight = self.model.layers[0].kernel
            weight.assign(ops.ones_like(weight) * scale)

    def exploding(callbacks):
        return fit(net(), [Explode(), *callbacks])

    found = watched(exploding, tmp_path, data=(X, Y))
    assert found.log.steps == STEPS


@pytest.mark.jax
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"taps": "nope"}, "has no tap 'nope'"),
        ({"taps": [1]}, "A tap is a name"),
        ({"taps": None}, "taps=None"),
        ({"data": "nope"}, "Received: "),
        ({"data": {}}, "Received: "),
        ({"data": 3}, "Received: "),
        ({"model": "encoder"}, "model='encoder'"),
        ({"data": (X[:, :3], Y)}, "does not take the probe data"),
        ({"writers": [print]}, "A writer is an object"),
        ({"writers": [Failing]}, "A writer is an object"),
    ],
)
def test_what_is_asked_for_and_cannot_be_fails_before_the_first_step(
    tmp_path, options, message
):
    model = net()
    with pytest.raises(ValueError, match=message):
        fit(model, [keras_ib.InfoPlane(log_dir=tmp_path / "run", **options)])
    assert int(model.optimizer.iterations) == 0
