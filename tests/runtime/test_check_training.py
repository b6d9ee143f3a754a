"""What breaks in Keras is refused before the first step, with the way out."""

import keras
import numpy as np
import pytest

import keras_ib
from keras_ib import runtime

X = np.zeros((16, 3), "float32")


def fit(strategy, **options):
    with strategy.scope():
        model = keras.Sequential([keras.layers.Dense(2)])
        model.compile("sgd", "mse", **options)
    plane = keras_ib.InfoPlane((X, None), measures=["zx"])
    model.fit(X, X[:, :2], verbose=0, callbacks=[plane])
    return model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps_per_execution": 2}, "steps_per_execution=1"),
        ({"jit_compile": True}, "jit_compile=False"),
    ],
)
def test_mirrored(options, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"2 mirrored.*{message}"):
        fit(runtime.backend.make_strategy("mirrored"), **options)
    assert not list(tmp_path.iterdir())


def test_a_tpu_host_without_its_strategy(monkeypatch, tmp_path):
    tf = pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    devices = tf.config.list_logical_devices
    monkeypatch.setattr(
        tf.config,
        "list_logical_devices",
        lambda kind: ["a TPU"] if kind == "TPU" else devices(kind),
    )
    with pytest.raises(ValueError, match=r"on a TPU host.*jit_compile=False"):
        fit(tf.distribute.get_strategy(), jit_compile=True)


def test_one_replica_may_do_both(monkeypatch, tmp_path):
    tf = pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    model = fit(
        tf.distribute.get_strategy(), steps_per_execution=2, jit_compile=True
    )
    assert model.optimizer.iterations == 1
