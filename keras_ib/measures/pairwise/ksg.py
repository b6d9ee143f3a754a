"""Mutual information of Z with X and Y, from nearest neighbours."""

from collections.abc import Mapping

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.counting.symbols import entropy, float_keys
from keras_ib.measures.pairwise.blocks import Block, Pairwise
from keras_ib.measures.pairwise.neighbours import (
    NEAR_IN_TIME,
    apart_in_time,
    digamma,
    nearest_in_time,
    num_within,
    radius,
    scaled_distances,
)
from keras_ib.measures.sample.sample import Sample

# Beyond this share of nearest neighbours in time they are warned of; of
# independent samples it is some 2 %.
MOST_IN_TIME = 0.5


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
    exceed it. `in_time`, the share of samples whose nearest neighbour in Z
    stands within 1 % of all the time of theirs; above one half is warned of.

    **Fails when** information is large: it takes n to grow as exp(I), and a
    layer that is a smooth function of X has no finite I(X;Z); the number is
    then near psi(n) - psi(k) and grows with n. Weak dependence of many
    dimensions is underestimated, also where most are noise of little variance,
    which counts as much as the others once it is standardised. May be slightly
    below 0. Beyond 16 columns, distances below 1/700 of the norms are below the
    resolution of float32 and count as none: 0.05 nats for samples along a
    curve. Samples in time that remember each other look like information:
    `theiler` leaves out what is near in time.

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
        theiler: For samples in time ([Theiler 1986][4]): those that stand
            fewer rows apart in the data given are no neighbours and are not
            counted. Take what it takes them to forget each other.

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
    [4]: https://doi.org/10.1103/PhysRevA.34.2427
    """

    name = "ksg"
    own_fields = {
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
    } | {
        "in_time": Field(
            "share of nearest neighbours that are near in time",
            "1",
            "estimate",
            "all",
            needs=("time",),
            is_check=True,
        )
    }

    def __init__(
        self,
        num_neighbours: int = 3,
        standardise: bool = True,
        theiler: int = 0,
    ):
        num_neighbours = checks.integer("num_neighbours", num_neighbours)
        standardise = checks.flag("standardise", standardise)
        theiler = checks.integer("theiler", theiler)
        if num_neighbours < 1 or not 0 <= theiler < 2**31:
            raise ValueError(
                "KSG needs at least 1 neighbour and a window from 0. "
                f"Received: num_neighbours={num_neighbours}, "
                f"theiler={theiler}. Give for example 3 neighbours, which is "
                "usual."
            )
        self.num_neighbours = num_neighbours
        self.standardise = standardise
        self.theiler = theiler

    def per_sample(self, block: Block) -> dict:
        fields, k = self.fields_of(block.sample), self.num_neighbours
        z = self._distances(block, "z")
        numbers = {}
        if "i_xz" in fields:
            numbers["xz"] = _joint_numbers(self._distances(block, "x"), z, k)
        if "i_zy" in fields and block.sample.y_class is None:
            numbers["zy"] = _joint_numbers(self._distances(block, "y"), z, k)
        elif "i_zy" in fields:
            numbers |= _class_numbers(z, block, k)
        if "in_time" in fields:
            numbers["in_time"] = nearest_in_time(z, block)
        return numbers

    def _distances(self, block, side):
        """Squared distances `[b, n]`; infinite to what is no candidate."""
        cache = block.of_z if side == "z" else block
        return cache.cached(
            ("candidates", side, self.standardise, self.theiler),
            lambda: apart_in_time(
                scaled_distances(block, side, self.standardise),
                block,
                self.theiler,
            ),
        )

    def finalize(self, sums: dict, sample: Sample) -> dict:
        limits = ceilings(sample)
        found = {
            name: ops.minimum(value, limits[name])
            for name, value in self.uncut(sums, sample).items()
        }
        if "in_time" in sums:
            found["in_time"] = sums["in_time"] / sample.num_rows
        return found | self.checked(sample)

    def caution(self, values: Mapping[str, float]) -> str | None:
        share = values.get("in_time", 0)
        if not share > MOST_IN_TIME:
            return super().caution(values)
        return (
            f"{share:.0%} of the samples have their nearest neighbour within "
            f"{NEAR_IN_TIME:.0%} of the time, so {self.name} takes what lasts "
            "for information. If rows are samples in time, give KSG(theiler=w) "
            "the number of rows after which they are independent, and "
            'split="blocks" to InfoPlane.'
        )

    def uncut(self, sums: dict, sample: Sample) -> dict:
        """The estimates as they are, above what the sample can show or not."""
        n = sample.num_rows
        found = {}
        if "xz" in sums:
            found["i_xz"] = sums["xz"] / n
        if "zy" in sums:
            kept = ops.maximum(sums["kept"], 1.0) if "kept" in sums else n
            found["i_zy"] = sums["zy"] / kept
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
    """`psi(n) + psi(k) - psi(n_x) - psi(n_z)` of each row."""
    both = ops.maximum(x, z)
    limit = radius(both, num_neighbours)
    k, n_x, n_z = (
        digamma(num_within(distances, limit), x.shape[1])
        for distances in (both, x, z)
    )
    return digamma(num_within(z, float("inf")), x.shape[1]) + k - n_x - n_z


def _class_numbers(z, block, num_neighbours):
    """`psi(n) + psi(k) - psi(n_y) - psi(m)` of rows not alone in their class.

    `kept` is 1 for these rows; the others are not counted in n and m either.
    """
    one_hot = block.sample.one_hot
    sizes = ops.sum(one_hot * ops.sum(one_hot, axis=0), axis=1)
    within = ops.where(block.same_class > 0, z, float("inf"))
    kept = ops.where(sizes > 1, z, float("inf"))
    limit = radius(within, num_neighbours)
    size = num_within(within, float("inf"))
    n, k, n_y, m = (
        digamma(counts, z.shape[1])
        for counts in (
            num_within(kept, float("inf")),
            num_within(within, limit),
            size,
            num_within(kept, limit),
        )
    )
    return {
        "kept": ops.cast(size > 1, "float32"),
        "zy": ops.where(size > 1, n + k - n_y - m, 0.0),
    }
