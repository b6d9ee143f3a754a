"""Models with one vocabulary of taps, and shortcuts to choose from.

Every builder returns a plain `keras.Model` with logits, whose layers are
named `stem`, `block_01`, `block_02`, ..., `head`.
"""

from keras_ib.models.mixer import mixer
from keras_ib.models.mlp import mlp
from keras_ib.models.resnet import resnet
from keras_ib.models.variants import VARIANTS, Variant
from keras_ib.models.vit import vit

FAMILIES = {"resnet": resnet, "vit": vit, "mixer": mixer, "mlp": mlp}

__all__ = ["resnet", "vit", "mixer", "mlp", "FAMILIES", "VARIANTS", "Variant"]
