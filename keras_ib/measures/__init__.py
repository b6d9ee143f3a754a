"""Measures: numbers that say what a representation holds of X and of Y.

Each is a small immutable object, `measure(sample) -> {field: scalar}`, pure
and traceable. They know no layer, model, callback or file.
"""

from keras_ib.measures.binning import Binning
from keras_ib.measures.cauchy_schwarz import CauchySchwarz
from keras_ib.measures.ebab import EBAB
from keras_ib.measures.evaluate import evaluate
from keras_ib.measures.field import Field
from keras_ib.measures.hsic import HSIC
from keras_ib.measures.kde import AKDE, KDE
from keras_ib.measures.logdet import LogDet
from keras_ib.measures.measure import Measure
from keras_ib.measures.quantized import Quantized
from keras_ib.measures.renyi import Renyi
from keras_ib.measures.sample import Sample
from keras_ib.measures.zx import ZX
from keras_ib.measures.zy import ZY

__all__ = [
    "MEASURES",
    "AKDE",
    "Binning",
    "CauchySchwarz",
    "EBAB",
    "Field",
    "HSIC",
    "KDE",
    "LogDet",
    "Measure",
    "Quantized",
    "Renyi",
    "Sample",
    "ZX",
    "ZY",
    "evaluate",
    "get",
]

MEASURES = {
    measure.name: measure
    for measure in (
        ZX(),
        ZY(),
        Binning(),
        EBAB(),
        Quantized(),
        KDE(),
        AKDE(),
        Renyi(),
        LogDet(),
        CauchySchwarz(),
        HSIC(),
    )
}


def get(measures) -> tuple[Measure, ...]:
    """Measures from names and objects.

    Args:
        measures: A name, a `Measure`, or several of either in a sequence;
            `"all"` stands for all names.

    Raises:
        ValueError: If a name is unknown, nothing is given, or two measures
            have the same name, so that the log could not tell them apart.
    """
    if isinstance(measures, (str, Measure)):
        measures = [measures]
    found = tuple(
        _get_one(measure)
        for given in measures
        for measure in (MEASURES if given == "all" else [given])
    )
    names = [measure.name for measure in found]
    if not found or len(set(names)) < len(names):
        raise ValueError(
            f"measures={measures!r} must hold at least one measure and none "
            f"twice, of {', '.join(MEASURES)}."
        )
    return found


def _get_one(measure):
    if isinstance(measure, Measure):
        return measure
    if measure not in MEASURES:
        raise ValueError(
            f"There is no measure {measure!r}. Give one of "
            f"{', '.join(MEASURES)}, or a keras_ib.measures.Measure object."
        )
    return MEASURES[measure]
