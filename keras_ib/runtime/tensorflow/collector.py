"""The first rows of a training, kept from inside its step."""

import keras
import numpy as np
import tensorflow as tf

from keras_ib.runtime.measurement import check_labels
from keras_ib.runtime.tensorflow import processes as workers
from keras_ib.runtime.tensorflow.variables import snapshot


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
            self._read_filled = workers.reader(self._strategy, [self._filled])

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
            filled == self._size for filled in self._read_filled()[0]
        )

    def rows(self):
        """What was kept: x and y (None if there is none), as NumPy arrays."""
        (counts,) = self._read_filled()
        flat = keras.tree.flatten(self._buffers)
        rows = [
            np.concatenate(
                [
                    part[:n].numpy()
                    for part, n in zip(parts, counts, strict=True)
                ]
            )
            for parts in workers.reader(self._strategy, flat)()
        ]
        rows = keras.tree.pack_sequence_as(self._buffers, rows)
        return rows if len(rows) == 2 else (rows[0], None)

    def remove(self):
        """Gives the model its own training step back."""
        del self._model.train_step
        self._model.train_function = None


def _symbol(tensor):
    return keras.KerasTensor(tensor.shape, tensor.dtype.name)
