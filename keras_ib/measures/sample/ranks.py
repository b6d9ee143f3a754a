"""Ranks as normal scores: a map of each column that keeps information."""

from collections.abc import Callable

from keras import ops

from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor


def normal_scores(
    rows: Tensor, num_fit: int, sort: Callable = ops.sort
) -> Tensor:
    """`[n, d]`: each column as the normal quantiles of its ranks.

    The map is fitted on the fit samples, where equal values share the mean of
    their ranks; other values lie between those of their neighbours, and what
    is beyond the least or the largest gets its score. One such map of each
    column leaves mutual information as it is, and no tail is heavy after it.

    Args:
        rows: `[n, d]` float32.
        num_fit: Number of fit samples, which come first.
        sort: `[n] -> [n]` in ascending order.
    """

    def scores(column):
        ordered = sort(column[:num_fit])
        below = ops.searchsorted(ordered, column, side="left")
        up_to = ops.searchsorted(ordered, column, side="right")
        low = ops.take(ordered, ops.maximum(below - 1, 0))
        high = ops.take(ordered, ops.minimum(below, num_fit - 1))
        between = (column - low) / safe_divisor(high - low) - 0.5
        tied = ops.cast(up_to - below, "float32") / 2
        rank = ops.cast(below, "float32")
        rank = rank + ops.where(up_to > below, tied, between)
        rank = ops.clip(rank, 0.5, num_fit - 0.5)
        return 2**0.5 * ops.erfinv(2 * rank / num_fit - 1)

    return ops.transpose(ops.map(scores, ops.transpose(rows)))
