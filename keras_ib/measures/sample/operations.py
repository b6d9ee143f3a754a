"""What measures need of a backend beyond keras.ops."""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

# A tensor of whatever backend, real or symbolic.
Tensor = Any


def _eigenvalues(matrix):
    return ops.linalg.eigh(matrix)[0]


def _single(double, single, *tensors):
    return single(*tensors)


class Operations(NamedTuple):
    """Operations that keras.ops lacks, or has in a slow form only.

    Attributes:
        gradient: `(function, parameters) -> gradients` of a scalar function,
            in the structure of its parameters.
        sort: `[n] -> [n]` in ascending order. That of TensorFlow takes thirty
            times as long on a CPU as NumPy's.
        eigh: Eigenvalues and eigenvectors of a symmetric matrix. JAX's own
            take minutes to compile for a TPU, TensorFlow's in float64 twice
            as long on a CPU as NumPy's.
        eigvalsh: Eigenvalues alone, for half the time.
        at_precision: `(double, single, *tensors)` calls the first of two
            functions, which may use float64 inside, where the device has
            that at a fair price, and the second one elsewhere. Both take and
            return float32.
    """

    gradient: Callable | None = None
    sort: Callable = ops.sort
    eigh: Callable = ops.linalg.eigh
    eigvalsh: Callable = _eigenvalues
    at_precision: Callable = _single
