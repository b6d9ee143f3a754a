"""Strategies by name: what there is, and what is refused with the way out."""

import keras
import pytest

from keras_ib import runtime

ON_JAX = keras.config.backend() == "jax"


@pytest.mark.jax
@pytest.mark.parametrize("name", ["none", "auto"])
def test_one_device_needs_none(name):
    assert runtime.backend.make_strategy(name) is None


@pytest.mark.jax
def test_a_tpu_that_is_not_there():
    with pytest.raises(ValueError, match=r"strategy='tpu' finds no TPU"):
        runtime.backend.make_strategy("tpu")


@pytest.mark.jax
def test_several_machines_need_to_be_named(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    hint = "keras.distribution.initialize" if ON_JAX else "TF_CONFIG='{"
    with pytest.raises(ValueError, match=hint):
        runtime.backend.make_strategy("multiworker")


def test_several_machines_come_first(monkeypatch):
    """TensorFlow has run already when a test begins."""
    task = '{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker"'
    monkeypatch.setenv("TF_CONFIG", task + ', "index": 0}}')
    keras.ops.zeros(1)
    with pytest.raises(ValueError, match="at the beginning of a program"):
        runtime.backend.make_strategy("multiworker")


@pytest.mark.jax
def test_data_parallel_on_jax():
    if not ON_JAX:
        pytest.skip("On TensorFlow the tests of MirroredStrategy do this.")
    try:
        made = runtime.backend.make_strategy("mirrored")
        assert keras.distribution.distribution() is made
        described = runtime.backend.describe(keras.Sequential())
        assert described == {"strategy": "DataParallel", "num_replicas": 1}
    finally:
        keras.distribution.set_distribution(None)
