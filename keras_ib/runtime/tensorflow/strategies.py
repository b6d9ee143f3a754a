"""How a model is distributed, and what of it cannot work."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import tensorflow as tf

from keras_ib import checks
from keras_ib.names import STRATEGIES
from keras_ib.runtime.tensorflow.processes import make_workers


def check_training(model: Any):
    """Raises a `ValueError` where `fit` would break in Keras or TensorFlow.

    What they say then names neither the cause nor the way out.
    """
    strategy = model.distribute_strategy
    num_replicas = strategy.num_replicas_in_sync
    steps = model.steps_per_execution
    if mirrored(strategy) and steps > 1:
        raise ValueError(
            f"compile(steps_per_execution={steps}) does not work with "
            f"{num_replicas} mirrored replicas (keras-team/keras#19246). "
            "Compile with steps_per_execution=1."
        )
    on_tpu_host = bool(tf.config.list_logical_devices("TPU")) and not (
        isinstance(strategy, tf.distribute.TPUStrategy)
    )
    if model.jit_compile and (mirrored(strategy) or on_tpu_host):
        where = "outside of TPUStrategy on a TPU host"
        if not on_tpu_host:
            where = f"with {num_replicas} mirrored replicas"
        raise ValueError(
            f"compile(jit_compile=True) does not work {where} "
            "(keras-team/keras#18716). Compile with jit_compile=False."
        )


def mirrored(strategy: tf.distribute.Strategy) -> bool:
    """Whether it is one of several replicas that a graph is made for each."""
    kinds = (
        tf.distribute.MirroredStrategy,
        tf.distribute.MultiWorkerMirroredStrategy,
    )
    return isinstance(strategy, kinds) and strategy.num_replicas_in_sync > 1


def make_strategy(name: str) -> tf.distribute.Strategy | None:
    """A strategy by name, to be made before anything else runs.

    Args:
        name: `"mirrored"` for all GPUs, or where there are none, all logical
            CPUs; `"tpu"` for all cores of the TPU of this machine;
            `"multiworker"` for the machines that TF_CONFIG names; `"none"`;
            or `"auto"`: the TPU if there is one, all GPUs if there are
            several.

    Returns:
        The strategy, or None for none.

    Raises:
        ValueError: If the machine does not have what it needs.
    """
    checks.choice("strategy", name, STRATEGIES)
    if name == "multiworker":
        return make_workers()
    if name == "tpu" or (name == "auto" and _has_tpu()):
        return _tpu()
    gpus = tf.config.list_logical_devices("GPU")
    if name == "none" or (name == "auto" and len(gpus) < 2):
        return None
    return _mirrored()


def _has_tpu():
    return bool(tf.config.list_physical_devices("TPU"))


@cache
def _tpu():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver("local")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise ValueError(
            "strategy='tpu' finds no TPU that this TensorFlow can use. On a "
            "machine with a TPU either set KERAS_BACKEND=jax, which takes it "
            "without a strategy, or install tensorflow-tpu==2.20.0 and "
            "libtpu==0.0.14 without another tensorflow beside them; `keras-ib "
            "doctor` tells which is there. TensorFlow says: "
            f"{str(error).splitlines()[0]}"
        ) from error
    return tf.distribute.TPUStrategy(resolver)


@cache
def _mirrored():
    # One for the process: the collectives of a second one would take the keys
    # of the first one's, and fail in the all-reduce.
    devices = tf.config.list_logical_devices("GPU")
    devices = devices or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([d.name for d in devices])


def strategy_of(model: Any) -> tf.distribute.Strategy:
    """The strategy that a model or a layer was made under."""
    strategy = getattr(model, "distribute_strategy", None)
    if strategy is None and getattr(model, "variables", None):
        value = model.variables[0].value
        strategy = getattr(value, "distribute_strategy", None)
    return strategy or tf.distribute.get_strategy()


def scope(model: Any) -> AbstractContextManager:
    """The context in which the model's variables are made."""
    return strategy_of(model).scope()


def describe(model: Any) -> dict:
    """How the model is distributed."""
    strategy = strategy_of(model)
    return {
        "strategy": type(strategy).__name__,
        "num_replicas": strategy.num_replicas_in_sync,
    }
