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
from keras_ib.measures.sample.numerics import safe_divisor, sum_blocks
from keras_ib.measures.sample.operations import Operations, Tensor
from keras_ib.measures.sample.values import Values

# Directions whose variance is below this share of the largest are left out. A
# Gram matrix of float32 says no more; float64 resolves standard deviations of
# 2e-8, which a Z of float32 does not have.
FLOAT32_NOISE = 8 * 2**-23
RESOLUTION = 2 * 2**-52

# Where there is float32 alone, each round takes the directions whose variance
# is at least this share of the largest that is left: those are found well.
LEADING = 1e-5
NUM_ROUNDS = 3


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

    def resolution(self, least: float = 0.0) -> Tensor:
        """The smallest standard deviation that is seen, over the largest.

        Args:
            least: Directions of at most this variance are not looked at.
        """
        seen = ops.where(self.variance > least, self.variance, 1.0)
        return ops.sqrt(ops.min(seen))


def principal_coordinates(
    centred: Tensor, num_fit: int, operations: Operations
) -> Coordinates:
    """Rotates rows into the principal directions of the fit rows.

    Directions are found down to the rounding of float32 rows. Columns are
    handed on in float32, each as exact as its own size allows.

    Time O(n n_fit min(n_fit, d)) beyond the O(n n_fit d) of the Gram matrix
    (d > n_fit) or the O(n_fit d^2) of the covariance.

    Args:
        centred: `[n, d]` rows about the mean of the fit rows.
        num_fit: Number of fit rows, which come first.
        operations: What the backend has beyond keras.ops.
    """

    def double(rows):
        return float64_coordinates(rows, num_fit, operations.eigh)

    def single(rows):
        return float32_coordinates(rows, num_fit, operations.eigh)

    rows = centred / safe_divisor(ops.max(ops.abs(centred)))
    return Coordinates(*operations.at_precision(double, single, rows))


def float64_coordinates(
    rows: Tensor, num_fit: int, eigh: Callable
) -> Coordinates:
    """`principal_coordinates` of rows within +-1, in float64.

    Rows that are wider than the fit rows are many are cast in blocks.
    """
    if rows.shape[1] > num_fit:
        values = Values(rows, num_fit)

        def products(place):
            block = _float64_centred(values.block(place), num_fit)
            return ops.matmul(block, ops.transpose(block[:num_fit]))

        gram = sum_blocks(products, values.num_blocks)
        return _from_gram(gram, num_fit, eigh, RESOLUTION)
    rows = _float64_centred(rows, num_fit)
    fit = rows[:num_fit]
    covariance = ops.matmul(ops.transpose(fit), fit)
    scatter, axes = _decomposed(covariance, eigh, RESOLUTION)
    return _coordinates(ops.matmul(rows, axes), scatter, num_fit)


def _float64_centred(rows, num_fit):
    rows = ops.cast(rows, "float64")
    return rows - ops.mean(rows[:num_fit], axis=0)


def float32_coordinates(
    rows: Tensor, num_fit: int, eigh: Callable
) -> Coordinates:
    """`principal_coordinates` of rows within +-1, in float32.

    The leading directions are taken out, what is left is scaled up and
    decomposed again. Costs as many eigendecompositions as there are rounds.
    """
    if rows.shape[1] > num_fit:
        # Rows lie in the span of the fit rows but for what no decoder sees.
        span, _ = ops.linalg.qr(ops.transpose(rows[:num_fit]))
        rows = ops.matmul(rows, span)
    places = ops.arange(rows.shape[1], dtype="int32")
    projected, scatter, taken, largest = 0.0, 0.0, 0, 0.0
    for last in [False] * (NUM_ROUNDS - 1) + [True]:
        unit = safe_divisor(ops.max(ops.abs(rows)))
        fit = rows[:num_fit] / unit
        values, axes = eigh(ops.matmul(ops.transpose(fit), fit))
        share = FLOAT32_NOISE if last else LEADING
        # What is below the rounding of the first round's rows is not there.
        largest = ops.maximum(largest, ops.max(values) * unit**2)
        is_leading = ops.logical_and(
            values > share * ops.max(values),
            values * unit**2 > RESOLUTION * largest,
        )
        axes = ops.where(is_leading, axes, 0.0)
        # Eigenvalues ascend: before the ones that earlier rounds took.
        order = (places + taken) % rows.shape[1]
        found = ops.matmul(rows, axes)
        projected += ops.take(found, order, axis=1)
        variance = ops.where(is_leading, values * unit**2, 0.0)
        scatter += ops.take(variance, order)
        taken += ops.sum(ops.cast(is_leading, "int32"))
        # What is left is uncorrelated with what was found, and not only
        # orthogonal to its axes, which float32 has to 1e-7 of the largest.
        # Once more, for what rounding left there.
        for _ in range(2):
            rows = rows - _explained(rows, found, num_fit)
    return _coordinates(projected, scatter, num_fit)


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
    return _from_gram(gram, num_fit, eigh, FLOAT32_NOISE)


def _from_gram(gram, num_fit, eigh, noise):
    """Coordinates, from the scalar products `[n, n_fit]` with fit rows."""
    scatter, axes = _decomposed(gram[:num_fit], eigh, noise)
    projected = ops.matmul(gram, axes) / ops.sqrt(safe_divisor(scatter))
    return _coordinates(projected, scatter, num_fit)


def _explained(rows, found, num_fit):
    """What uncorrelated columns say of rows: a regression on the fit rows."""
    fit = found[:num_fit]
    slopes = ops.matmul(ops.transpose(fit), rows[:num_fit])
    squares = ops.sum(ops.square(fit), axis=0)
    return ops.matmul(found / safe_divisor(squares), slopes)


def _coordinates(projected, scatter, num_fit):
    largest = safe_divisor(ops.max(scatter))
    projected = ops.where(scatter > 0, projected, 0.0)
    projected = ops.cast(projected * ops.sqrt(num_fit / largest), "float32")
    variance = ops.cast(scatter / largest, "float32")
    return Coordinates(projected[:num_fit], projected[num_fit:], variance)


def _decomposed(matrix, eigh, noise):
    """Eigenvalues, zero where they are only rounding, and eigenvectors."""
    values, vectors = eigh(matrix)
    floor = noise * ops.max(values)
    return ops.where(values > floor, values, 0.0), vectors
