"""The JAX backend: one `jax.jit`, shared out under `keras.distribution`."""

from keras_ib.runtime.jax.collector import Collector
from keras_ib.runtime.jax.graphs import compiled, full_precision, operations
from keras_ib.runtime.jax.measurement import Measurement
from keras_ib.runtime.jax.strategies import (
    LOST,
    check_training,
    describe,
    is_chief,
    make_strategy,
    scope,
)
from keras_ib.runtime.jax.variables import restored, snapshot, synchronise

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
