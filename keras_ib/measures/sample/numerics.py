"""Small arithmetic that is safe for every value, and sums over blocks."""

from collections.abc import Callable

import keras
from keras import ops

from keras_ib.measures.sample.operations import Tensor

# Beyond it, squares of differences, summed and squared again, may be Inf.
LARGEST = 2.0**40


def safe_divisor(values: Tensor) -> Tensor:
    """`values`, and 1 where they are not above 0."""
    return ops.where(values > 0, values, ops.ones_like(values))


def in_range(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows whose squares and sums of squares float32 holds, and their unit.

    The unit is a power of two, so that no digit is lost: 1 up to `LARGEST`,
    and above it what brings the largest value to at most 2**20.

    Args:
        rows: `[n, d]` float32, finite.
    """
    largest = ops.max(ops.abs(rows))
    huge = ops.where(largest > LARGEST, 2.0**64, 1.0)
    unit = ops.cast(ops.where(largest > 2.0**84, 2.0**108, huge), "float32")
    return rows / unit, unit


def sum_blocks(block_sums: Callable, count: int) -> Tensor:
    """The sum of `block_sums(place)` over `count` places, in a loop.

    Only one block is held at a time.

    Args:
        block_sums: From the place, an int or an int32 scalar, to a structure
            of float tensors of constant shapes.
        count: Number of blocks.
    """

    def unfinished(place, sums):
        # Without a look at the sums, TensorFlow would work on many blocks at
        # once and keep them all.
        lost = [ops.all(ops.isnan(v)) for v in keras.tree.flatten(sums)]
        left = ops.logical_not(ops.all(ops.stack(lost)))
        return ops.logical_and(place < count, left)

    def add(place, sums):
        more = block_sums(place)
        return place + 1, keras.tree.map_structure(ops.add, sums, more)

    # Outside the loop: the first block also makes what all blocks share.
    sums = block_sums(0)
    if count == 1:
        return sums
    start = ops.convert_to_tensor(1, "int32")
    return ops.while_loop(unfinished, add, (start, sums))[1]
