"""Measures: numbers that say what a representation holds of X and of Y.

Each is a small immutable object, `measure(sample) -> {field: scalar}`, pure
and traceable. They know no layer, model, callback or file.
"""

from keras_ib.measures.base import Field, Measure
from keras_ib.measures.counting.binning import Binning
from keras_ib.measures.counting.ebab import EBAB
from keras_ib.measures.counting.quantized import Quantized
from keras_ib.measures.decoders.base import Decoder
from keras_ib.measures.decoders.descent import Descent
from keras_ib.measures.decoders.zx import ZX
from keras_ib.measures.decoders.zy import ZY
from keras_ib.measures.evaluate import (
    evaluate,
    evaluate_trained,
    finalize,
    partial,
    partial_trained,
)
from keras_ib.measures.geometry.logdet import LogDet
from keras_ib.measures.geometry.similarity import Similarity
from keras_ib.measures.pairwise.cauchy_schwarz import CauchySchwarz
from keras_ib.measures.pairwise.hsic import HSIC
from keras_ib.measures.pairwise.kde import AKDE, KDE
from keras_ib.measures.pairwise.ksg import KSG
from keras_ib.measures.pairwise.noise import Noise
from keras_ib.measures.pairwise.noisy import Noisy
from keras_ib.measures.pairwise.renyi import Renyi
from keras_ib.measures.pairwise.sliced import Sliced
from keras_ib.measures.registry import MEASURES, OF_TWO_TAPS, get
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.variables import Variable
from keras_ib.measures.trained.variational import Variational

__all__ = [
    "MEASURES",
    "OF_TWO_TAPS",
    "AKDE",
    "Binning",
    "CauchySchwarz",
    "Decoder",
    "Descent",
    "EBAB",
    "Field",
    "HSIC",
    "KDE",
    "KSG",
    "LogDet",
    "Measure",
    "Noise",
    "Noisy",
    "Quantized",
    "Renyi",
    "Sample",
    "Similarity",
    "Sliced",
    "Variable",
    "Variational",
    "ZX",
    "ZY",
    "evaluate",
    "evaluate_trained",
    "finalize",
    "get",
    "partial",
    "partial_trained",
]
