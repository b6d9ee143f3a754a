"""The first batches of a training, kept on their way to its step."""

from collections.abc import Callable
from contextlib import contextmanager, suppress
import threading
from typing import Any
import warnings
import weakref

import keras
import tensorflow as tf

from keras_ib.runtime.collector import BaseCollector
from keras_ib.runtime.forward import is_built
from keras_ib.runtime.interception import Interception, own_train_function
from keras_ib.runtime.tensorflow import processes
from keras_ib.runtime.tensorflow.strategies import strategy_of
from keras_ib.runtime.tensorflow.variables import snapshot

# What graphs that were traced while samples were collected go on telling.
_taps: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()


class Collector(BaseCollector):
    """`BaseCollector`, from inside the graph that draws the batches.

    The graph of Keras' train function draws a batch and hands it to the step,
    a graph of its own. The batch is copied between the two, so that nothing
    of the step changes: neither its operations nor their seeds.
    """

    def __init__(self, model: Any, size: int):
        self._model = model
        self._strategy = strategy_of(model)
        if own_train_function(model) not in _taps:
            # It may have been traced without the copy.
            model.make_train_function(force=True)
            _taps[model.train_function] = BatchTap(model)
        self._tap = _taps[own_train_function(model)]
        super().__init__(model, size, self._tap.wrap)

    @property
    def initial(self) -> Any:
        return self._tap.initial

    def batches(self) -> list:
        kept = super().batches()
        if processes.several(self._strategy):
            return processes.exchanged(self._strategy, kept)
        return kept

    def is_full(self) -> bool:
        if processes.several(self._strategy) and self._kept:
            # Batches, not samples: all processes must agree when it is so.
            a_batch = self._count // len(self._kept)
            size = self._size / self._strategy.num_replicas_in_sync
            return len(self._kept) * a_batch >= size
        return super().is_full()


class BatchTap:
    """Copies batches to Python where a graph draws them.

    Attributes:
        initial: Weights before the first step of a model that was not built
            when it was traced; otherwise None.
    """

    def __init__(self, model: Any):
        self.initial = None
        self._model = weakref.proxy(model)
        self._hear: Callable | None = None
        with tf.init_scope():
            self._is_wanted = tf.Variable(False, trainable=False)

    def wrap(
        self, train_function: Callable, interception: Interception
    ) -> Callable:
        """The train function, which tells an interception of its batches."""
        self._hear = interception.keep

        def collecting(iterator):
            if not isinstance(
                iterator, (tf.data.Iterator, tf.distribute.DistributedIterator)
            ):
                return train_function(map(self._told, iterator))
            self._is_wanted.assign(True)
            try:
                with self._heard(type(iterator)):
                    return train_function(iterator)
            finally:
                self._is_wanted.assign(False)

        return collecting

    def _told(self, batch):
        self._hear(batch)
        return batch

    @contextmanager
    def _heard(self, kind):
        """Within the context, iterators of this class tell of their batches."""
        thread = threading.get_ident()
        get_next, get_optional = kind.get_next, kind.get_next_as_optional

        def next_told(iterator, *args):
            batch = get_next(iterator, *args)
            if threading.get_ident() == thread:
                self._copy(batch)
            return batch

        def optional_told(iterator):
            optional = get_optional(iterator)
            if threading.get_ident() == thread:

                def copied():
                    self._copy(optional.get_value())
                    return 0

                tf.cond(optional.has_value(), copied, lambda: 0)
            return optional

        kind.get_next, kind.get_next_as_optional = next_told, optional_told
        try:
            yield
        finally:
            kind.get_next, kind.get_next_as_optional = get_next, get_optional

    def _copy(self, batch):
        """Adds the copying of a batch to the graph, or does it at once."""
        leaves = tf.nest.flatten(batch)
        replicas = [
            [_local(leaf, i, self._strategy()) for leaf in leaves]
            for i in range(self._strategy().num_replicas_in_sync)
        ]
        self._build(tf.nest.pack_sequence_as(batch, replicas[0]))
        tensors = tf.nest.flatten(replicas, expand_composites=True)

        def hear(*values):
            values = tf.nest.pack_sequence_as(
                replicas, values, expand_composites=True
            )
            for leaves in values:
                arrays = [_as_array(leaf) for leaf in leaves]
                self._hear(tf.nest.pack_sequence_as(batch, arrays))

        def copied():
            tf.py_function(hear, tensors, [])
            return 0

        # Branches have to return something.
        tf.cond(self._is_wanted, copied, lambda: 0)

    def _build(self, batch):
        """Builds a model that Keras builds at its first step, and keeps it."""
        if is_built(self._model):
            return
        x, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        # A model without a call cannot, and trains all the same; another has
        # layers that are built in training alone, which Keras warns of.
        with (
            suppress(Exception),
            warnings.catch_warnings(action="ignore"),
            tf.init_scope(),
        ):
            self._model(
                keras.tree.map_structure(
                    lambda t: keras.KerasTensor(t.shape, t.dtype.name), x
                )
            )
            self.initial = snapshot(self._model)

    def _strategy(self):
        return strategy_of(self._model)


def _local(leaf, replica, strategy):
    """A leaf of a batch as one replica has it; None for Keras' `Optional`."""
    if isinstance(leaf, tf.experimental.Optional):
        return None
    values = strategy.experimental_local_results(leaf)
    return values[min(replica, len(values) - 1)]


def _as_array(leaf):
    """NumPy of a dense tensor; ragged and sparse ones as they are."""
    return leaf.numpy() if hasattr(leaf, "numpy") and _is_dense(leaf) else leaf


def _is_dense(leaf):
    return isinstance(leaf, tf.Tensor)
