"""Noise that a layer adds, and how likely it makes one row another's reading.

noise = Noise("additive", 0.1)
channel(noise, sample).log_ratios(block)    # log p(z_i|f_j) / p(z_i|f_i)
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import keras
from keras import ops

from keras_ib.measures.counting.symbols import float_keys, row_keys
from keras_ib.measures.pairwise.blocks import Block
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.sample import Sample

# Any number but the usual ones: data and weights that were drawn from the
# same seed would be the noise itself.
SEED = 52_711

# Multiplied, a unit counts as at least so much of the largest one, so that
# the square of its inverse is finite.
LEAST = 1e-18
# Where Z is so large that the noise counts for nothing.
LEAST_STDDEV = 1e-18


class Noise(NamedTuple):
    """Gaussian noise, independent in every unit of every row.

    Attributes:
        kind: `"additive"`, Z = f(X) + E, as by `keras.layers.GaussianNoise`,
            or `"multiplicative"`, Z = f(X) * (1 + E), as by
            `keras.layers.GaussianDropout`.
        stddev: Standard deviation of E: in units of Z, or a pure number.
    """

    kind: Literal["additive", "multiplicative"]
    stddev: float


def channel(
    noise: Noise | None, sample: Sample
) -> "Silent | Additive | Multiplicative":
    """What turns the rows f of a sample into noisy readings z.

    The result has `log_ratios(block)`: for a few draws of the noise `[b, n]`
    logarithms of `p(z_i | f_j) / p(z_i | f_i)`, exactly 0 where j is i. The
    draws of a row are a draw and its opposite, which costs nothing more and
    averages out what is odd in the noise. They are the same at every call.

    Args:
        noise: A `Noise`, or None.
        sample: A `Sample`, of which `z` is f.
    """
    if noise is None or noise.stddev == 0:
        return Silent(sample)
    return CHANNELS[noise.kind](sample, noise.stddev)


class Silent:
    """No noise: a reading is that of all rows which are the same, bit by bit.

    Memory: two integers a unit for the first block, two a row afterwards.
    """

    def __init__(self, sample: Sample):
        self.keys = float_keys(sample.z)

    def log_ratios(self, block: Block) -> list:
        return [ops.where(_equal(self.keys, block), 0.0, -float("inf"))]


class Additive:
    """Readings f + s e. Two products of all pairs; the draws are a copy of Z.

    `|z_i - f_j|^2 = D_ij + 2 s e_i.(f_i - f_j) + s^2 |e_i|^2`, with the
    distances D that pairwise measures share; the last term is every row's.
    """

    def __init__(self, sample: Sample, stddev: float):
        self.rows = sample.centred
        self.noise = _draws(sample)
        self.stddev = ops.maximum(stddev / sample.unit("z"), LEAST_STDDEV)

    def log_ratios(self, block: Block) -> list:
        noise = _of_block(self.noise, block)
        mine = ops.sum(noise * _of_block(self.rows, block), axis=1)
        along = mine[:, None] - ops.matmul(noise, ops.transpose(self.rows))
        away = block.z / (2 * self.stddev)
        return [
            ops.where(block.z > 0, (sign * along - away) / self.stddev, 0.0)
            for sign in (1, -1)
        ]


class Multiplicative:
    """Readings f * (1 + s e). Four products of all pairs, four copies of Z.

    The logarithm of the density of z_i about f_j is
    `-sum((z_i / f_j - 1)^2) / (2 s^2) - sum(log |f_j|)`, but for constants,
    over the units of f_j that are not 0. Those that are 0 stay 0: a row can
    only be read as one that is 0 in the same units.
    """

    def __init__(self, sample: Sample, stddev: float):
        # Any unit of Z does: the noise is in proportion.
        z = sample.z_as_given
        rows = z / safe_divisor(ops.max(ops.abs(z)))
        active = rows != 0
        size = ops.where(active, ops.maximum(ops.abs(rows), LEAST), 1.0)
        self.rows = ops.sign(rows) * size
        self.inverse = ops.sign(rows) / size
        self.log_size = ops.sum(ops.log(size), axis=1)
        self.keys = float_keys(sample.z)
        self.active_keys = row_keys(ops.cast(active, "int32"))
        self.noise = _draws(sample)
        self.stddev = stddev

    def log_ratios(self, block: Block) -> list:
        size = ops.slice(self.log_size, (block.start,), (block.size,))
        sizes = size[:, None] - self.log_size
        same = _equal(self.keys, block)
        possible = _equal(self.active_keys, block)

        def log_ratio(sign):
            less = self._misfit(sign, block) / (2 * self.stddev) / self.stddev
            less = ops.where(possible, sizes - less, -float("inf"))
            return ops.where(same, 0.0, less)

        return [log_ratio(sign) for sign in (1, -1)]

    def _misfit(self, sign, block):
        """`sum((z_i / f_j - 1)^2)`, less what it is for j = i."""
        rows = _of_block(self.rows, block)
        noise = self.stddev * sign * _of_block(self.noise, block)
        z = rows * (1 + noise)
        others = ops.transpose(self.inverse)
        squares = ops.matmul(ops.square(z), ops.square(others))
        own = ops.where(rows != 0, ops.square(noise) - 1, 0.0)
        own = ops.sum(own, axis=1, keepdims=True)
        return squares - 2 * ops.matmul(z, others) - own


CHANNELS: dict[str, Callable] = {
    "additive": Additive,
    "multiplicative": Multiplicative,
}


def _draws(sample):
    """Standard normal `[n, d]`, always the same ones; XLA has its own.

    Of all rows, so that a row's do not depend on the block it is in.
    """
    return keras.random.normal(sample.z.shape, dtype="float32", seed=SEED)


def _of_block(rows, block):
    return ops.slice(rows, (block.start, 0), (block.size, rows.shape[1]))


def _equal(keys, block):
    """Whether `[b, n]` the keys of two rows are the same."""
    # Column by column: to reduce over pairs takes ten times as long.
    first, second = (
        ops.slice(key, (block.start,), (block.size,))[:, None] == key
        for key in ops.unstack(keys, axis=1)
    )
    return ops.logical_and(first, second)
