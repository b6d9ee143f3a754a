"""How a model is distributed, and what of it cannot work."""

from functools import cache

import tensorflow as tf


def check_training(model):
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


def mirrored(strategy) -> bool:
    """Whether it is one of several replicas that a graph is made for each."""
    kinds = (
        tf.distribute.MirroredStrategy,
        tf.distribute.MultiWorkerMirroredStrategy,
    )
    return isinstance(strategy, kinds) and strategy.num_replicas_in_sync > 1


def make_strategy(name):
    """The strategy `"none"`, `"mirrored"` or `"auto"`, or None for none.

    `"mirrored"` takes all GPUs, or where there are none, all logical CPUs.
    `"auto"` is `"mirrored"` where there are several GPUs.
    """
    gpus = tf.config.list_logical_devices("GPU")
    if name == "none" or (name == "auto" and len(gpus) < 2):
        return None
    return _mirrored()


@cache
def _mirrored():
    # One for the process: the collectives of a second one would take the keys
    # of the first one's, and fail in the all-reduce.
    devices = tf.config.list_logical_devices("GPU")
    devices = devices or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([d.name for d in devices])


def scope(model):
    """The context in which the model's variables are made."""
    return model.distribute_strategy.scope()


def describe(model) -> dict:
    """How the model is distributed."""
    strategy = model.distribute_strategy
    return {
        "strategy": type(strategy).__name__,
        "num_replicas": strategy.num_replicas_in_sync,
    }
