"""How a model is distributed: data parallelism of `keras.distribution`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import keras

from keras_ib import checks
from keras_ib.names import STRATEGIES

# JAX raises no error of its own when another machine is gone.
WORKER_LOST_ERRORS = ()


def check_training(model: Any):
    """Nothing that is known to break `fit` on JAX can be seen beforehand."""


def make_strategy(name: str) -> Any:
    """Data parallelism by name, a `keras.distribution.DataParallel` or None.

    It is Keras' distribution from then on, for the whole process.

    Args:
        name: `"mirrored"` for all GPUs, or where there are none, all CPU
            devices; `"tpu"` for all TPU devices; `"none"`; or `"auto"`: all
            devices that JAX uses by default, if they are several.

    Raises:
        ValueError: If the machine does not have what it needs.
    """
    checks.choice("strategy", name, STRATEGIES)
    kind = jax.default_backend()
    if name == "multiworker":
        raise ValueError(
            "strategy='multiworker' is TensorFlow's. On the JAX backend call "
            "keras.distribution.initialize() in a program of your own."
        )
    if name == "tpu" and kind != "tpu":
        raise ValueError(
            f"strategy='tpu' finds no TPU: JAX runs on {kind}. Install "
            "jax[tpu] on a machine that has one, or give 'auto'."
        )
    if name == "none" or (name != "mirrored" and jax.device_count() == 1):
        return None
    distribution = keras.distribution.DataParallel()
    keras.distribution.set_distribution(distribution)
    return distribution


@contextmanager
def scope(model: Any) -> Iterator[None]:
    """The context in which the model's variables are made."""
    yield


def describe(model: Any) -> dict:
    """How the model is distributed."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return {"strategy": "none", "num_replicas": 1}
    mesh = distribution.device_mesh
    axis = mesh.axis_names.index(distribution.batch_dim_name)
    return {
        "strategy": type(distribution).__name__,
        "num_replicas": mesh.shape[axis],
    }


def is_chief(model: Any) -> bool:
    """Whether it is this process that writes, of all that train the model."""
    return jax.process_index() == 0
