"""Measurements on TensorFlow: one `tf.function` under the model's strategy."""

from contextlib import contextmanager
from functools import cache

import keras
import numpy as np
import tensorflow as tf

from keras_ib.measures.operations import Operations
from keras_ib.runtime.evaluation import (
    BaseMeasurement,
    check_labels,
    forward,
    needed_data,
)


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
        state = _values(variables)
        _agree(variables)
        with full_precision():
            result = self._strategy.experimental_local_results(
                self._function()
            )[0].numpy()
        # Layers that draw numbers in inference, too, have moved their seeds.
        _assign(variables, state)
        return result


class Collector:
    """Keeps the first training rows that go by, for want of probe data.

    Wraps `model.train_step`, so that the graph of the training step copies
    its batch into buffers beside the weights. What the step computes stays
    as it is, in every bit.

    Args:
        model: A compiled Keras model, before `fit` makes its train function.
        size: Number of rows wanted.
        needs_y: Whether a batch without labels is an error.

    Attributes:
        initial: Weights before the first step of a model that was not yet
            built when the training began; otherwise None.
    """

    def __init__(self, model, size, needs_y):
        self.initial = None
        self._needs_y = needs_y
        self._model = model
        self._strategy = model.distribute_strategy
        self._size = -(-size // self._strategy.num_replicas_in_sync)
        self._filled = None
        self._buffers = None
        self._train_step = model.train_step
        model.train_step = self._collecting_step
        model.train_function = None

    def _collecting_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        check_labels(y, self._needs_y)
        if not self._model.built:
            with tf.init_scope():
                self._model(keras.tree.map_structure(_symbol, x))
                self.initial = snapshot(self._model)
        batch = (x,) if y is None else (x, y)
        self._make_buffers(batch)
        tf.cond(
            self._filled < self._size, lambda: self._keep(batch), lambda: None
        )
        return self._train_step(data)

    def _make_buffers(self, batch):
        if self._buffers is None:
            self._buffers = keras.tree.map_structure(
                lambda array: self._variable(array.shape[1:], array.dtype),
                batch,
            )
            self._filled = self._variable((), "int32", rows=())

    def _variable(self, shape, dtype, rows=None):
        rows = (self._size,) if rows is None else rows
        with tf.init_scope():
            return tf.Variable(
                tf.zeros((*rows, *shape), dtype),
                trainable=False,
                # Each replica keeps the rows that it sees.
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.NONE,
            )

    def _keep(self, batch):
        num_rows = tf.shape(keras.tree.flatten(batch)[0])[0]
        # Static shapes, since the training step may be compiled by XLA.
        source = tf.range(self._size) - self._filled
        is_new = (source >= 0) & (source < num_rows)
        source = tf.clip_by_value(source, 0, num_rows - 1)

        def fill(buffer, array):
            mask = tf.reshape(is_new, (-1,) + (1,) * (array.shape.rank - 1))
            buffer.assign(tf.where(mask, tf.gather(array, source), buffer))

        keras.tree.map_structure(fill, self._buffers, batch)
        self._filled.assign(tf.minimum(self._filled + num_rows, self._size))

    def is_full(self) -> bool:
        return self._filled is not None and all(
            filled == self._size for filled in self._local(self._filled)
        )

    def rows(self):
        """What was kept: x and y (None if there is none), as NumPy arrays."""
        counts = self._local(self._filled)

        def joined(buffer):
            parts = self._local(buffer)
            return np.concatenate(
                [p[:n] for p, n in zip(parts, counts, strict=True)]
            )

        rows = keras.tree.map_structure(joined, self._buffers)
        return rows if len(rows) == 2 else (rows[0], None)

    def _local(self, variable):
        parts = self._strategy.experimental_local_results(variable)
        return [part.numpy() for part in parts]

    def remove(self):
        """Gives the model its own training step back."""
        del self._model.train_step
        self._model.train_function = None


def synchronise(model):
    """Nothing to do: the variables are always the state of the training."""


def snapshot(model):
    """Copies of all weights, for `restored`."""
    return _values(model.weights)


@contextmanager
def restored(model, state):
    """Puts the weights of a snapshot back, for the time of the context."""
    now = snapshot(model)
    _assign(model.weights, state)
    try:
        yield
    finally:
        _assign(model.weights, now)


def compiled(function, jit_compile=False):
    """`function` of tensors as one graph, on request fused by XLA."""
    return tf.function(
        function, autograph=False, jit_compile=jit_compile or None
    )


@contextmanager
def full_precision():
    """A context in which products of float32 are not rounded on GPUs.

    TensorFlow rounds them to TensorFloat-32 by default, of ten bits. The
    switch is the process's: training finds it as it was.
    """
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def operations():
    """The `Operations` of TensorFlow on these devices."""
    on_cpu = not tf.config.list_logical_devices("GPU") + (
        tf.config.list_logical_devices("TPU")
    )
    sort = {"sort": _numpy_sort} if on_cpu else {}
    return Operations(gradient=_gradient, eigvalsh=tf.linalg.eigvalsh, **sort)


def _numpy_sort(values):
    found = tf.numpy_function(np.sort, [values], values.dtype, stateful=False)
    return tf.ensure_shape(found, values.shape)


def _gradient(function, parameters):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(parameters)
        value = function(parameters)
    return tape.gradient(value, parameters)


def check_training(model):
    """Raises a `ValueError` where `fit` would break in Keras or TensorFlow.

    What they say then names neither the cause nor the way out.
    """
    strategy = model.distribute_strategy
    num_replicas = strategy.num_replicas_in_sync
    mirrored = isinstance(strategy, tf.distribute.MirroredStrategy)
    steps = model.steps_per_execution
    if mirrored and num_replicas > 1 and steps > 1:
        raise ValueError(
            f"compile(steps_per_execution={steps}) does not work with "
            f"{num_replicas} mirrored replicas (keras-team/keras#19246). "
            "Compile with steps_per_execution=1."
        )
    on_tpu_host = bool(tf.config.list_logical_devices("TPU")) and not (
        isinstance(strategy, tf.distribute.TPUStrategy)
    )
    if model.jit_compile and ((mirrored and num_replicas > 1) or on_tpu_host):
        where = "outside of TPUStrategy on a TPU host"
        if not on_tpu_host:
            where = f"with {num_replicas} mirrored replicas"
        raise ValueError(
            f"compile(jit_compile=True) does not work {where} "
            "(keras-team/keras#18716). Compile with jit_compile=False."
        )


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


def _symbol(tensor):
    return keras.KerasTensor(tensor.shape, tensor.dtype.name)


def _components(variables):
    """The variables of every replica, as TensorFlow holds them."""
    return [
        component
        for variable in variables
        for component in _per_replica(variable.value)
    ]


def _per_replica(value):
    return getattr(value, "values", (value,))


def _values(variables):
    return [v.read_value() for v in _components(variables)]


def _agree(variables):
    """Gives every replica the moving averages that a saved model would hold.

    Each replica keeps its own while it trains.
    """
    for variable in variables:
        replicas = _per_replica(variable.value)
        if len(replicas) > 1:
            merged = tf.convert_to_tensor(variable.value)
            for replica in replicas:
                replica.assign(merged)


def _assign(variables, values):
    for variable, value in zip(_components(variables), values, strict=True):
        variable.assign(value)
