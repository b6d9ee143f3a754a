"""Several machines: a strategy that Keras can train under, and who writes."""

from collections.abc import Callable, Sequence
import json
import os
import pickle
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ib.notices import short

EXAMPLE = (
    '{"cluster": {"worker": ["host-a:12345", "host-b:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)
# What an operation ends with when another machine does not answer any more.
WORKER_LOST_ERRORS = (tf.errors.UnavailableError, tf.errors.AbortedError)


class MultiWorkerMirroredStrategy(tf.distribute.MultiWorkerMirroredStrategy):
    """TensorFlow's, so that the `fit` of Keras 3 can use it.

    Keras reduces whole structures at once, and scalars along an axis that
    they do not have; of TensorFlow's strategies, this one alone refuses.
    """

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        reduce = super().reduce

        def reduced(part):
            has_rows = self.experimental_local_results(part)[0].shape.rank > 0
            return reduce(reduce_op, part, axis if has_rows else None)

        return tf.nest.map_structure(reduced, value)


def make_workers() -> tf.distribute.Strategy:
    """The strategy of the machines that TF_CONFIG names.

    Raises:
        ValueError: If there is no TF_CONFIG, or not one that names machines,
            or something ran before.
    """
    if "TF_CONFIG" not in os.environ:
        raise ValueError(
            "strategy='multiworker' needs the environment variable TF_CONFIG, "
            "which names all machines and says which one this is, and the "
            f"same command on each. For the first of two: TF_CONFIG='{EXAMPLE}'"
        )
    _check_cluster(os.environ["TF_CONFIG"])
    try:
        return MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise ValueError(
            "strategy='multiworker' must be made at the beginning of a "
            "program: TensorFlow has used its devices already. Move it before "
            f"everything else. TensorFlow says: {error}"
        ) from error


def _check_cluster(text):
    try:
        config = json.loads(text)
        is_whole = {"cluster", "task"} <= set(config)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"TF_CONFIG is not JSON ({error}). Received: {short(text)!r}. Set "
            f"it as in TF_CONFIG='{EXAMPLE}'"
        ) from error
    if not is_whole or not isinstance(config, dict):
        raise ValueError(
            "TF_CONFIG needs a cluster and a task. Received: "
            f"{short(text)!r}. Set it as in TF_CONFIG='{EXAMPLE}'"
        )


def several(strategy: tf.distribute.Strategy) -> bool:
    """Whether it spans several processes."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def is_chief(model: Any) -> bool:
    """Whether it is this process that writes, of all that train the model."""
    strategy = getattr(model, "distribute_strategy", None)
    if strategy is None or not several(strategy):
        return True
    resolver = strategy.cluster_resolver
    has_chief = "chief" in resolver.cluster_spec().as_dict()
    if has_chief or resolver.task_type != "worker":
        return resolver.task_type in (None, "chief")
    return resolver.task_id == 0


def reader(strategy: tf.distribute.Strategy, variables: Sequence) -> Callable:
    """A function that reads variables, `[replicas, ...]` of each.

    The replicas are those of all processes, all of which must call it.
    """
    if not several(strategy):
        return lambda: [
            strategy.experimental_local_results(v) for v in variables
        ]

    def on_replica():
        gather = tf.distribute.get_replica_context().all_gather
        return [gather(tf.expand_dims(v, 0), axis=0) for v in variables]

    function = tf.function(lambda: strategy.run(on_replica), autograph=False)
    return lambda: [
        strategy.experimental_local_results(values)[0] for values in function()
    ]


def exchanged(strategy: tf.distribute.Strategy, items: list) -> list:
    """The lists of all processes, one after the other, on each of them."""
    # Collectives take numbers of few types, and rows of one length.
    data = np.frombuffer(pickle.dumps(items), "uint8").astype("int32")
    lengths = _all(strategy, np.array([len(data)], "int32"))
    padded = np.zeros(max(lengths), "int32")
    padded[: len(data)] = data
    parts = _all(strategy, padded).reshape(len(lengths), -1)
    return [
        item
        for part, length in zip(parts, lengths, strict=True)
        for item in pickle.loads(part[:length].astype("uint8").tobytes())
    ]


def _all(strategy, array):
    def on_replica():
        context = tf.distribute.get_replica_context()
        return context.all_gather(tf.constant(array), axis=0)

    found = tf.function(lambda: strategy.run(on_replica), autograph=False)()
    return strategy.experimental_local_results(found)[0].numpy()
