"""Information-plane dynamics of Keras models while they train."""

from keras_ib import layers, measures, models, plotting
from keras_ib.analysis import phases
from keras_ib.analysis.comparison import compare
from keras_ib.arrays import measure, pointwise
from keras_ib.callbacks import InfoPlane
from keras_ib.checkpoints import measure_checkpoints
from keras_ib.data import datasets, distributions
from keras_ib.logs.run import RunLog
from keras_ib.version import __version__

__all__ = [
    "InfoPlane",
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
]
