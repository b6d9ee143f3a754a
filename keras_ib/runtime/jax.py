"""Measurements on JAX: one `jax.jit` over the model's variables."""

from collections import OrderedDict
from contextlib import contextmanager

import jax
from jax.sharding import NamedSharding, PartitionSpec
import keras
import numpy as np

from keras_ib.measures.operations import Operations
from keras_ib.runtime.evaluation import (
    BaseMeasurement,
    Replicas,
    check_labels,
    forward,
    needed_data,
    shares,
)

# Errors of a machine that is gone: on JAX there is none that can be told.
LOST = ()


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
        read = self._read if mesh is None else _shared(self._read, mesh)

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


def _shared(read, mesh):
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


class Collector:
    """Keeps the first training rows that go by, for want of probe data.

    Wraps the train function of the running `fit`, through which every batch
    passes on its way to the device.

    Args:
        model: A compiled Keras model, before `fit` makes its train function.
        size: Number of rows wanted.
        needs_y: Whether a batch without labels is an error.
    """

    initial = None  # Keras builds every model before the training begins here.

    def __init__(self, model, size, needs_y):
        self._model = model
        self._size = size
        self._needs_y = needs_y
        self._batches = []
        self._count = 0
        self._make_train_function = model.make_train_function
        model.make_train_function = self._make_collecting

    def _make_collecting(self, force=False):
        self._make_train_function(force=force)
        train_function = self._model.train_function

        def collecting(state, iterator):
            return train_function(state, map(self._keep, iterator))

        self._model.train_function = collecting

    def _keep(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        check_labels(y, self._needs_y)
        if self._count < self._size:
            batch = (x,) if y is None else (x, y)
            self._batches.append(keras.tree.map_structure(np.asarray, batch))
            self._count += len(keras.tree.flatten(batch)[0])
        return data

    def is_full(self) -> bool:
        return self._count >= self._size

    def rows(self):
        """What was kept: x and y (None if there is none), as NumPy arrays."""
        rows = keras.tree.map_structure(
            lambda *parts: np.concatenate(parts)[: self._size], *self._batches
        )
        return rows if len(rows) == 2 else (rows[0], None)

    def remove(self):
        """Gives the model its own train function back."""
        del self._model.make_train_function
        self._model.train_function = None


def synchronise(model):
    """Brings the state of a running `fit` back into its variables."""
    if getattr(model, "_jax_state", None):
        model.jax_state_sync()


def snapshot(model):
    """Copies of all weights, for `restored`."""
    synchronise(model)
    return [np.asarray(weight.value) for weight in model.weights]


@contextmanager
def restored(model, state):
    """Puts the weights of a snapshot back, for the time of the context."""
    now = snapshot(model)
    _assign(model, state)
    try:
        yield
    finally:
        _assign(model, now)


def _assign(model, state):
    for weight, value in zip(model.weights, state, strict=True):
        weight.assign(value)


def compiled(function, jit_compile=True):
    """`function` of tensors as one graph; on JAX always by XLA."""
    return jax.jit(function)


def full_precision():
    """A context in which products of float32 are not rounded on GPUs, TPUs."""
    return jax.default_matmul_precision("float32")


def operations():
    """The `Operations` of JAX."""
    return Operations(
        gradient=lambda function, parameters: jax.grad(function)(parameters),
        eigh=_but_on_tpu(_eigh, _jacobi),
        eigvalsh=_but_on_tpu(
            jax.numpy.linalg.eigvalsh, lambda matrix: _jacobi(matrix)[0]
        ),
    )


def _but_on_tpu(function, on_tpu):
    """`function` of a tensor, and another where it is compiled for a TPU."""
    return lambda x: jax.lax.platform_dependent(x, tpu=on_tpu, default=function)


def _eigh(matrix):
    return tuple(jax.numpy.linalg.eigh(matrix))


def _jacobi(matrix):
    """Eigenvalues and eigenvectors by Jacobi's method, one operation of XLA.

    What JAX takes on TPUs from 257 rows on needs minutes to compile.
    """
    if not hasattr(jax.lax.linalg, "EighImplementation"):
        # JAX 0.7.2, which Colab has, gives it no public name.
        return tuple(jax._src.lax.linalg.eigh_jacobi(matrix))
    vectors, values = jax.lax.linalg.eigh(
        matrix, implementation=jax.lax.linalg.EighImplementation.JACOBI
    )
    return values, vectors


def check_training(model):
    """Nothing that is known to break `fit` on JAX can be seen beforehand."""


def make_strategy(name):
    """Data parallelism by name, a `keras.distribution.DataParallel` or None.

    It is Keras' distribution from then on, for the whole process.

    Args:
        name: `"mirrored"` for all GPUs, or where there are none, all CPU
            devices; `"tpu"` for all TPU devices; `"none"`; or `"auto"`: all
            devices that JAX uses by default, if they are several.

    Raises:
        ValueError: If the machine does not have what it needs.
    """
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
def scope(model):
    """The context in which the model's variables are made."""
    yield


def describe(model) -> dict:
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


def is_chief(model) -> bool:
    """Whether it is this process that writes, of all that train the model."""
    return jax.process_index() == 0


def _variables(model):
    return model.trainable_variables + model.non_trainable_variables
