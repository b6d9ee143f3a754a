"""Layers: the shortcut option, and the blocks that the models are made of."""

from keras_ib.layers.attention import SelfAttention
from keras_ib.layers.chain import Chain
from keras_ib.layers.residual import Residual
from keras_ib.layers.shortcuts import SHORTCUTS
from keras_ib.layers.tokens import ClassToken, FirstToken, Positions

__all__ = [
    "Residual",
    "SHORTCUTS",
    "Chain",
    "SelfAttention",
    "ClassToken",
    "FirstToken",
    "Positions",
]
