"""Forward pass and measures of one probe set, as one graph."""

import keras
import numpy as np
import tensorflow as tf

from keras_ib.runtime.evaluation import BaseMeasurement, forward, needed_data
from keras_ib.runtime.tensorflow.graphs import (
    compiled,
    full_precision,
    operations,
)
from keras_ib.runtime.tensorflow.variables import agree, assign, values_of


class Measurement(BaseMeasurement):
    """`BaseMeasurement` under the strategy of the model.

    Each replica passes its share of the rows through the model; what the taps
    return is joined, so that the measures see all rows: a mean of per-replica
    informations would be another number. Rows that the replicas do not divide
    are filled up and cut off again.
    """

    def __init__(self, model, taps, measures, probe):
        super().__init__(model, taps, measures, probe, compiled, operations())
        self._strategy = model.distribute_strategy
        data = {
            name: tf.constant(array)
            for name, array in needed_data(measures, probe).items()
        }
        shares = _shares(probe, self._strategy)

        def run():
            if self._strategy.num_replicas_in_sync == 1:
                return self._strategy.run(
                    lambda x: self._read(forward(model, taps, x), data),
                    (shares,),
                )
            outputs = self._strategy.run(
                lambda x: forward(model, taps, x), (shares,)
            )
            return self._read(self._joined(outputs, probe.num_rows), data)

        self._function = tf.function(run, autograph=False)

    def _joined(self, outputs, num_rows):
        # Joined by copies and not by a collective: collectives of two
        # strategies made in one process get mixed up.
        parts = {
            name: self._strategy.experimental_local_results(z)
            for name, z in outputs.items()
        }
        return {n: tf.concat(p, axis=0)[:num_rows] for n, p in parts.items()}

    def __call__(self) -> np.ndarray:
        """Measures now: float32 `[len(readings)]`. The model is unchanged."""
        variables = self._model.non_trainable_variables
        state = values_of(variables)
        agree(variables)
        with full_precision():
            result = self._strategy.experimental_local_results(
                self._function()
            )[0].numpy()
        # Layers that draw numbers in inference, too, have moved their seeds.
        assign(variables, state)
        return result


def _shares(probe, strategy):
    """The probe inputs, one share of the rows for each replica."""
    num_replicas = strategy.num_replicas_in_sync
    rows = np.resize(
        np.arange(probe.num_rows),
        (num_replicas, -(-probe.num_rows // num_replicas)),
    )
    return keras.tree.map_structure(
        lambda array: strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                array[rows[context.replica_id_in_sync_group]]
            )
        ),
        probe.x,
    )
