"""Information-plane dynamics of Keras models while they train."""

from keras_ib import datasets, distributions, layers, measures, models, plotting
from keras_ib.arrays import measure, pointwise
from keras_ib.callbacks import InfoPlane
from keras_ib.runlog import RunLog
from keras_ib.version import __version__

__all__ = [
    "InfoPlane",
    "RunLog",
    "__version__",
    "datasets",
    "distributions",
    "layers",
    "measure",
    "measures",
    "models",
    "plotting",
    "pointwise",
]
