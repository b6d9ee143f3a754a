"""Small arithmetic that is safe for every value, and sums over blocks."""

from collections.abc import Callable

import keras
from keras import ops

from keras_ib.measures.sample.operations import Tensor


def safe_divisor(values: Tensor) -> Tensor:
    """`values`, and 1 where they are not above 0."""
    return ops.where(values > 0, values, ops.ones_like(values))


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
