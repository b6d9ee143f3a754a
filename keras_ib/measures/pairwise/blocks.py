"""One pass over all pairs of samples serves every measure that needs them.

The matrix of squared distances is made in blocks of rows, and no more of it
than one block is kept: memory O(n * block). A pairwise measure says a few
numbers about each row of a block; all that it learns of the pairs in the end
are the sums of these numbers over all rows. So blocks can be taken in any
order, in any number of places: each replica takes its share of the rows.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any

from keras import ops

from keras_ib.measures.base import Field, Measure, owned_partials
from keras_ib.measures.sample.distances import Points
from keras_ib.measures.sample.numerics import sum_blocks
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.values import inverse_deviation
from keras_ib.measures.sample.variables import Variable

# Rows of a block, at most: with a quarter of them, the product of wide rows
# takes twice the time; with all, 10,000 rows need 400 MB for one matrix.
BLOCK_ROWS = 1024

# What is left to the other columns then is warned of.
MOST_IN_ONE = 0.99
ONE_COLUMN = Field(
    "largest share of one column in the variance of Z",
    "1",
    "estimate",
    "all",
    is_check=True,
)


class Pairwise(Measure):
    """Base of the measures that look at all pairs of samples.

    A subclass gives `per_sample` and `finalize` in place of `compute`.
    """

    own_fields: Any
    # False where the arguments of a measure make it look at something else.
    looks_at_pairs: Any = True
    # Whether columns are brought to one scale before distances are taken.
    standardise: Any = True

    @property
    def fields(self) -> dict[str, Field]:
        """Its own, and where columns keep their scale what one may hide."""
        own = dict(self.own_fields)
        return own if self.standardise else own | {"one_column": ONE_COLUMN}

    def available(
        self, given: frozenset[str], variable: Variable | None
    ) -> dict[str, Field]:
        found = super().available(given, variable)
        # Checks alone are checks of nothing.
        return {} if all(f.is_check for f in found.values()) else found

    def checked(self, sample: Sample) -> dict:
        """What one column holds, where that counts, `{field: scalar}`."""
        if self.standardise:
            return {}
        return {"one_column": sample.representation.largest_share}

    def caution(self, values: Mapping[str, float]) -> str | None:
        share = values.get("one_column", 0)
        if not share > MOST_IN_ONE:
            return None
        return (
            f"{share:.2%} of the variance of Z are those of one column, and "
            f"{self.name} hardly sees the others. Bring the columns to one "
            "scale, as standardise=True does, if scales say nothing here."
        )

    def per_sample(self, block: "Block") -> dict:
        """Numbers `{name: [b]}` about the samples of a `Block`.

        Those that `fields_of(block.sample)` need; it has at least one.
        """
        raise NotImplementedError

    def finalize(self, sums: dict, sample: Sample) -> dict:
        """The fields, from the sums `{name: scalar}` over all samples."""
        raise NotImplementedError

    def compute(self, sample: Sample) -> dict:
        (sums,) = pair_sums([self], [sample])
        return self.finalize(sums[self.name], sample)

    def together(self) -> Callable:
        return pair_sums if self.looks_at_pairs else owned_partials


class Cache:
    """What measures make once for each other."""

    def __init__(self):
        self._made = {}

    def cached(self, key: Hashable, make: Callable) -> Tensor:
        """`make()`, once for all that ask for the same key."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


class Pairs(Cache):
    """The points of a sample, for all blocks alike.

    Args:
        sample: The `Sample`.
        of_z: The `Cache` of what is made of Z alone, for all targets.

    Attributes:
        sample, of_z: As given.
    """

    def __init__(self, sample: Sample, of_z: Cache | None = None):
        super().__init__()
        self.sample = sample
        self.of_z = of_z or Cache()

    @property
    def z(self) -> Points:
        """The representation, as `Points`."""
        return self.sample.representation.points

    def rows(self, side: str) -> Tensor:
        """`[n, d]` Z, X or a Y of values, not about their mean."""
        return self.sample.y_rows if side == "y" else getattr(self.sample, side)

    def inverse_deviation(self, side: str) -> Tensor:
        """`[d]`, what brings each column to variance 1, made once."""
        return self._cache(side).cached(
            ("inverse deviation", side),
            lambda: inverse_deviation(self.rows(side)),
        )

    def points(self, side: str, standardise: bool = False) -> Points:
        """The `Points` of a side, each column of variance 1 if so wanted."""
        if not standardise:
            return getattr(self, side)
        return self._cache(side).cached(
            ("standardised points", side),
            lambda: Points(
                getattr(self, side).rows * self.inverse_deviation(side)
            ),
        )

    def _cache(self, side):
        return self.of_z if side == "z" else self

    @cached_property
    def x(self) -> Points:
        """The input, as `Points`."""
        return Points(self.sample.centred_x)

    @cached_property
    def y(self) -> Points:
        """A target of values, as `Points`."""
        return Points(self.sample.values("y").all)


class Block(Cache):
    """Some rows of the matrices of all pairs; each is made when asked for.

    Args:
        pairs: The `Pairs` that it belongs to.
        start: The first row.
        size: Number of rows, b.
        of_z: The `Cache` of what is made of Z alone, for all targets.

    Attributes:
        pairs, start, size, of_z: As given.
    """

    def __init__(
        self, pairs: Pairs, start: Tensor, size: int, of_z: Cache | None = None
    ):
        super().__init__()
        self.pairs = pairs
        self.start = start
        self.size = size
        self.of_z = of_z or Cache()

    @property
    def sample(self) -> Sample:
        """The `Sample` that it is a block of."""
        return self.pairs.sample

    @property
    def z(self) -> Tensor:
        """Squared distances `[b, n]` of Z."""
        return self.of_z.cached("distances", lambda: self._distances("z"))

    @cached_property
    def x(self) -> Tensor:
        """Squared distances `[b, n]` of X."""
        return self._distances("x")

    @cached_property
    def y(self) -> Tensor:
        """Squared distances `[b, n]` of a Y of values."""
        return self._distances("y")

    def distances(self, side: str, standardise: bool = False) -> Tensor:
        """Squared distances `[b, n]` of a side, as its `points`."""
        if not standardise:
            return getattr(self, side)
        cache = self.of_z if side == "z" else self
        return cache.cached(
            ("standardised distances", side),
            lambda: self._distances(side, standardise=True),
        )

    def _distances(self, side, standardise=False):
        points = self.pairs.points(side, standardise)
        return points.distances(self.start, self.size)

    def rows(self, array: Tensor) -> Tensor:
        """`[b, k]`, those of the block, of an array `[n, k]`."""
        return ops.slice(array, (self.start, 0), (self.size, array.shape[1]))

    @cached_property
    def one_hot(self) -> Tensor:
        """One-hot `y_class`, `[b, c]`, of the samples of the block."""
        return self.rows(self.sample.one_hot)

    @cached_property
    def same_class(self) -> Tensor:
        """`[b, n]`, 1 where two samples are of one class and 0 elsewhere."""
        return self._same(self.sample.y_class)

    @cached_property
    def same_x(self) -> Tensor:
        """`[b, n]`, 1 where two samples have one X and 0 elsewhere."""
        return self._same(self.sample.x_id)

    def _same(self, numbers):
        mine = ops.slice(numbers, (self.start,), (self.size,))
        return ops.cast(mine[:, None] == numbers, "float32")


def pair_sums(
    measures: Sequence[Measure],
    samples: Sequence[Sample],
    index: Tensor = 0,
    count: int = 1,
    is_owner: Tensor = None,
) -> list[dict]:
    """Sums over all samples of what the measures say about each.

    Time O(n^2 d / count) once, however many measures and targets there are.

    Args:
        measures: Sequence of `Pairwise`.
        samples: Each target's `Sample` of one Z.
        index: Which share of the rows, from 0; may be a tensor.
        count: Number of shares, together all rows.
        is_owner: Not looked at: all replicas share the rows.

    Returns:
        `{measure: {name: scalar}}` for each sample, of the measures that it
        has fields of.
    """
    wanted = [[m for m in measures if m.fields_of(s)] for s in samples]
    if not any(wanted):
        return [{} for _ in samples]
    of_z = Cache()
    all_pairs = [Pairs(sample, of_z) for sample in samples]
    num_rows = samples[0].num_rows
    share = -(-num_rows // count)
    num_blocks = -(-share // BLOCK_ROWS)
    size = -(-share // num_blocks)
    end = ops.minimum((index + 1) * share, num_rows)

    def block_sums(place):
        # The last blocks begin early enough to be whole; rows that are those
        # of another block are not counted.
        first = index * share + place * size
        start = ops.minimum(first, num_rows - size)
        rows = start + ops.arange(size)
        new = ops.logical_and(rows >= first, rows < end)
        of_block = Cache()
        return [
            {m.name: _sums(m, block, new) for m in some}
            for some, block in zip(
                wanted,
                [Block(p, start, size, of_block) for p in all_pairs],
                strict=True,
            )
        ]

    return sum_blocks(block_sums, num_blocks)


def _sums(measure, block, new):
    numbers = measure.per_sample(block)
    return {
        name: ops.sum(ops.where(new, values, 0.0))
        for name, values in numbers.items()
    }
