"""What an epoch trains on, and the model that it leaves behind."""

import os

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Full batches in an order that the seed and the epoch alone decide."""

    def __init__(self, x, y, batch_size, seed):
        super().__init__()
        if batch_size > len(x):
            raise ValueError(
                f"--batch-size {batch_size} is more than the {len(x)} "
                "training rows."
            )
        self.x, self.y = x, y
        self.batch_size, self.seed = batch_size, seed
        self.shuffle(0)

    def shuffle(self, epoch):
        generator = np.random.default_rng([self.seed, epoch])
        self.order = generator.permutation(len(self.x))

    def __len__(self):
        return len(self.x) // self.batch_size

    def __getitem__(self, index):
        start = index * self.batch_size
        rows = self.order[start : start + self.batch_size]
        return self.x[rows], self.y[rows]


class EveryEpoch(keras.callbacks.Callback):
    """Shuffles before an epoch; saves the model after it, given a path."""

    def __init__(self, batches, path):
        super().__init__()
        self.batches, self.path = batches, path
        self.have_begun = False

    def on_epoch_begin(self, epoch, logs=None):
        self.have_begun = True
        self.batches.shuffle(epoch)

    def on_epoch_end(self, epoch, logs=None):
        if self.path is None:
            return
        # Under another name first: a file cut short would be no model.
        draft = self.path.with_stem(f"{self.path.stem}.draft")
        self.model.save(draft)
        os.replace(draft, self.path)
