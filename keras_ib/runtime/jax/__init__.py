"""The JAX backend: `jax.jit`, shared out under `keras.distribution`."""

from keras_ib.runtime.jax.capture import Capture
from keras_ib.runtime.jax.collector import Collector
from keras_ib.runtime.jax.graphs import (
    compiled,
    free_memory,
    full_precision,
    operations,
)
from keras_ib.runtime.jax.replicas import shared
from keras_ib.runtime.jax.strategies import (
    WORKER_LOST_ERRORS,
    check_training,
    describe,
    is_chief,
    make_strategy,
    scope,
)
from keras_ib.runtime.jax.variables import (
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
