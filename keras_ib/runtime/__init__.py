"""Where it runs: the one place that knows the backend by name.

Both backends offer the same names:

    Measurement(model, taps, measures, probe)   one pass, compiled once
    Collector(model, size, needs_y)             keeps the first training rows
    snapshot(model), restored(model, state)     weights of an earlier step
    synchronise(model)                          variables as trained so far
    compiled(function, jit_compile)             tf.function or jax.jit
    full_precision()                            context of exact products
    operations()                                what keras.ops lacks
    check_training(model)                       refuses what would break `fit`
    make_strategy(name)                         a distribution strategy or None
    is_chief(model)                             whether this process writes
    LOST                                        errors of a machine that is gone
    scope(model)                                where its variables are made
    describe(model)                             strategy and replicas, for logs
"""

import keras

from keras_ib.runtime.evaluator import Evaluator, layer_noise, sample_of
from keras_ib.runtime.measurement import needed_data

if keras.backend.backend() == "tensorflow":
    from keras_ib.runtime import tensorflow as _backend
elif keras.backend.backend() == "jax":
    from keras_ib.runtime import jax as _backend
else:
    raise ImportError(
        f"keras_ib runs on the Keras backends tensorflow and jax, not on "
        f"{keras.backend.backend()!r}. Set the environment variable "
        "KERAS_BACKEND before Keras is imported."
    )

LOST = _backend.LOST
Collector = _backend.Collector
Measurement = _backend.Measurement
check_training = _backend.check_training
compiled = _backend.compiled
describe = _backend.describe
full_precision = _backend.full_precision
is_chief = _backend.is_chief
make_strategy = _backend.make_strategy
operations = _backend.operations
restored = _backend.restored
scope = _backend.scope
snapshot = _backend.snapshot
synchronise = _backend.synchronise

__all__ = [
    "LOST",
    "Collector",
    "Evaluator",
    "Measurement",
    "check_training",
    "compiled",
    "describe",
    "full_precision",
    "is_chief",
    "layer_noise",
    "make_strategy",
    "needed_data",
    "sample_of",
    "operations",
    "restored",
    "scope",
    "snapshot",
    "synchronise",
]
