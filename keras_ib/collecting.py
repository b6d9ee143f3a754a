"""What InfoPlane keeps of a training before it has its probe data."""

from typing import Any

import keras
import numpy as np

from keras_ib.probe import joined
from keras_ib.runtime import backend


class Collecting:
    """The first batches of a training, and weights that wait for them.

    Args:
        model: The model that trains.
        watched: The model that is watched, or None if it is the same.
        size: Samples wanted.
    """

    def __init__(self, model: Any, watched: Any, size: int):
        self._model = model
        self._watched = watched
        self._collector = backend.Collector(model, size)
        self._waiting: list[tuple[int, float, Any]] = []

    def is_full(self) -> bool:
        """Whether enough samples were seen."""
        return self._collector.is_full()

    def wait(self, step: int, epoch: float) -> None:
        """Keeps the weights of a step, to be measured later."""
        holder = self._watched or self._model
        state = None
        if holder.built:
            backend.synchronise(self._model)
            state = backend.snapshot(holder)
        self._waiting.append((step, epoch, state))

    def data(self) -> tuple:
        """`(x, y, sample_weight)` of the samples that went by."""
        batches = self._collector.batches()
        weights = [w for *_, w in batches if w is not None]
        x, y = joined([(x, y) for x, y, _ in batches])
        if len(weights) < len(batches):
            return x, y
        return x, y, np.concatenate([_a_sample(w) for w in weights])

    def waiting(self) -> list[tuple[int, float, Any]]:
        """`(step, epoch, weights)` of what is to be measured."""
        return [
            (step, epoch, state or self._collector.initial)
            for step, epoch, state in self._waiting
        ]

    def end(self) -> None:
        """Gives the model its own train function back."""
        self._collector.remove()
        self._waiting = []


def _a_sample(weights):
    """One weight a sample, the largest where there are several."""
    arrays = keras.tree.flatten(weights)
    flat = [np.reshape(a, (len(a), -1)).max(axis=1) for a in arrays]
    return np.max(flat, axis=0)
