"""The watched model on the probe samples, under its strategy."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ib.runtime.forward import (
    batches_of,
    by_tap,
    captured,
    replica_batch,
    shares,
    symbols,
    type_name,
)
from keras_ib.runtime.tensorflow.dependence import seen
from keras_ib.runtime.tensorflow.replicas import gathered
from keras_ib.runtime.tensorflow.strategies import strategy_of
from keras_ib.runtime.tensorflow.variables import (
    agreement,
    assign,
    values_of,
)
from keras_ib.runtime.undisturbed import attributes_kept, state_variables
from keras_ib.taps import Seen

# Inputs up to this size stay on the device between two measurements.
KEPT_BYTES = 256 * 2**20


class Capture:
    """The watched model on fixed samples, in inference mode.

    Each replica passes its share of the samples through the model. What the
    taps return is gathered, so that measures see all samples on each replica.

    Args:
        model: A Keras model or layer, built.
        x: What it takes, a structure of NumPy arrays `[n, ...]`.
        batch_size: Samples of a batch on each replica.
    """

    def __init__(self, model: Any, x: Any, batch_size: int):
        self._model = model
        self._x = x
        self._strategy = strategy_of(model)
        arrays = keras.tree.flatten(x)
        self._num_samples = len(arrays[0])
        rows = shares(self._num_samples, self._strategy.num_replicas_in_sync)
        self._share = rows.shape[1]
        size = replica_batch(model, batch_size, self._share)
        # [batches, replicas, size]
        self._rows = np.stack([batches_of(r, size) for r in rows], axis=1)
        self._agree = agreement(model.non_trainable_variables, self._strategy)
        self._functions: dict = {}
        self._eagerly = getattr(model, "run_eagerly", False)
        is_small = sum(array.nbytes for array in arrays) <= KEPT_BYTES
        self._batches = list(self._placed()) if is_small else None

    def __call__(self, taps):
        with attributes_kept(self._model):
            # Layers that draw numbers or count, also in inference.
            variables = state_variables(self._model)
            state = values_of(variables)
            self._agree()
            try:
                return self._outputs(taps)
            finally:
                assign(variables, state)

    def trial(self, taps: dict, num_samples: int) -> dict[str, Seen]:
        with attributes_kept(self._model):
            variables = state_variables(self._model)
            state = values_of(variables)
            try:
                return self._try(taps, num_samples)
            finally:
                assign(variables, state)

    def _try(self, taps, num_samples):
        found = {}

        def look(x):
            outputs = captured(self._model, taps, x, _is_reachable)
            found.update(seen(outputs, keras.tree.flatten(x)))

        if not self._eagerly:
            specs = keras.tree.map_structure(
                lambda s: tf.TensorSpec(s.shape, s.dtype),
                symbols(self._x, num_samples),
            )
            try:
                tf.function(look, autograph=False).get_concrete_function(specs)
            except Exception:  # Whatever a model raises on symbols.
                self._eagerly = True
            is_known = all(None not in one.shape for one in found.values())
            if not self._eagerly and is_known:
                return found
        found.clear()
        rows = np.resize(np.arange(self._num_samples), num_samples)
        look(self._tensors(rows))
        return found

    def _outputs(self, taps):
        names, function = self._function_of(taps)
        batches = self._placed() if self._batches is None else self._batches
        parts = [function(batch) for batch in batches]
        return dict(zip(names, self._joined(parts), strict=True))

    def _function_of(self, taps):
        key = tuple(taps.items())
        if key not in self._functions:
            names = []

            def on_replica(x):
                outputs = captured(self._model, taps, x, _is_reachable)
                outputs = by_tap(outputs, taps)
                names[:] = outputs
                return list(outputs.values())

            def run(x):
                return self._strategy.run(on_replica, (x,))

            function = (
                run if self._eagerly else tf.function(run, autograph=False)
            )
            self._functions[key] = names, function
        return self._functions[key]

    def _joined(self, parts):
        """All batches as one array a tap, on each replica all samples."""
        if self._strategy.num_replicas_in_sync == 1:
            return [
                _rows(list(p), self._share) for p in zip(*parts, strict=True)
            ]

        def on_replica(parts):
            joined = [_rows(p, self._share) for p in zip(*parts, strict=True)]
            return gathered(joined, self._num_samples)

        key = "joined", len(parts[0])
        if key not in self._functions:
            self._functions[key] = tf.function(
                lambda parts: self._strategy.run(on_replica, (parts,)),
                autograph=False,
            )
        return self._functions[key](parts)

    def _placed(self):
        """The batches, one share of the samples for each replica."""
        for rows in self._rows:
            if len(rows) == 1:
                yield self._tensors(rows[0])
            else:
                yield keras.tree.map_structure(
                    lambda array, rows=rows: (
                        self._strategy.experimental_distribute_values_from_function(
                            lambda context: _tensor(
                                array[rows[context.replica_id_in_sync_group]]
                            )
                        )
                    ),
                    self._x,
                )

    def _tensors(self, rows):
        return keras.tree.map_structure(lambda a: _tensor(a[rows]), self._x)


def _is_reachable(tensor):
    """Whether a tensor is of the graph that is being made, not an inner one."""
    graph = getattr(tensor, "graph", None)
    return graph is None or graph is tf.compat.v1.get_default_graph()


def _tensor(array):
    return tf.constant(array, type_name(array))


def _rows(parts, num_rows):
    joined = parts[0] if len(parts) == 1 else tf.concat(parts, axis=0)
    return joined if joined.shape[0] == num_rows else joined[:num_rows]
