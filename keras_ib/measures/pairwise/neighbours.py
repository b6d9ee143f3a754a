"""Nearest neighbours among all pairs of rows, and the counts around them."""

import math

from keras import ops
import numpy as np

from keras_ib.measures.pairwise.blocks import Block
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor

# Rows of at most so many columns are compared by differences, which are exact
# and cost a pass over all pairs for each column; wider ones share the scalar
# products of all pairwise measures.
FEW_COLUMNS = 16

# Squared distances that differ by less than this share of them are equal:
# float32 would else break the ties of integers, or of Z = 2 X, at random.
TIE = 2.0**-16

# What is near in time, as a share of all time.
NEAR_IN_TIME = 0.01

# A squared distance, in units of their mean, below which there is none.
NONE = 2.0**-100


def scaled_distances(
    block: Block, side: str, standardise: bool = False
) -> Tensor:
    """Squared distances `[b, n]`, in units of their mean over all pairs.

    By themselves, the nearest neighbours of few columns are far below what
    float32 leaves of the difference of scalar products.

    Args:
        block: A `Block`.
        side: `"z"`, `"x"`, or `"y"` of values.
        standardise: Whether every column counts alike.
    """
    pairs = block.pairs
    rows = pairs.rows(side)
    # One column has no other to be weighed against.
    standardise = standardise and rows.shape[1] > 1
    if rows.shape[1] > FEW_COLUMNS:
        distances = block.distances(side, standardise)
    else:
        distances = _differences(
            rows,
            block.start,
            block.size,
            pairs.inverse_deviation(side) if standardise else None,
        )
    mean_distance = pairs.points(side, standardise).mean_distance
    return distances / safe_divisor(mean_distance)


def _differences(rows, start, size, factors=None):
    """Squared distances `[size, n]`, column by column: no `[size, n, d]`.

    Differences come first and then their factors, so that those of integers
    that are equal stay equal.
    """
    some = ops.slice(rows, (start, 0), (size, rows.shape[1]))
    total = 0.0
    for column in range(rows.shape[1]):
        difference = some[:, column, None] - rows[:, column]
        if factors is not None:
            difference = difference * factors[column]
        total = total + ops.square(difference)
    return total


def apart_in_time(distances: Tensor, block: Block, window: int) -> Tensor:
    """Distances `[b, n]`, infinite to samples fewer rows apart than `window`.

    A sample itself stays.
    """
    if not window:
        return distances
    is_apart = ops.logical_or(_is_itself(block), _rows_apart(block) >= window)
    return ops.where(is_apart, distances, float("inf"))


def nearest_in_time(distances: Tensor, block: Block) -> Tensor:
    """`[b]`, 1 where the nearest sample is near in time, else 0."""
    others = ops.where(_is_itself(block), float("inf"), distances)
    nearest = ops.argmin(others, axis=1)[:, None]
    apart = ops.take_along_axis(_rows_apart(block), nearest, axis=1)[:, 0]
    time = ops.cast(block.sample.time, "float32")
    near = NEAR_IN_TIME * (ops.max(time) - ops.min(time))
    return ops.cast(ops.cast(apart, "float32") <= near, "float32")


def _rows_apart(block):
    """`[b, n]` int32, by how many rows of the data samples stand apart."""
    time = block.sample.time
    if time is None:
        time = ops.arange(block.sample.num_rows, dtype="int32")
    mine = ops.slice(time, (block.start,), (block.size,))
    return ops.abs(mine[:, None] - time)


def _is_itself(block):
    mine = block.start + ops.arange(block.size)
    return mine[:, None] == ops.arange(block.sample.num_rows)


def radius(distances: Tensor, num_neighbours: int) -> Tensor:
    """The distance `[b, 1]` of each row to its k-th nearest neighbour.

    To the last that there is where they are fewer. By a tie smaller, so that
    what is as far is outside, but never 0, so that what is at no distance at
    all is inside.

    Args:
        distances: `[b, n]`, 0 to the row itself, infinite to those that are
            no candidates.
        num_neighbours: k.
    """
    num_nearest = min(num_neighbours + 1, distances.shape[1])
    candidates = _candidates(distances, num_nearest)
    nearest = -ops.top_k(-candidates, num_nearest)[0]
    nearest = ops.where(ops.isfinite(nearest), nearest, 0.0)
    farthest = ops.max(nearest, axis=1, keepdims=True)
    return ops.maximum(farthest * (1 - TIE), NONE)


def _candidates(distances, num):
    """Some columns of each row, its `num` smallest values among them.

    They lie in the groups of columns that have the smallest minima; and to
    find minima takes a tenth of the time of finding several values.
    """
    b, n = distances.shape
    width = math.isqrt(n)
    groups = -(-n // width)
    if groups <= num:
        return distances
    padding = ((0, 0), (0, groups * width - n))
    padded = ops.pad(distances, padding, constant_values=float("inf"))
    grouped = ops.reshape(padded, (b * groups, width))
    minima = ops.reshape(ops.min(grouped, axis=1), (b, groups))
    found = ops.top_k(-minima, num)[1] + groups * ops.arange(b)[:, None]
    return ops.reshape(ops.take(grouped, found, axis=0), (b, num * width))


def num_within(distances: Tensor, radius: Tensor) -> Tensor:
    """Number `[b]` of the rows that are closer, the row itself included."""
    return ops.sum(ops.cast(distances < radius, "float32"), axis=1)


def digamma(counts: Tensor, largest: int) -> Tensor:
    """Digamma of whole numbers from 1 to `largest`, and 0 of 0."""
    harmonic = np.cumsum(1 / np.arange(1, largest))
    table = np.concatenate([[0, 0], harmonic]) - np.euler_gamma
    table[0] = 0
    table = ops.convert_to_tensor(table.astype("float32"))
    return ops.take(table, ops.cast(counts, "int32"))
