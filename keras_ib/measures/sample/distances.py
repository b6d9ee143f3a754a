"""Squared distances between rows, in float32 that survives."""

from functools import cached_property

from keras import ops

from keras_ib.measures.sample.operations import Tensor

# Squared distances below this share of the squared norms are only the
# rounding of their product in float32 and are zero: rows that are equal have
# no distance, however far they lie from the others.
RESOLUTION = 16 * 2**-23


class Points:
    """Rows whose distances are wanted, with what all blocks need of them.

    Args:
        rows: `[n, d]`, about their mean.
    """

    def __init__(self, rows: Tensor):
        self.rows = rows
        self.squares = ops.sum(ops.square(rows), axis=1)

    @cached_property
    def mean_distance(self) -> Tensor:
        """Mean of all n * n squared distances, from the variances alone."""
        mean = ops.mean(self.rows, axis=0)
        variance = ops.mean(self.squares) - ops.sum(ops.square(mean))
        return 2 * ops.maximum(variance, 0.0)

    def distances(self, start: Tensor, size: int) -> Tensor:
        """Squared distances `[size, n]` of some rows to all, 0 to themselves.

        From the scalar products, which are a matrix product.
        """
        rows = ops.slice(self.rows, (start, 0), (size, self.rows.shape[1]))
        squares = ops.slice(self.squares, (start,), (size,))
        products = ops.matmul(rows * -2.0, ops.transpose(self.rows))
        squares = squares[:, None] + self.squares
        distances = squares + products
        # The diagonal by its place: no rounding, no faster product moves it.
        others = (start + ops.arange(size))[:, None] != ops.arange(
            self.squares.shape[0]
        )
        real = ops.logical_and(others, distances > squares * RESOLUTION)
        return ops.where(real, distances, 0.0)
