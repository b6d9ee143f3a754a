"""What an epoch trains on, and the model that it leaves behind."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_ib.logs.files import replaced
from keras_ib.notices import short, warn


class Batches(keras.utils.PyDataset):
    """Full batches in an order that the seed and the epoch alone decide.

    Args:
        x: `[n, ...]` inputs.
        y: `[n]` labels.
        batch_size: Samples of a batch.
        seed: Seed of the order.
    """

    def __init__(
        self, x: np.ndarray, y: np.ndarray, batch_size: int, seed: int
    ):
        super().__init__()
        if batch_size > len(x):
            raise ValueError(
                "The batch size must not be more than the training samples. "
                f"Received: {batch_size}, of {len(x)} samples. Choose a "
                "smaller one."
            )
        self.x, self.y = x, y
        self.batch_size, self.seed = batch_size, seed
        self.shuffle(0)

    def shuffle(self, epoch: int):
        generator = np.random.default_rng([self.seed, epoch])
        self.order = generator.permutation(len(self.x))

    def __len__(self) -> int:
        return len(self.x) // self.batch_size

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        start = index * self.batch_size
        chosen = self.order[start : start + self.batch_size]
        return self.x[chosen], self.y[chosen]


class EveryEpoch(keras.callbacks.Callback):
    """Shuffles before an epoch; saves the model after it, given a path."""

    def __init__(self, batches: Batches, path: Path | None):
        super().__init__()
        self.batches, self.path = batches, path
        self.have_begun = False

    def on_epoch_begin(self, epoch: int, logs: Any = None):
        self.have_begun = True
        self.batches.shuffle(epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None):
        if self.path is None:
            return
        try:
            with replaced(self.path) as draft:
                self.model.save(draft)
        # Keras, zipfile and h5py raise what they like on a full disk.
        except Exception as error:
            warn(
                f"The model could not be saved after epoch {epoch + 1}: "
                f"{short(error)} The training goes on, and saves it after the "
                "next epoch; if it ends before, the same command with "
                "--resume goes on from the last model that was saved."
            )
