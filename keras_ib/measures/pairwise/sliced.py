"""Mutual information of Z with X and Y in random slices of few dimensions."""

from keras import ops
import numpy as np

from keras_ib import checks
from keras_ib.measures.base import Field, Measure
from keras_ib.measures.pairwise.blocks import pair_sums
from keras_ib.measures.pairwise.ksg import KSG, ceilings
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.values import inverse_deviation
from keras_ib.measures.sample.variables import Variable

SEEDS = {"z": 0, "x": 1, "y": 2}


class Sliced(Measure):
    """Sliced mutual information: the mean of I in random projections.

    X and Z, and a Y of values, are projected to k random orthonormal directions
    each, and `KSG` estimates the mutual information of the projections; the
    mean over such slices is the k-sliced mutual information ([Goldfeld and
    Greenewald 2021][1]; of k dimensions, [Goldfeld et al. 2022][2]), in nats.
    For classes and sets of labels, Z alone is projected. Where the estimate of
    I itself needs exp(d) samples, this one converges as those of k dimensions
    do.

    **Reads** X, as numbers, and Y of any kind.

    **Fields.** `i_xz`, `i_zy`, estimates with the ceilings log n, of the
    samples that are used, and H(Y); `i_xz_se`, `i_zy_se`, their standard errors
    over the slices, for the samples at hand.

    **Fails when** taken for I(X;Z): it is at most that, 0 exactly for
    independence, but processing may make it larger. It goes to 0 as dimensions
    grow, so layers of different widths do not compare. Directions are drawn
    once and for all, the same in every run and at every step, and those of X
    and Y independently of those of Z. Otherwise fails as `KSG` does in k
    dimensions.

    **Cost.** O(num_slices m (m k + d)) for m = min(n, max_rows): the first
    samples are used alone. Memory O(m^2) for a slice; TensorFlow may work on
    ten.

    **Source.** [Goldfeld and Greenewald 2021][1]; [Goldfeld et al. 2022][2].

    Args:
        num_slices: Number of projections, at least 2.
        num_dimensions: k; where a variable has fewer columns, all of them.
        num_neighbours: As for `KSG`.
        max_rows: Largest number of samples.
        standardise: Whether each column of X, of Z and of a Y of values is
            brought to variance 1 before it is projected, so that none hides
            the others; constant ones are left out.

    Example:
        >>> import numpy as np, keras_ib
        >>> y = np.arange(60) % 2
        >>> z = 50 * y[:, None] + np.random.default_rng(0).normal(size=(60, 1))
        >>> few = keras_ib.measures.Sliced(num_slices=4)
        >>> found = keras_ib.measure(z, y=y, measures=[few])
        >>> round(found["sliced"]["i_zy"], 2)
        0.69

    [1]: https://arxiv.org/abs/2110.05279
    [2]: https://arxiv.org/abs/2206.08526
    """

    name = "sliced"

    def __init__(
        self,
        num_slices: int = 64,
        num_dimensions: int = 1,
        num_neighbours: int = 3,
        max_rows: int = 512,
        standardise: bool = True,
    ):
        num_slices = checks.integer("num_slices", num_slices)
        num_dimensions = checks.integer("num_dimensions", num_dimensions)
        num_neighbours = checks.integer("num_neighbours", num_neighbours)
        max_rows = checks.integer("max_rows", max_rows)
        standardise = checks.flag("standardise", standardise)
        if num_slices < 2 or num_dimensions < 1 or max_rows < 2:
            raise ValueError(
                "Sliced needs at least 2 slices of at least 1 dimension, and "
                f"at least 2 samples. Received: num_slices={num_slices}, "
                f"num_dimensions={num_dimensions}, max_rows={max_rows}. Give "
                "for example 64, 1 and 512."
            )
        self.num_slices = num_slices
        self.num_dimensions = num_dimensions
        self.num_neighbours = KSG(num_neighbours).num_neighbours
        self.max_rows = max_rows
        self.standardise = standardise

    @property
    def fields(self) -> dict[str, Field]:
        def field(meaning, need, formula=None):
            return Field(
                meaning,
                "nats",
                "estimate",
                "all",
                formula,
                self.max_rows,
                needs=(need,),
                reads=("x_id",) if need == "x" else (),
            )

        return {
            "i_xz": field("I(X;Z), mean over slices", "x", "log n"),
            "i_xz_se": field("standard error of i_xz over slices", "x"),
            "i_zy": field("I(Z;Y), mean over slices", "y", "H(Y)"),
            "i_zy_se": field("standard error of i_zy over slices", "y"),
        }

    def compute(self, sample: Sample) -> dict:
        measure = KSG(self.num_neighbours, standardise=False)
        slices = self._slices(sample)
        y_class = sample.y_class
        classes = None if y_class is None else y_class[: self.max_rows]

        def information(slices):
            named = {"y": classes} | dict(zip(names, slices, strict=True))
            projected = Sample(
                **named,
                y_class=classes,
                num_fit=slices[0].shape[0],
                variable=_of_slices(sample.variable),
            )
            (sums,) = pair_sums([measure], [projected])
            found = measure.uncut(sums[measure.name], projected)
            return {
                name: ops.minimum(value, limits[name])
                for name, value in found.items()
            }

        names = tuple(slices)
        # Samples that are equal stay equal in every slice.
        limits = ceilings(sample.first(min(sample.num_rows, self.max_rows)))
        found = ops.map(information, tuple(slices.values()))
        return {
            f"{name}{suffix}": number
            for name, values in found.items()
            for suffix, number in _mean_and_error(values).items()
        }

    def _slices(self, sample):
        """Projections of Z and, where they are numbers, of X and Y."""
        sides = {"z": sample.centred}
        if "i_xz" in self.fields_of(sample):
            sides["x"] = sample.centred_x
        if sample.variable is not None and sample.variable.kind == "values":
            sides["y"] = sample.values("y").all
        return {
            side: self.slices(rows[: self.max_rows], SEEDS[side])
            for side, rows in sides.items()
        }

    def slices(self, rows: Tensor, seed: int) -> Tensor:
        """`[num_slices, n, k]` projections of the rows `[n, d]`."""
        if self.standardise and rows.shape[1] > 1:
            rows = rows * inverse_deviation(rows)
        frames = directions(
            rows.shape[1], self.num_dimensions, self.num_slices, seed
        )
        return ops.einsum("nd,sdk->snk", rows, ops.convert_to_tensor(frames))


def directions(
    num_columns: int, num_dimensions: int, num_slices: int, seed: int
) -> Tensor:
    """Random orthonormal directions `[num_slices, num_columns, k]`, float32.

    Uniform but for their signs, which no distance depends on.
    """
    shape = num_slices, num_columns, min(num_dimensions, num_columns)
    normal = np.random.default_rng(seed).normal(size=shape)
    return np.linalg.qr(normal)[0].astype("float32")


def _of_slices(variable):
    """Sets of labels are classes: those of all labels have no projection."""
    if variable is None or variable.kind == "values":
        return variable
    return Variable("classes", variable.num_symbols)


def _mean_and_error(values):
    error = ops.std(values) / (values.shape[0] - 1) ** 0.5
    return {"": ops.mean(values), "_se": error}
