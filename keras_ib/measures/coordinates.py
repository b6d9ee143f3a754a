"""Principal coordinates: the small problem inside every linear decoder.

A linear decoder with an L2 penalty, fitted on n rows of d features, lives in
the span of those rows: at most min(n, d) directions, in which the features
are uncorrelated. One eigendecomposition, of the covariance or of the Gram
matrix, whichever is smaller, serves all penalties of all decoders of a tap.
"""

from typing import NamedTuple

from keras import ops

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

    fit: object
    held_out: object
    variance: object


def principal_coordinates(centred, num_fit) -> Coordinates:
    """Rotates rows into the principal directions of the fit rows.

    Time O(n n_fit min(n_fit, d)) beyond the O(n n_fit d) of the Gram matrix
    (d > n_fit) or the O(n_fit d^2) of the covariance.

    Args:
        centred: `[n, d]` rows about the mean of the fit rows.
        num_fit: Number of fit rows, which come first.
    """
    rows = centred / positive(ops.max(ops.abs(centred)))
    fit = rows[:num_fit]
    if rows.shape[1] <= num_fit:
        scatter, axes = _eigh(ops.matmul(ops.transpose(fit), fit))
        projected = ops.matmul(rows, axes)
    else:
        gram = ops.matmul(rows, ops.transpose(fit))
        scatter, axes = _eigh(gram[:num_fit])
        projected = ops.matmul(gram, axes) / ops.sqrt(positive(scatter))
    largest = positive(ops.max(scatter))
    projected = ops.where(scatter > 0, projected, 0.0)
    projected = projected * ops.sqrt(num_fit / largest)
    return Coordinates(
        projected[:num_fit], projected[num_fit:], scatter / largest
    )


def _eigh(matrix):
    """Eigenvalues, zero where they are only rounding, and eigenvectors."""
    values, vectors = ops.linalg.eigh(matrix)
    floor = RANK_TOLERANCE * ops.max(values)
    return ops.where(values > floor, values, 0.0), vectors


def positive(values):
    """`values`, and 1 where they are not above 0: a divisor that is safe."""
    return ops.where(values > 0, values, ops.ones_like(values))
