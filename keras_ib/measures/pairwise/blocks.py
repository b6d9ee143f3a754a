"""One pass over all pairs of rows serves every measure that needs them.

The matrix of squared distances is made in blocks of rows, and no more of it
than one block is kept: memory O(n * block). A pairwise measure says a few
numbers about each row of a block; all that it learns of the pairs in the end
are the sums of these numbers over all rows. So blocks can be taken in any
order, in any number of places: each replica takes its share of the rows.
"""

from functools import cached_property

from keras import ops

from keras_ib.measures.base import Measure
from keras_ib.measures.sample.distances import Points

# Rows of a block, at most: with a quarter of them, the product of wide rows
# takes twice the time; with all, 10,000 rows need 400 MB for one matrix.
BLOCK_ROWS = 1024


class Pairwise(Measure):
    """Base of the measures that look at all pairs of rows.

    A subclass gives `per_sample` and `finalize` in place of `compute`.
    """

    # False where the arguments of a measure make it look at something else.
    looks_at_pairs = True

    def per_sample(self, block) -> dict:
        """Numbers `{name: [b]}` about the rows of a `Block`."""
        raise NotImplementedError

    def finalize(self, sums, sample) -> dict:
        """The fields, from the sums `{name: scalar}` over all rows."""
        raise NotImplementedError

    def compute(self, sample):
        return self.finalize(pair_sums([self], sample)[0], sample)


class Pairs:
    """The points of a sample, for all blocks alike.

    Attributes:
        sample: The `Sample`.
        shared: What measures keep here for each other, by a key of theirs.
    """

    def __init__(self, sample):
        self.sample = sample
        self.shared = {}

    @cached_property
    def z(self):
        """The representation, as `Points`."""
        return Points(self.sample.centred)

    @cached_property
    def x(self):
        """The input, as `Points`."""
        return Points(self.sample.centred_x)


class Block:
    """Some rows of the matrices of all pairs; each is made when asked for.

    Attributes:
        pairs: The `Pairs` that it belongs to.
        start: The first row.
        size: Number of rows, b.
        shared: What measures keep here for each other, by a key of theirs.
    """

    def __init__(self, pairs, start, size):
        self.pairs = pairs
        self.start = start
        self.size = size
        self.shared = {}

    @cached_property
    def z(self):
        """Squared distances `[b, n]` of Z."""
        return self.pairs.z.distances(self.start, self.size)

    @cached_property
    def x(self):
        """Squared distances `[b, n]` of X."""
        return self.pairs.x.distances(self.start, self.size)

    @cached_property
    def one_hot(self):
        """Labels `[b, num_classes]` of the rows of the block."""
        labels = self.pairs.sample.one_hot
        return ops.slice(labels, (self.start, 0), (self.size, labels.shape[1]))

    @cached_property
    def same_label(self):
        """`[b, n]`, 1 where two rows are of the same class and 0 elsewhere."""
        y = self.pairs.sample.y
        mine = ops.slice(y, (self.start,), (self.size,))
        return ops.cast(mine[:, None] == y, "float32")


def pair_sums(measures, sample, index=0, count=1) -> list[dict]:
    """Sums over rows of what the measures say about each.

    Time O(n^2 d / count) once, however many measures there are.

    Args:
        measures: Sequence of `Pairwise`.
        sample: A `Sample`.
        index: Which share of the rows, from 0; may be a tensor.
        count: Number of shares, together all rows.

    Returns:
        `{name: scalar}` for each measure.
    """
    pairs = Pairs(sample)
    num_rows = sample.num_rows
    share = -(-num_rows // count)
    num_blocks = -(-share // BLOCK_ROWS)
    size = -(-share // num_blocks)
    end = ops.minimum((index + 1) * share, num_rows)

    def block_sums(place):
        # The last blocks begin early enough to be whole; rows that are those
        # of another block are not counted.
        first = index * share + place * size
        start = ops.minimum(first, num_rows - size)
        block = Block(pairs, start, size)
        numbers = [measure.per_sample(block) for measure in measures]
        rows = start + ops.arange(size)
        new = ops.logical_and(rows >= first, rows < end)
        return [
            {
                name: ops.sum(ops.where(new, values, 0.0))
                for name, values in found.items()
            }
            for found in numbers
        ]

    def unfinished(place, sums):
        # Without a look at the sums, TensorFlow would work on many blocks at
        # once and keep them all.
        numbers = [v for found in sums for v in found.values()]
        left = ops.logical_not(ops.all(ops.isnan(ops.stack(numbers))))
        return ops.logical_and(place < num_blocks, left)

    # Outside the loop: the first block also makes what all blocks share.
    sums = block_sums(0)
    if num_blocks == 1:
        return sums
    return ops.while_loop(
        unfinished,
        lambda place, sums: (place + 1, _added(sums, block_sums(place))),
        (ops.convert_to_tensor(1, "int32"), sums),
    )[1]


def _added(a, b):
    return [
        {name: value + other[name] for name, value in one.items()}
        for one, other in zip(a, b, strict=True)
    ]
