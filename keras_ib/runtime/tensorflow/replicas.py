"""How the replicas of a strategy share a function out."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import tensorflow as tf

from keras_ib.runtime.evaluator import Replicas
from keras_ib.runtime.tensorflow.strategies import strategy_of


def shared(model: Any) -> Callable | None:
    """`run(function, outputs, data)` on every replica; None where one is all.

    Traced once for outputs of the same shapes.
    """
    strategy = strategy_of(model)
    if strategy.num_replicas_in_sync == 1:
        return None
    traced = {}

    def run(function, outputs, data):
        key = (function, *map(_signature, outputs.items()))
        if key not in traced:
            traced[key] = _on_replicas(strategy, function, list(outputs))
        return strategy.experimental_local_results(
            traced[key](list(outputs.values()), data)
        )[0]

    return run


def _signature(item):
    name, z = item
    local = getattr(z, "values", (z,))[0]
    return name, tuple(local.shape), local.dtype


def _on_replicas(strategy, function, names):
    def on_replica(values, data):
        return function(
            dict(zip(names, values, strict=True)), data, _replicas()
        )

    return tf.function(
        lambda values, data: strategy.run(on_replica, (values, data)),
        autograph=False,
    )


def gathered(outputs: Iterable[tf.Tensor], num_rows: int) -> list[tf.Tensor]:
    """The rows of all replicas, on each of them, within their context."""
    context = tf.distribute.get_replica_context()

    def gather(z):
        # What the measures make of it first: few collectives take all types.
        # An argument of the graph is on no device, which several machines
        # refuse; its copy is on the replica's.
        z = tf.identity(tf.cast(z, tf.float32))
        rows = context.all_gather(z, axis=0)
        return tf.ensure_shape(rows[:num_rows], (num_rows, *z.shape[1:]))

    return [gather(z) for z in outputs]


def _replicas():
    """The `Replicas`, within the graph of one of them."""
    context = tf.distribute.get_replica_context()

    def total(scalars):
        # One collective for all numbers.
        flat = tf.stack(keras.tree.flatten(scalars))
        flat = context.all_reduce(tf.distribute.ReduceOp.SUM, flat)
        return keras.tree.pack_sequence_as(scalars, tf.unstack(flat))

    return Replicas(
        tf.convert_to_tensor(context.replica_id_in_sync_group),
        context.num_replicas_in_sync,
        total,
    )
