"""All measures by name."""

from collections.abc import Sequence

from keras_ib import checks
from keras_ib.measures.base import Measure
from keras_ib.measures.counting.binning import Binning
from keras_ib.measures.counting.ebab import EBAB
from keras_ib.measures.counting.quantized import Quantized
from keras_ib.measures.decoders.descent import Descent
from keras_ib.measures.decoders.zx import ZX
from keras_ib.measures.decoders.zy import ZY
from keras_ib.measures.geometry.logdet import LogDet
from keras_ib.measures.geometry.similarity import Similarity
from keras_ib.measures.pairwise.cauchy_schwarz import CauchySchwarz
from keras_ib.measures.pairwise.hsic import HSIC
from keras_ib.measures.pairwise.kde import AKDE, KDE
from keras_ib.measures.pairwise.ksg import KSG
from keras_ib.measures.pairwise.noisy import Noisy
from keras_ib.measures.pairwise.renyi import Renyi
from keras_ib.measures.pairwise.sliced import Sliced
from keras_ib.measures.trained.variational import Variational

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
# They need a model, and their numbers no table of taps has: not in "all".
OF_TWO_TAPS: dict[str, Measure] = {"similarity": Similarity()}
NAMED = MEASURES | OF_TWO_TAPS


def get(
    measures: str | Measure | Sequence[str | Measure],
) -> tuple[Measure, ...]:
    """Measures from names and objects.

    Args:
        measures: A name, a `Measure`, or several of either in a sequence;
            `"plane"` stands for Z-X and Z-Y, `"all"` for all names of
            measures of one tap.

    Raises:
        ValueError: If a name is unknown, nothing is given, a measure lacks
            a package here, or two measures have the same name, so that the
            log could not tell them apart.
    """
    if isinstance(measures, (str, Measure)):
        measures = [measures]
    measures = checks.sequence("measures", measures)
    found = tuple(
        _get_one(measure) for given in measures for measure in _bundle(given)
    )
    names = [measure.name for measure in found]
    if not found or len(set(names)) < len(names):
        raise ValueError(
            "Measures must be at least one measure and none twice. Received: "
            f"measures={measures!r}. Choose from {', '.join(NAMED)}."
        )
    return found


def _bundle(given):
    if isinstance(given, str) and given == "plane":
        return ["zx", "zy"]
    if isinstance(given, str) and given == "all":
        return list(MEASURES.values())
    return [given]


def _get_one(measure):
    if isinstance(measure, Measure):
        return measure
    if not isinstance(measure, str) or measure not in NAMED:
        raise ValueError(
            f"Unknown measure. Received: {checks.short(measure)}."
            f"{checks.nearest(measure, NAMED)} Choose one of "
            f"{', '.join(NAMED)}, or give a keras_ib.measures.Measure "
            "object."
        )
    return _get_one(NAMED[measure])
