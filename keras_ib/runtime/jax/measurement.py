"""Forward pass and measures of one probe set, as one `jax.jit`."""

from collections import OrderedDict

import jax
from jax.sharding import NamedSharding, PartitionSpec
import keras
import numpy as np

from keras_ib.runtime.evaluator import Replicas
from keras_ib.runtime.jax.graphs import compiled, full_precision, operations
from keras_ib.runtime.jax.variables import synchronise
from keras_ib.runtime.measurement import (
    BaseMeasurement,
    forward,
    needed_data,
    shares,
)


class Measurement(BaseMeasurement):
    """`BaseMeasurement` as one `jax.jit` over the variables of the model.

    Under `keras.distribution` each device passes its share of the rows
    through the model, and the devices share the measures out. Rows that they
    do not divide are filled up and cut off again.
    """

    def __init__(self, model, taps, measures, probe):
        super().__init__(model, taps, measures, probe, compiled, operations())
        mesh = _mesh()
        self._arguments = (
            _placed(probe.x, mesh),
            keras.tree.map_structure(
                jax.numpy.asarray, needed_data(measures, probe)
            ),
        )
        read = self._read if mesh is None else shared(self._read, mesh)

        def measure(variables, x, data):
            # Layers that draw numbers in inference, too, move their seeds
            # inside the scope only.
            mapping = list(zip(_variables(model), variables, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                outputs = forward(model, taps, x)
            # JAX hands on a dict in the order of its keys, and this in its
            # own: that of the taps.
            outputs = OrderedDict(
                (name, z[: probe.num_rows]) for name, z in outputs.items()
            )
            return read(outputs, data)

        self._function = jax.jit(measure)

    def __call__(self) -> np.ndarray:
        """Measures now: float32 `[len(readings)]`. The model is unchanged."""
        synchronise(self._model)
        variables = [v.value for v in _variables(self._model)]
        with full_precision():
            return np.asarray(self._function(variables, *self._arguments))


def _mesh():
    """The devices that share the work under `keras.distribution`, or None."""
    distribution = keras.distribution.distribution()
    if distribution is None or distribution.device_mesh.devices.size == 1:
        return None
    return distribution.device_mesh.backend_mesh


def _placed(x, mesh):
    """The probe inputs on the device, or their rows shared out over all."""
    if mesh is None:
        return keras.tree.map_structure(jax.numpy.asarray, x)
    axis = keras.distribution.distribution().batch_dim_name
    sharding = NamedSharding(mesh, PartitionSpec(axis))
    num_rows = len(keras.tree.flatten(x)[0])
    rows = shares(num_rows, mesh.shape[axis]).reshape(-1)
    return keras.tree.map_structure(
        lambda array: jax.device_put(array[rows], sharding), x
    )


def shared(read, mesh):
    """`read` on every device of the mesh, with its `Replicas`."""
    axes = mesh.axis_names

    def on_device(outputs, data):
        replicas = Replicas(
            jax.lax.axis_index(axes),
            mesh.size,
            lambda scalars: jax.lax.psum(scalars, axes),
        )
        return read(outputs, data, replicas)

    everywhere = PartitionSpec()
    return jax.shard_map(
        on_device,
        mesh=mesh,
        in_specs=(everywhere, everywhere),
        out_specs=everywhere,
        # The numbers are equal after the sum; JAX cannot know it in loops.
        check_vma=False,
    )


def _variables(model):
    return model.trainable_variables + model.non_trainable_variables
