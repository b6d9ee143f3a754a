"""The first batches of a training, kept on their way to the device."""

from typing import Any

import keras
import numpy as np

from keras_ib.runtime.collector import BaseCollector


class Collector(BaseCollector):
    """`BaseCollector`, from the iterator that the train function draws from.

    Keras builds every model before a training begins here.
    """

    def __init__(self, model: Any, size: int):
        # Batches by hand may come before there is one.
        model.make_train_function()
        super().__init__(model, size, _wrap)

    def keep(self, batch: Any):
        if not self.is_full():
            super().keep(keras.tree.map_structure(_as_array, batch))


def _wrap(train_function, interception):
    def told(batch):
        interception.keep(batch)
        return batch

    def collecting(state, iterator):
        return train_function(state, map(told, iterator))

    return collecting


def _as_array(leaf):
    # Sparse tensors are made dense by whoever reads them.
    return (
        leaf if leaf is None or hasattr(leaf, "todense") else np.asarray(leaf)
    )
