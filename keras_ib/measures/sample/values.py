"""Numbers that are decoded from Z: X, or a Y of values, in blocks of columns.

An input of 150,000 pixels has no second copy: each block is brought about its
mean, and mixed, when it is its turn.
"""

from functools import cached_property
from typing import Literal

from keras import ops

from keras_ib.measures.sample.numerics import safe_divisor, sum_blocks
from keras_ib.measures.sample.operations import Tensor

# Columns of a block: its temporaries are small beside the whole, and its
# matrix products large enough.
BLOCK_COLUMNS = 4096
# Columns beyond this number are mixed down to it, by random signs, for the
# choice of the penalty alone.
NUM_MIXTURES = 128
SIGNS_A_HASH = 32
# Columns are one, up to scale and sign, if so many random mixtures of their
# samples are. Rounding moves these by less than the tolerance, and columns
# that differ do not agree in all of them.
NUM_PROBES = 8
SAME = 1e-4


class Values:
    """Numbers about the mean of the fit samples.

    Args:
        rows: `[n, p]` float32.
        num_fit: Number of fit samples, which come first.
        scale: `"none"`, or `"columns"`: each is divided by its standard
            deviation over the fit samples, and constant ones become 0.
        given_in: What the rows are in units of.
    """

    def __init__(
        self,
        rows: Tensor,
        num_fit: int,
        scale: Literal["none", "columns"] = "none",
        given_in: Tensor = 1.0,
    ):
        self.given_in = given_in if scale == "none" else 1.0
        self.rows = rows
        self.num_fit = num_fit
        self.scale = scale
        self.num_blocks = -(-self.width // BLOCK_COLUMNS)

    @property
    def width(self) -> int:
        """Number of columns, p."""
        return self.rows.shape[1]

    @cached_property
    def all(self) -> Tensor:
        """`[n, p]`, a copy."""
        return self._scaled(centre(self.rows, self.num_fit))

    @cached_property
    def unit(self) -> Tensor:
        """Root of the mean variance over the fit samples, or 1."""
        return root_mean_square(self.all[: self.num_fit])

    def block(self, place: Tensor) -> Tensor:
        """`[n, b]`, some columns; 0 in place of those of an earlier block."""
        if self.num_blocks == 1:
            return self.all
        columns = self._columns(place)
        # A plain 0 would be an int64 where there is float64.
        start = ops.zeros_like(columns[0]), columns[0]
        shape = self.rows.shape[0], BLOCK_COLUMNS
        rows = centre(ops.slice(self.rows, start, shape), self.num_fit)
        is_new = columns >= place * BLOCK_COLUMNS
        return ops.where(is_new, self._scaled(rows), 0.0)

    def num_columns(self) -> Tensor:
        """How many columns count: all, or those that are not constant."""
        if self.scale == "none":
            return self.width

        def num_varying(place):
            fit = self.block(place)[: self.num_fit]
            varies = ops.any(fit != 0, axis=0)
            return ops.sum(ops.cast(varies, "float32"))

        return ops.maximum(sum_blocks(num_varying, self.num_blocks), 1.0)

    @cached_property
    def num_distinct(self) -> Tensor:
        """How many columns hold something that no other column holds.

        Constant columns do not count over the fit samples, and columns that
        are multiples of each other count once. Time O(num_fit p).
        """

        def probes_of(place):
            columns = self._columns(place)
            start = ops.zeros_like(columns[0]), columns[0]
            return ops.slice_update(
                ops.zeros((NUM_PROBES, self.width)),
                start,
                _probes(self.block(place)[: self.num_fit]),
            )

        probes = sum_blocks(probes_of, self.num_blocks)
        probes = ops.take(probes, ops.argsort(probes[0]), axis=1)
        varies = ops.any(probes != 0, axis=0)
        steps = ops.abs(probes[:, 1:] - probes[:, :-1])
        is_new = ops.concatenate([varies[:1], ops.any(steps > SAME, axis=0)])
        is_new = ops.logical_and(is_new, varies)
        return ops.maximum(ops.sum(ops.cast(is_new, "float32")), 1.0)

    def mixed_fit(self) -> Tensor:
        """`[num_fit, min(p, 128)]`: mixtures of the columns of fit samples.

        The squared norm of such a mixture is that of the sample, in
        expectation, so errors summed over mixtures rank penalties as errors
        over all columns do. The columns themselves where they are few.
        """
        if self.width <= NUM_MIXTURES:
            return self.all[: self.num_fit]

        def mixed(place):
            fit = self.block(place)[: self.num_fit]
            return ops.matmul(fit, random_signs(self._columns(place)))

        return sum_blocks(mixed, self.num_blocks)

    def _columns(self, place):
        """Numbers of the columns of a block: the last one ends at the last."""
        size = min(self.width, BLOCK_COLUMNS)
        start = ops.minimum(place * size, self.width - size)
        return ops.cast(start, "int32") + ops.arange(size, dtype="int32")

    def _scaled(self, centred):
        if self.scale == "none":
            return centred
        deviation = ops.sqrt(
            ops.mean(ops.square(centred[: self.num_fit]), axis=0)
        )
        return ops.where(deviation > 0, centred / safe_divisor(deviation), 0.0)


def _probes(fit):
    """`[NUM_PROBES, b]`, random mixtures of the samples of each column.

    Of columns of norm 1, with the sign that makes the first one positive; 0
    where a column is constant.
    """
    places = ops.arange(NUM_PROBES * fit.shape[0], dtype="int32")
    weights = ops.cast(_hash(places), "float32") / 2.0**31
    norm = ops.sqrt(ops.sum(ops.square(fit), axis=0))
    mixtures = ops.matmul(
        ops.reshape(weights, (NUM_PROBES, -1)), fit / safe_divisor(norm)
    )
    return mixtures * ops.sign(mixtures[:1])


def random_signs(columns: Tensor) -> Tensor:
    """`[b, NUM_MIXTURES]` of -1 and 1, by a hash of the columns' numbers.

    The same bits on every backend: they are not a constant of the graph,
    which would be as large as 128 samples of X, but integer arithmetic.

    Args:
        columns: `[b]` int32.
    """
    words = NUM_MIXTURES // SIGNS_A_HASH
    numbers = columns[:, None] * words + ops.arange(words, dtype="int32")
    shifts = ops.arange(SIGNS_A_HASH, dtype="int32")
    bits = ops.right_shift(_hash(numbers)[:, :, None], shifts)
    signs = 1 - 2 * ops.bitwise_and(bits, 1)
    return ops.cast(ops.reshape(signs, (-1, NUM_MIXTURES)), "float32")


def _hash(numbers):
    """A mix of the bits of int32, modulo 2**32.

    Constants by Chris Wellons, https://nullprogram.com/blog/2018/07/31/, the
    second one as the negative number of the same bits.
    """
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B - 2**32)):
        numbers = _shifted(numbers, shift) * factor
    return _shifted(numbers, 16)


def _shifted(numbers, shift):
    # A shift of a negative number to the right fills up with ones.
    high = ops.right_shift(numbers, shift)
    high = ops.bitwise_and(high, 2 ** (32 - shift) - 1)
    return ops.bitwise_xor(numbers, high)


def centre(rows: Tensor, num_fit: int) -> Tensor:
    """Subtracts the mean of the fit samples, exactly enough for float32.

    The first row goes first: its differences to the other rows are exact to
    the last bit where the rows share a large mean, and the mean of what is
    left has no digits to lose.
    """
    rows = rows - rows[:1]
    return rows - ops.mean(rows[:num_fit], axis=0, keepdims=True)


def inverse_deviation(rows: Tensor) -> Tensor:
    """`[d]`, what brings each column to variance 1; 0 for constant ones.

    A column that varies by no more than the rounding of its largest value is
    constant.

    Args:
        rows: `[n, d]` float32.
    """
    centred = centre(rows, rows.shape[0])
    deviation = ops.sqrt(ops.mean(ops.square(centred), axis=0))
    rounding = 2.0**-22 * ops.max(ops.abs(rows), axis=0)
    varies = deviation > rounding
    return ops.where(varies, 1 / safe_divisor(deviation), 0.0)


def root_mean_square(rows: Tensor) -> Tensor:
    """One number for all columns, so that what they are to each other stays.

    1 where all are 0.
    """
    return ops.sqrt(safe_divisor(ops.mean(ops.square(rows))))
