"""Principal coordinates: the small problem inside every linear decoder.

A linear decoder with an L2 penalty, fitted on n rows of d features, lives in
the span of those rows: at most min(n, d) directions, in which the features
are uncorrelated. One eigendecomposition, of the covariance or of the Gram
matrix, whichever is smaller, serves all penalties of all decoders of a tap.
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from keras_ib.measures.sample.distances import Points
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor

# Directions whose variance is below this share of the largest are noise of
# the float32 Gram matrix and are left out: standard deviations are resolved
# down to about 1/1000 of the largest.
RANK_TOLERANCE = 8 * 2**-23


class Coordinates(NamedTuple):
    """Rows in the principal directions of the fit rows, r = min(n_fit, d).

    Attributes:
        fit: `[n_fit, r]`, columns of mean 0 that are uncorrelated.
        held_out: `[n - n_fit, r]`, the other rows in the same directions.
        variance: `[r]`, of the columns of `fit`; the largest is 1. Zero marks
            a direction that is not there.
    """

    fit: Tensor
    held_out: Tensor
    variance: Tensor


def principal_coordinates(
    centred: Tensor, num_fit: int, eigh: Callable
) -> Coordinates:
    """Rotates rows into the principal directions of the fit rows.

    Time O(n n_fit min(n_fit, d)) beyond the O(n n_fit d) of the Gram matrix
    (d > n_fit) or the O(n_fit d^2) of the covariance.

    Args:
        centred: `[n, d]` rows about the mean of the fit rows.
        num_fit: Number of fit rows, which come first.
        eigh: Of `Operations`.
    """
    rows = centred / safe_divisor(ops.max(ops.abs(centred)))
    fit = rows[:num_fit]
    if rows.shape[1] > num_fit:
        return _from_gram(ops.matmul(rows, ops.transpose(fit)), num_fit, eigh)
    scatter, axes = _decomposed(ops.matmul(ops.transpose(fit), fit), eigh)
    return _coordinates(ops.matmul(rows, axes), scatter, num_fit)


def kernel_coordinates(
    centred: Tensor, num_fit: int, eigh: Callable
) -> Coordinates:
    """Principal coordinates in the feature space of a Gaussian kernel.

    A linear decoder there is a kernel decoder here. The kernel is
    `exp(-distance^2 / (2 width^2))` with the root mean squared distance of
    the fit rows as its width. Time O(n n_fit d + n_fit^3).

    Args:
        centred: `[n, d]` rows about the mean of the fit rows.
        num_fit: Number of fit rows, which come first.
        eigh: Of `Operations`.
    """
    distances = ops.transpose(Points(centred).distances(0, num_fit))
    mean = safe_divisor(Points(centred[:num_fit]).mean_distance)
    gram = ops.exp(-distances / (2 * mean))
    # About the mean of the fit rows in the feature space.
    gram = gram - ops.mean(gram[:num_fit], axis=0)
    gram = gram - ops.mean(gram, axis=1, keepdims=True)
    return _from_gram(gram, num_fit, eigh)


def _from_gram(gram, num_fit, eigh):
    """Coordinates, from the scalar products `[n, n_fit]` with fit rows."""
    scatter, axes = _decomposed(gram[:num_fit], eigh)
    projected = ops.matmul(gram, axes) / ops.sqrt(safe_divisor(scatter))
    return _coordinates(projected, scatter, num_fit)


def _coordinates(projected, scatter, num_fit):
    largest = safe_divisor(ops.max(scatter))
    projected = ops.where(scatter > 0, projected, 0.0)
    projected = projected * ops.sqrt(num_fit / largest)
    return Coordinates(
        projected[:num_fit], projected[num_fit:], scatter / largest
    )


def _decomposed(matrix, eigh):
    """Eigenvalues, zero where they are only rounding, and eigenvectors."""
    values, vectors = eigh(matrix)
    floor = RANK_TOLERANCE * ops.max(values)
    return ops.where(values > floor, values, 0.0), vectors
