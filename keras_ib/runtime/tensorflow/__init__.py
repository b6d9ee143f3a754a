"""The TensorFlow backend: one `tf.function` under the model's strategy."""

from keras_ib.runtime.tensorflow.collector import Collector
from keras_ib.runtime.tensorflow.graphs import (
    compiled,
    full_precision,
    operations,
)
from keras_ib.runtime.tensorflow.measurement import Measurement
from keras_ib.runtime.tensorflow.processes import LOST, is_chief
from keras_ib.runtime.tensorflow.strategies import (
    check_training,
    describe,
    make_strategy,
    scope,
)
from keras_ib.runtime.tensorflow.variables import (
    restored,
    snapshot,
    synchronise,
)

__all__ = [
    "LOST",
    "Collector",
    "Measurement",
    "check_training",
    "compiled",
    "describe",
    "full_precision",
    "is_chief",
    "make_strategy",
    "operations",
    "restored",
    "scope",
    "snapshot",
    "synchronise",
]
