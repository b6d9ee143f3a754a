"""The watched model on the probe samples, as one `jax.jit`."""

from typing import Any

import jax
from jax.sharding import NamedSharding, PartitionSpec
import keras
import numpy as np

from keras_ib.runtime.forward import (
    batches_of,
    by_tap,
    captured,
    replica_batch,
    symbols,
)
from keras_ib.runtime.jax.dependence import seen
from keras_ib.runtime.jax.replicas import current_mesh
from keras_ib.runtime.jax.variables import synchronise
from keras_ib.runtime.undisturbed import attributes_kept, state_variables
from keras_ib.taps import Seen

# Inputs up to this size stay on the device between two measurements.
KEPT_BYTES = 256 * 2**20


class Capture:
    """The watched model on fixed samples, in inference mode.

    Under `keras.distribution` each device passes its share of the samples of
    a batch through the model.

    Args:
        model: A Keras model or layer, built.
        x: What it takes, a structure of NumPy arrays `[n, ...]`.
        batch_size: Samples of a batch on each device.
    """

    def __init__(self, model: Any, x: Any, batch_size: int):
        self._model = model
        self._x = x
        self._mesh = current_mesh()
        arrays = keras.tree.flatten(x)
        self._num_samples = len(arrays[0])
        count = self._num_shares()
        share = -(-self._num_samples // count)
        size = replica_batch(model, batch_size, share) * count
        self._rows = batches_of(np.arange(self._num_samples), size)
        self._functions: dict = {}
        self._eagerly = getattr(model, "run_eagerly", False)
        is_small = sum(array.nbytes for array in arrays) <= KEPT_BYTES
        self._batches = list(self._placed()) if is_small else None

    def __call__(self, taps):
        synchronise(self._model)
        names, function = self._function_of(taps)
        variables = _variables(self._model)
        values = [v.value for v in variables]
        batches = self._placed() if self._batches is None else self._batches
        with attributes_kept(self._model):
            parts = [function(values, batch) for batch in batches]
        return {
            name: self._joined(list(columns))
            for name, *columns in zip(names, *parts, strict=True)
        }

    def trial(self, taps: dict, num_samples: int) -> dict[str, Seen]:
        synchronise(self._model)
        values = [v.value for v in _variables(self._model)]
        names: list[str] = []

        def look(values, x):
            outputs = self._captured(taps, values, x)
            names[:] = outputs
            return list(outputs.values())

        with attributes_kept(self._model):
            if not self._eagerly:
                specs = keras.tree.map_structure(
                    lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype),
                    symbols(self._x, num_samples),
                )
                try:
                    found = seen(look, values, specs)
                    return dict(zip(names, found, strict=True))
                except Exception:  # Whatever a model raises on symbols.
                    self._eagerly = True
            rows = np.resize(np.arange(self._num_samples), num_samples)
            outputs = look(values, self._tensors(rows))
        found = [Seen(tuple(z.shape)) for z in outputs]
        return dict(zip(names, found, strict=True))

    def _captured(self, taps, values, x):
        # What layers assign stays inside of the scope.
        variables = _variables(self._model)
        mapping = list(zip(variables, values, strict=True))
        trace = _trace_of(keras.tree.flatten(x)[0])
        with keras.StatelessScope(state_mapping=mapping):
            return captured(
                self._model, taps, x, lambda z: _trace_of(z) in (None, trace)
            )

    def _function_of(self, taps):
        key = tuple(taps.items())
        if key not in self._functions:
            names = []

            def run(values, x):
                outputs = self._captured(taps, values, x)
                outputs = by_tap(outputs, taps)
                names[:] = outputs
                return list(outputs.values())

            function = run if self._eagerly else jax.jit(run)
            self._functions[key] = names, function
        return self._functions[key]

    def _joined(self, parts):
        joined = parts[0] if len(parts) == 1 else jax.numpy.concatenate(parts)
        return joined[: self._num_samples]

    def _num_shares(self):
        if self._mesh is None:
            return 1
        axis = keras.distribution.distribution().batch_dim_name
        return self._mesh.shape[axis]

    def _placed(self):
        """The batches on the device, or their samples shared out over all."""
        if self._mesh is None:
            yield from map(self._tensors, self._rows)
            return
        axis = keras.distribution.distribution().batch_dim_name
        sharding = NamedSharding(self._mesh, PartitionSpec(axis))
        for rows in self._rows:
            yield keras.tree.map_structure(
                lambda array, rows=rows: jax.device_put(array[rows], sharding),
                self._x,
            )

    def _tensors(self, rows):
        return keras.tree.map_structure(
            lambda array: jax.numpy.asarray(array[rows]), self._x
        )


def _trace_of(array):
    """What a tracer belongs to; None of an array with values."""
    return getattr(array, "_trace", None)


def _variables(model):
    found = [*model.trainable_variables, *state_variables(model)]
    return list({id(variable): variable for variable in found}.values())
