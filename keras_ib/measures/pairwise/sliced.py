"""Mutual information of Z with X and Y in random slices of few dimensions."""

from keras import ops
import numpy as np

from keras_ib.measures.base import Field, Measure
from keras_ib.measures.pairwise.ksg import KSG
from keras_ib.measures.sample.sample import Sample


class Sliced(Measure):
    """k-sliced mutual information: the mean of I in random projections.

    X and Z are projected to k random orthonormal directions each, and `KSG`
    reads the mutual information of the projections; the mean over such slices
    is the sliced mutual information ([Goldfeld and Greenewald 2021][1]; of k
    dimensions, [Goldfeld et al. 2022][2]), in nats. For labels, Z alone is
    projected. Where the estimate of I itself needs exp(d) rows, this one
    converges as those of k dimensions do.

    Not I(X;Z), but at most that: 0 exactly for independence, but processing
    may make it larger. It goes to 0 as dimensions grow, so layers of
    different widths do not compare. Directions are drawn once and for all,
    the same in every run and at every step, and those of X independently of
    those of Z. Otherwise fails as `KSG` does in k dimensions.

    Fields: `i_xz`, `i_zy`, estimates with the ceilings log n, of the rows
    that are used, and H(Y); `i_xz_se`, `i_zy_se`, their standard errors over
    the slices, for the rows at hand.

    Cost: O(num_slices m (m k + d)) for m = min(n, max_rows): the first rows
    are used alone. Memory O(m^2) for a slice; TensorFlow may work on ten.

    Args:
        num_slices: Number of projections, at least 2.
        num_dimensions: k; where X or Z has fewer columns, all of them.
        num_neighbours: As for `KSG`.
        max_rows: Largest number of rows.

    [1]: https://arxiv.org/abs/2110.05279
    [2]: https://arxiv.org/abs/2206.08526
    """

    name = "sliced"
    needs = ("x", "y")

    def __init__(
        self,
        num_slices: int = 64,
        num_dimensions: int = 1,
        num_neighbours: int = 3,
        max_rows: int = 512,
    ):
        if num_slices < 2 or num_dimensions < 1 or max_rows < 2:
            raise ValueError(
                f"Sliced(num_slices={num_slices}, num_dimensions="
                f"{num_dimensions}, max_rows={max_rows}) needs at least 2 "
                "slices of at least 1 dimension, and at least 2 rows."
            )
        self.num_slices = num_slices
        self.num_dimensions = num_dimensions
        self.num_neighbours = KSG(num_neighbours).num_neighbours
        self.max_rows = max_rows

    @property
    def fields(self):
        def field(meaning, formula=None):
            return Field(
                meaning, "nats", "estimate", "all", formula, self.max_rows
            )

        return {
            "i_xz": field("I(X;Z), mean over slices", "log n"),
            "i_xz_se": field("standard error of i_xz over slices"),
            "i_zy": field("I(Z;Y), mean over slices", "H(Y)"),
            "i_zy_se": field("standard error of i_zy over slices"),
        }

    def compute(self, sample):
        measure = KSG(self.num_neighbours)
        labels = sample.y[: self.max_rows]

        def read(slices):
            z, x = slices
            projected = Sample(
                z,
                x,
                y=labels,
                num_fit=z.shape[0],
                num_classes=sample.num_classes,
            )
            return measure.compute(projected)

        z = self.slices(sample.centred[: self.max_rows], seed=0)
        x = self.slices(sample.centred_x[: self.max_rows], seed=1)
        found = ops.map(read, (z, x))
        return {
            f"{name}{suffix}": number
            for name, values in found.items()
            for suffix, number in _mean_and_error(values).items()
        }

    def slices(self, rows, seed):
        """`[num_slices, n, k]` projections of the rows `[n, d]`."""
        frames = directions(
            rows.shape[1], self.num_dimensions, self.num_slices, seed
        )
        return ops.einsum("nd,sdk->snk", rows, ops.convert_to_tensor(frames))


def directions(num_columns, num_dimensions, num_slices, seed):
    """Random orthonormal directions `[num_slices, num_columns, k]`, float32.

    Uniform but for their signs, which no distance depends on.
    """
    shape = num_slices, num_columns, min(num_dimensions, num_columns)
    normal = np.random.default_rng(seed).normal(size=shape)
    return np.linalg.qr(normal)[0].astype("float32")


def _mean_and_error(values):
    error = ops.std(values) / (values.shape[0] - 1) ** 0.5
    return {"": ops.mean(values), "_se": error}
