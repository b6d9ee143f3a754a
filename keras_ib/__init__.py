"""Information-plane dynamics of Keras models while they train.

Names are imported when they are first used, so that `import keras_ib` loads
neither Keras nor a backend, and neither do reading logs and drawing them.
"""

from importlib import import_module
import sys
from typing import TYPE_CHECKING, Any

from keras_ib.version import __version__

if TYPE_CHECKING:
    from keras_ib import layers, measures, models, plotting, writers
    from keras_ib.analysis import phases
    from keras_ib.analysis.comparison import compare
    from keras_ib.arrays import measure, pointwise
    from keras_ib.callbacks import InfoPlane
    from keras_ib.checkpoints import measure_checkpoints
    from keras_ib.data import datasets, distributions
    from keras_ib.logs.run import RunLog
    from keras_ib.recorder import Recorder
    from keras_ib.reports.reading import report

__all__ = [
    "InfoPlane",
    "Recorder",
    "RunLog",
    "__version__",
    "compare",
    "datasets",
    "distributions",
    "layers",
    "measure",
    "measure_checkpoints",
    "measures",
    "models",
    "phases",
    "plotting",
    "pointwise",
    "report",
    "writers",
]

# Where a name comes from; the other names are modules of their own.
_PLACES = {
    "InfoPlane": "callbacks",
    "Recorder": "recorder",
    "RunLog": "logs.run",
    "compare": "analysis.comparison",
    "datasets": "data",
    "distributions": "data",
    "measure": "arrays",
    "measure_checkpoints": "checkpoints",
    "phases": "analysis",
    "pointwise": "arrays",
    "report": "reports.reading",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES.get(name)
    if place is None:
        return import_module(f"{__name__}.{name}")
    module = import_module(f"{__name__}.{place}")
    # `data` and `analysis` hold modules, the others functions and classes.
    found = getattr(module, name, None)
    if found is None:
        found = import_module(f"{module.__name__}.{name}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


# `keras.models.load_model` finds only layers that were imported.
if "keras" in sys.modules:
    import_module(f"{__name__}.layers")
