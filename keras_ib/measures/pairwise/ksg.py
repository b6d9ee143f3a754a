"""Mutual information of Z with X and Y, from nearest neighbours."""

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.counting.symbols import entropy, float_keys
from keras_ib.measures.pairwise.blocks import Block, Pairwise
from keras_ib.measures.pairwise.neighbours import (
    digamma,
    num_within,
    radius,
    scaled_distances,
)
from keras_ib.measures.sample.sample import Sample


class KSG(Pairwise):
    """KSG estimate of I(X;Z) and I(Z;Y), from nearest neighbours.

    For each sample, the distance to its k-th nearest neighbour in X and Z
    together; then how many samples are closer than that in X, and in Z: `psi(n)
    + mean(psi(k) - psi(n_x) - psi(n_z))`, in nats, with psi the digamma
    function and the sample itself counted, the first estimator of [Kraskov,
    Stoegbauer and Grassberger (2004)][1]. For Y of values the same. For
    classes, the k-th nearest neighbour in Z is of the same class, and the
    number of samples of that class takes the place of n_x ([Ross 2014][2]);
    classes of k samples or fewer use what they have, those of one sample are
    left out. A set of labels is a class.

    The distance in X and Z together is the larger of both; within each, the
    estimator allows any norm, and this is the Euclidean one of standardised
    columns, in units of its root mean square. Information does not change where
    a column is scaled, so every column counts alike: a column of large numbers
    hides no other. Without `standardise` the columns keep their scale, and the
    numbers are the same for samples that are rotated in X or in Z.

    Where neighbours are equally far, as among integers or equal samples, k is
    counted like n_x: the samples that truly are closer, or those at no distance
    where the k-th is at none ([Gao et al. 2017][3] have the second case). So a
    constant layer tells nothing of any X; a fixed k would overestimate by up to
    1 nat on tied data such as the corners of a cube.

    **Reads** X, as numbers, and Y of any kind.

    **Fields.** `i_xz`, `i_zy`, estimates, cut at what the sample can show: the
    entropy of which X, which Z and which Y are equal, log n where none are. k =
    1, samples that come again, equal distances or small classes could make them
    exceed it.

    **Fails when** information is large: it takes n to grow as exp(I), and a
    layer that is a smooth function of X has no finite I(X;Z); the number is
    then near psi(n) - psi(k) and grows with n. Weak dependence of many
    dimensions is underestimated, also where most are noise of little variance,
    which counts as much as the others once it is standardised. May be slightly
    below 0. Beyond 16 columns, distances below 1/700 of the norms are below the
    resolution of float32 and count as none: 0.05 nats for samples along a
    curve.

    **Cost.** O(n^2 d), which more than 16 columns share with all pairwise
    measures that standardise as well. Then O(n^2). Memory O(n d) beyond a
    block. For a single column a k-d tree, as in scikit-learn, takes O(n log n)
    and is faster.

    **Source.** [Kraskov, Stoegbauer and Grassberger (2004)][1]; [Ross 2014][2];
    [Gao et al. 2017][3].

    Args:
        num_neighbours: k, at least 1. More neighbours, less variance and
            more bias.
        standardise: Whether each column of X, of Z and of a Y of values is
            brought to variance 1; constant ones are left out.

    Example:
        >>> import numpy as np, keras_ib
        >>> y = np.arange(100) % 2
        >>> z = 10 * y + np.random.default_rng(0).normal(size=100)
        >>> found = keras_ib.measure(z, y=y, measures=["ksg"])
        >>> round(found["ksg"]["i_zy"], 2)  # log(2): far apart.
        0.69

    [1]: https://doi.org/10.1103/PhysRevE.69.066138
    [2]: https://doi.org/10.1371/journal.pone.0087357
    [3]: https://arxiv.org/abs/1709.06212
    """

    name = "ksg"
    fields = {  # noqa: RUF012 - a constant of the class
        name: Field(
            f"{meaning}, neighbours",
            "nats",
            "estimate",
            "all",
            formula,
            needs=(need,),
            reads=reads,
        )
        for name, meaning, formula, need, reads in (
            ("i_xz", "I(X;Z)", "log n", "x", ("x_id",)),
            ("i_zy", "I(Z;Y)", "H(Y)", "y", ()),
        )
    }

    def __init__(self, num_neighbours: int = 3, standardise: bool = True):
        num_neighbours = checks.integer("num_neighbours", num_neighbours)
        standardise = checks.flag("standardise", standardise)
        if num_neighbours < 1:
            raise ValueError(
                "KSG needs at least 1 neighbour. Received: "
                f"num_neighbours={num_neighbours}. Give for example 3, which "
                "is usual."
            )
        self.num_neighbours = num_neighbours
        self.standardise = standardise

    def per_sample(self, block: Block) -> dict:
        fields, k = self.fields_of(block.sample), self.num_neighbours
        z = block.of_z.cached(
            ("scaled distances", self.standardise),
            lambda: scaled_distances(block, "z", self.standardise),
        )
        numbers = {}
        if "i_xz" in fields:
            x = scaled_distances(block, "x", self.standardise)
            numbers["xz"] = _joint_numbers(x, z, k)
        if "i_zy" in fields and block.sample.y_class is None:
            y = scaled_distances(block, "y", self.standardise)
            numbers["zy"] = _joint_numbers(y, z, k)
        elif "i_zy" in fields:
            numbers |= _class_numbers(z, block, k)
        return numbers

    def finalize(self, sums: dict, sample: Sample) -> dict:
        found, limits = self.uncut(sums, sample), ceilings(sample)
        return {
            name: ops.minimum(value, limits[name])
            for name, value in found.items()
        }

    def uncut(self, sums: dict, sample: Sample) -> dict:
        """The estimates as they are, above what the sample can show or not."""
        n = sample.num_rows
        found = {}
        if "xz" in sums:
            found["i_xz"] = digamma(n, n) + sums["xz"] / n
        if "kept" in sums:
            kept = sums["kept"]
            i_zy = digamma(kept, n) + sums["zy"] / ops.maximum(kept, 1.0)
            found["i_zy"] = i_zy
        elif "zy" in sums:
            found["i_zy"] = digamma(n, n) + sums["zy"] / n
        return found


def ceilings(sample: Sample) -> dict:
    """What the samples can show of X and Y at most: those that differ.

    Returns:
        `{field: scalar}`, nats. O(n log n).
    """
    h_z = entropy(float_keys(sample.z))
    found = {}
    if sample.x is not None:
        x = sample.x_id
        found["i_xz"] = entropy(float_keys(sample.x) if x is None else x)
    if sample.y is not None:
        y = sample.y_class
        found["i_zy"] = entropy(float_keys(sample.y_rows) if y is None else y)
    return {name: ops.minimum(value, h_z) for name, value in found.items()}


def _joint_numbers(x, z, num_neighbours):
    """`psi(k) - psi(n_x) - psi(n_z)` of each row."""
    both = ops.maximum(x, z)
    limit = radius(both, num_neighbours)
    k, n_x, n_z = (
        digamma(num_within(distances, limit), x.shape[1])
        for distances in (both, x, z)
    )
    return k - n_x - n_z


def _class_numbers(z, block, num_neighbours):
    """`psi(k) - psi(n_y) - psi(m)` of each row that is not alone in its class.

    `kept` is 1 for these rows; the others are not counted in m either.
    """
    one_hot = block.sample.one_hot
    sizes = ops.sum(one_hot * ops.sum(one_hot, axis=0), axis=1)
    within = ops.where(block.same_class > 0, z, float("inf"))
    kept = ops.where(sizes > 1, z, float("inf"))
    limit = radius(within, num_neighbours)
    size = ops.sum(block.same_class, axis=1)
    k, n_y, m = (
        digamma(counts, z.shape[1])
        for counts in (num_within(within, limit), size, num_within(kept, limit))
    )
    return {
        "kept": ops.cast(size > 1, "float32"),
        "zy": ops.where(size > 1, k - n_y - m, 0.0),
    }
