"""What the collectors of both backends share."""

from collections.abc import Callable
from typing import Any

import keras

from keras_ib.runtime.interception import listen


class BaseCollector:
    """Keeps the first training batches that go by.

    Args:
        model: A compiled Keras model whose `fit` has begun.
        size: Number of samples wanted.
        wrap: As `Interception` takes it.
    """

    initial: Any = None

    def __init__(self, model: Any, size: int, wrap: Callable):
        self._size = size
        self._kept: list = []
        self._count = 0
        self._interception = listen(model, self, wrap)

    def keep(self, batch: Any) -> None:
        """Takes a batch, unless there are enough."""
        if not self.is_full():
            x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
            self._kept.append((x, y, weights))
            self._count += _num_samples(x)

    def is_full(self) -> bool:
        """Whether enough samples were seen."""
        return self._count >= self._size

    def batches(self) -> list:
        """What was kept, `[(x, y, sample_weight)]` as Keras passes them."""
        return self._kept

    def remove(self) -> None:
        """Gives the model its own train function back."""
        self._interception.remove(self)
        self._kept = []


def _num_samples(x):
    for array in keras.tree.flatten(x):
        shape = getattr(array, "shape", None)
        if shape is not None and len(shape):
            return int(shape[0])
    return 0
