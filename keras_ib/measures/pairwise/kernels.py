"""Gaussian kernels of X and Z and the kernel of the labels, for all pairs."""

from keras import ops

from keras_ib.measures.pairwise.blocks import Pairwise
from keras_ib.measures.sample.distances import Points
from keras_ib.measures.sample.numerics import safe_divisor

# Rows and widths among which the best aligned width is chosen.
ALIGNED_ROWS = 100
ALIGNED_WIDTHS = 300


def _distance(points, y):
    return ops.sqrt(points.mean_distance)


def _silverman(points, y):
    n, d = points.rows.shape
    return n ** (-1 / (4 + d))


def _tapia(points, y):
    # The mean distance is 2 d times the variance of an element.
    return ops.sqrt(points.mean_distance / 2) * _silverman(points, y)


def _alignment(points, y):
    rows = min(points.rows.shape[0], ALIGNED_ROWS)
    distances = Points(points.rows[:rows]).distances(0, rows)
    steps = ops.arange(1, ALIGNED_WIDTHS + 1, dtype="float32")
    widths = ops.mean(ops.sqrt(distances)) * steps * (10 / ALIGNED_WIDTHS)
    precisions = 1 / safe_divisor(ops.square(widths))
    kernels = ops.exp(-distances * precisions[:, None, None])
    same = ops.cast(y[:rows, None] == y[:rows], "float32")
    aligned = ops.sum(kernels * same, axis=(1, 2))
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
#   alignment: the one whose kernel is best aligned with that of the labels,
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

    Args:
        width: Width of the kernels of X and Z: a number above 0, or a rule of
            `WIDTHS`, for each of the two by itself.
        scale: What the width is multiplied by.
    """

    needs = ("x", "y")

    def __init__(self, width: float | str = "distance", scale: float = 1.0):
        is_rule = isinstance(width, str) and width in WIDTHS
        is_number = not isinstance(width, str) and width > 0
        if not (is_rule or is_number) or not scale > 0:
            raise ValueError(
                f"{type(self).__name__}(width={width!r}, scale={scale}) has no "
                "kernel: give a width above 0 or one of the rules "
                f"{', '.join(WIDTHS)}, and a scale above 0."
            )
        self.width = width
        self.scale = scale

    def precision(self, pairs, side):
        """What squared distances are multiplied by: 1 / (2 width^2).

        Found once for all blocks and all measures of this width.
        """
        key = (self.width, self.scale, side)
        if key not in pairs.shared:
            width = self.width
            if isinstance(width, str):
                width = WIDTHS[width](getattr(pairs, side), pairs.sample.y)
            square = ops.square(ops.cast(self.scale * width, "float32"))
            # Points without any distance: any width will do.
            pairs.shared[key] = 0.5 / safe_divisor(square)
        return pairs.shared[key]

    def kernels(self, block) -> tuple:
        """Kernels `[b, n]` of Z, X and Y.

        Made once for all measures of this width.
        """
        key = (self.width, self.scale)
        if key not in block.shared:
            block.shared[key] = (
                ops.exp(-block.z * self.precision(block.pairs, "z")),
                ops.exp(-block.x * self.precision(block.pairs, "x")),
                block.same_label,
            )
        return block.shared[key]
