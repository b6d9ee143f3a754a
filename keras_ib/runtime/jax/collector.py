"""The first rows of a training, kept on their way to the device."""

import keras
import numpy as np

from keras_ib.runtime.measurement import check_labels


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
