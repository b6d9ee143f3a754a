"""The TensorFlow backend: `tf.function`s under the model's strategy."""

from keras_ib.runtime.tensorflow.capture import Capture
from keras_ib.runtime.tensorflow.collector import Collector
from keras_ib.runtime.tensorflow.graphs import (
    compiled,
    free_memory,
    full_precision,
    operations,
)
from keras_ib.runtime.tensorflow.processes import (
    WORKER_LOST_ERRORS,
    is_chief,
)
from keras_ib.runtime.tensorflow.replicas import shared
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
    "WORKER_LOST_ERRORS",
    "Capture",
    "Collector",
    "check_training",
    "compiled",
    "describe",
    "free_memory",
    "full_precision",
    "is_chief",
    "make_strategy",
    "operations",
    "restored",
    "scope",
    "shared",
    "snapshot",
    "synchronise",
]
