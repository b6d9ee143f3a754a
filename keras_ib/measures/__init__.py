"""Measures: numbers that say what a representation holds of X and of Y.

Each is a small immutable object, `measure(sample) -> {field: scalar}`, pure
and traceable. They know no layer, model, callback or file.
"""

from keras_ib.measures.binning import Binning
from keras_ib.measures.cauchy_schwarz import CauchySchwarz
from keras_ib.measures.decoder import Decoder
from keras_ib.measures.descent import Descent
from keras_ib.measures.ebab import EBAB
from keras_ib.measures.evaluate import (
    evaluate,
    evaluate_learned,
    from_parts,
    is_learned,
    learned_part,
    part,
)
from keras_ib.measures.field import Field
from keras_ib.measures.hsic import HSIC
from keras_ib.measures.kde import AKDE, KDE
from keras_ib.measures.ksg import KSG
from keras_ib.measures.logdet import LogDet
from keras_ib.measures.measure import Measure
from keras_ib.measures.noise import Noise
from keras_ib.measures.noisy import Noisy
from keras_ib.measures.quantized import Quantized
from keras_ib.measures.renyi import Renyi
from keras_ib.measures.sample import Sample
from keras_ib.measures.sliced import Sliced
from keras_ib.measures.variational import Variational
from keras_ib.measures.zx import ZX
from keras_ib.measures.zy import ZY

__all__ = [
    "MEASURES",
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
    "Sliced",
    "Variational",
    "ZX",
    "ZY",
    "evaluate",
    "evaluate_learned",
    "from_parts",
    "get",
    "is_learned",
    "learned_part",
    "part",
]

MEASURES = {
    measure.name: measure
    for measure in (
        ZX(),
        ZY(),
        ZX("whitened"),
        Descent(),
        ZX("kernel"),
        ZY("kernel"),
        ZX("network"),
        ZY("network"),
        Binning(),
        EBAB(),
        Quantized(),
        KDE(),
        AKDE(),
        Renyi(),
        LogDet(),
        CauchySchwarz(),
        HSIC(),
        KSG(),
        Sliced(),
        Variational("infonce"),
        Variational("nwj"),
        Variational("dv"),
        Variational("smile"),
        Noisy(),
    )
}


def get(measures) -> tuple[Measure, ...]:
    """Measures from names and objects.

    Args:
        measures: A name, a `Measure`, or several of either in a sequence;
            `"all"` stands for all names that can be used here.

    Raises:
        ValueError: If a name is unknown, nothing is given, a measure lacks
            a package here, or two measures have the same name, so that the
            log could not tell them apart.
    """
    if isinstance(measures, (str, Measure)):
        measures = [measures]
    found = tuple(
        _get_one(measure)
        for given in measures
        for measure in (_usable() if given == "all" else [given])
    )
    names = [measure.name for measure in found]
    if not found or len(set(names)) < len(names):
        raise ValueError(
            f"measures={measures!r} must hold at least one measure and none "
            f"twice, of {', '.join(MEASURES)}."
        )
    return found


def _usable():
    return [m for m in MEASURES.values() if m.why_not() is None]


def _get_one(measure):
    if isinstance(measure, Measure):
        reason = measure.why_not()
        if reason is not None:
            raise ValueError(reason)
        return measure
    if measure not in MEASURES:
        raise ValueError(
            f"There is no measure {measure!r}. Give one of "
            f"{', '.join(MEASURES)}, or a keras_ib.measures.Measure object."
        )
    return _get_one(MEASURES[measure])
