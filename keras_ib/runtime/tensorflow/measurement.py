"""Forward pass and measures of one probe set, as one graph."""

import keras
import numpy as np
import tensorflow as tf

from keras_ib.runtime.evaluator import Replicas
from keras_ib.runtime.measurement import (
    BaseMeasurement,
    forward,
    needed_data,
    shares,
)
from keras_ib.runtime.tensorflow.graphs import (
    compiled,
    compiled_for_replicas,
    full_precision,
    operations,
)
from keras_ib.runtime.tensorflow.strategies import mirrored
from keras_ib.runtime.tensorflow.variables import (
    agreement,
    assign,
    values_of,
)


class Measurement(BaseMeasurement):
    """`BaseMeasurement` under the strategy of the model.

    Each replica passes its share of the rows through the model. What the taps
    return is gathered, so that the measures see all rows: a mean of
    per-replica informations would be another number. Rows that the replicas
    do not divide are filled up and cut off again. Only scalars leave the
    devices.
    """

    def __init__(self, model, taps, measures, probe):
        self._strategy = model.distribute_strategy
        super().__init__(
            *(model, taps, measures, probe),
            compiled_for_replicas if mirrored(self._strategy) else compiled,
            operations(),
        )
        data = {
            name: tf.constant(array)
            for name, array in needed_data(measures, probe).items()
        }
        placed = _placed(probe, self._strategy)
        self._agree = agreement(model.non_trainable_variables, self._strategy)

        def on_replica(x):
            outputs, replicas = forward(model, taps, x), None
            if self._strategy.num_replicas_in_sync > 1:
                outputs = _gathered(outputs, probe.num_rows)
                replicas = _replicas()
            return self._read(outputs, data, replicas)

        self._function = tf.function(
            lambda: self._strategy.run(on_replica, (placed,)), autograph=False
        )

    def __call__(self) -> np.ndarray:
        """Measures now: float32 `[len(readings)]`. The model is unchanged."""
        variables = self._model.non_trainable_variables
        state = values_of(variables)
        self._agree()
        with full_precision():
            result = self._strategy.experimental_local_results(
                self._function()
            )[0].numpy()
        # Layers that draw numbers in inference, too, have moved their seeds.
        assign(variables, state)
        return result


def _gathered(outputs, num_rows):
    """The rows of all replicas, `{tap: [num_rows, ...]}` on each of them."""
    context = tf.distribute.get_replica_context()

    def gather(z):
        # What the measures make of it first: few collectives take all types.
        rows = context.all_gather(tf.cast(z, tf.float32), axis=0)
        return tf.ensure_shape(rows[:num_rows], (num_rows, *z.shape[1:]))

    return {tap: gather(z) for tap, z in outputs.items()}


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


def _placed(probe, strategy):
    """The probe inputs, one share of the rows for each replica."""
    rows = shares(probe.num_rows, strategy.num_replicas_in_sync)
    return keras.tree.map_structure(
        lambda array: strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                array[rows[context.replica_id_in_sync_group]]
            )
        ),
        probe.x,
    )
