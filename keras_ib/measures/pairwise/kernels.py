"""Kernels of Z, X and Y, for all pairs."""

from functools import partial

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.pairwise.blocks import Block, Pairs, Pairwise
from keras_ib.measures.sample.distances import Points
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.variables import Variable

# Rows and widths among which the best aligned width is chosen.
ALIGNED_ROWS = 100
ALIGNED_WIDTHS = 300

# Far below the differences of a sample of huge values, in its unit.
LEAST_WIDTH = 1e-15


def _distance(points, pairs):
    return ops.sqrt(points.mean_distance)


def _silverman(points, pairs):
    n, d = points.rows.shape
    return n ** (-1 / (4 + d))


def _tapia(points, pairs):
    # The mean distance is 2 d times the variance of an element.
    return ops.sqrt(points.mean_distance / 2) * _silverman(points, pairs)


def _alignment(points, pairs):
    rows = min(points.rows.shape[0], ALIGNED_ROWS)
    distances = Points(points.rows[:rows]).distances(0, rows)
    steps = ops.arange(1, ALIGNED_WIDTHS + 1, dtype="float32")
    widths = ops.mean(ops.sqrt(distances)) * steps * (10 / ALIGNED_WIDTHS)
    precisions = 1 / safe_divisor(ops.square(widths))
    kernels = ops.exp(-distances * precisions[:, None, None])
    first = Pairs(pairs.sample.first(rows))
    of_y = Kernels().kernel("y", Block(first, 0, rows))
    aligned = ops.sum(kernels * of_y, axis=(1, 2))
    aligned = aligned / ops.sqrt(ops.sum(ops.square(kernels), axis=(1, 2)))
    # Their kernels are exp(-distance^2 / width^2).
    return ops.take(widths, ops.argmax(aligned)) / 2**0.5


# Rules for the width of a kernel exp(-distance^2 / (2 width^2)), from n rows
# of d elements.
#   distance: the root mean squared distance of two rows.
#   silverman: n^(-1 / (4 + d)), in units of the rows: for standardised ones.
#   tapia: sqrt(d) n^(-1 / (4 + d)) standard deviations: the root of the mean
#     variance, so that the distances stay what they are; theirs standardise
#     the units of dense layers one by one. https://arxiv.org/abs/2005.07783
#   alignment: the one whose kernel is best aligned with that of Y,
#     up to ten mean distances. https://arxiv.org/abs/1909.11396; theirs has
#     widths from 0.3 and a moving average over the iterations besides.
WIDTHS = {
    "distance": _distance,
    "silverman": _silverman,
    "tapia": _tapia,
    "alignment": _alignment,
}


class Kernels(Pairwise):
    """Base of the measures that read kernel matrices.

    Those of X, of Z and of a Y of values are Gaussian; that of classes is 1
    where they are equal and 0 elsewhere, that of labels the share of them
    that are equal.

    Args:
        width: Width of the Gaussian kernels: a number above 0, or a rule of
            `WIDTHS`, for each variable by itself.
        scale: What the width is multiplied by.
        standardise: Whether each column of X, of Z and of a Y of values is
            brought to variance 1, so that none hides the others.
    """

    def __init__(
        self,
        width: float | str = "distance",
        scale: float = 1.0,
        standardise: bool = False,
    ):
        scale = checks.number("scale", scale)
        standardise = checks.flag("standardise", standardise)
        if not isinstance(width, str):
            width = checks.number("width", width)
        is_known = width in WIDTHS if isinstance(width, str) else width > 0
        if not is_known or not scale > 0:
            raise ValueError(
                "A kernel needs a width and a scale above 0. Received: "
                f"{type(self).__name__}(width={width!r}, scale={scale}). Give "
                f"a number or choose a rule of {', '.join(WIDTHS)}."
            )
        self.width = width
        self.scale = scale
        self.standardise = standardise

    def available(
        self, given: frozenset[str], variable: Variable | None
    ) -> dict[str, Field]:
        # A width that looks at Y is none without.
        if self.width == "alignment" and "y" not in given:
            return {}
        return super().available(given, variable)

    def sides(self, sample: Sample) -> str:
        """Which of `"zxy"` the fields of a sample are made of."""
        needs = {n for f in self.fields_of(sample).values() for n in f.needs}
        return "z" + "".join(side for side in "xy" if side in needs)

    def precision(self, pairs: Pairs, side: str) -> Tensor:
        """What squared distances are multiplied by: 1 / (2 width^2).

        Found once for all blocks and all measures of this width.
        """
        width = self.width
        if width == "alignment" and side == "y":
            # What all others are aligned with.
            width = "distance"
        cache = self._cache(pairs, side)
        return cache.cached(
            ("precision", width, self.scale, self.standardise, side),
            lambda: self._precision(pairs, side, width),
        )

    def _precision(self, pairs, side, width):
        is_fixed = width == "silverman" or not isinstance(width, str)
        if isinstance(width, str):
            width = WIDTHS[width](pairs.points(side, self.standardise), pairs)
        width = ops.cast(self.scale * width, "float32")
        if is_fixed and not self.standardise:
            width = ops.maximum(width / pairs.sample.unit(side), LEAST_WIDTH)
        # Points without any distance: any width will do.
        return 0.5 / safe_divisor(ops.square(width))

    def _cache(self, owner, side):
        """Where what is made of a side is kept: Z's is that of all targets."""
        alone = side == "z" and self.width != "alignment"
        return owner.of_z if alone else owner

    def kernels(self, block: Block) -> dict:
        """Kernels `[b, n]` of the `sides`, `{side: kernel}`.

        Made once for all measures of this width.
        """
        return {
            side: self._cache(block, side).cached(
                ("kernel", self.width, self.scale, self.standardise, side),
                partial(self.kernel, side, block),
            )
            for side in self.sides(block.sample)
        }

    def kernel(self, side: str, block: Block) -> Tensor:
        """The kernel `[b, n]` of one side, made anew."""
        kind = block.sample.variable.kind if side == "y" else "values"
        if kind == "classes":
            return block.same_class
        if kind == "labels":
            return _share_of_equal_labels(block)
        precision = self.precision(block.pairs, side)
        distances = block.distances(side, self.standardise)
        return ops.exp(-distances * precision)

    def typical(self, side: str, pairs: Pairs) -> Tensor:
        """A typical entry of the kernel of one side, a scalar."""
        sample = pairs.sample
        kind = sample.variable.kind if side == "y" else "values"
        if kind == "values":
            distance = pairs.points(side, self.standardise).mean_distance
            return ops.exp(-distance * self.precision(pairs, side))
        frequency = ops.mean(sample.y_rows, axis=0)
        if kind == "labels":
            equal = ops.square(frequency) + ops.square(1 - frequency)
            return ops.mean(equal)
        return ops.sum(ops.square(frequency))


def _share_of_equal_labels(block):
    labels = block.sample.y_rows
    mine = block.rows(labels)
    both = ops.matmul(mine, ops.transpose(labels))
    neither = ops.matmul(1 - mine, ops.transpose(1 - labels))
    return (both + neither) / labels.shape[1]
