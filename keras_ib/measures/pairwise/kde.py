"""Bounds on the mutual information of Z with Gaussian noise, from pairs."""

from dataclasses import replace
import math
from typing import Literal

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.pairwise.blocks import Block, Pairwise
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample

# Of the noise, where Z is so large that it counts for nothing.
LEAST_VARIANCE = 1e-35


class KDE(Pairwise):
    """Kolchinsky-Tracey bounds on I(X; Z + noise), from pairwise distances.

    With the probe samples equally likely, Z + noise is a mixture of as many
    Gaussians, and Z + noise of one X a mixture of those of its samples; their
    entropies [Kolchinsky and Tracey (2017)][1] bound from both sides. The
    noise is this measure's own: where Z is a function of X, all I(X;Z) comes
    from `noise_variance`.

    **Reads** which samples of X are equal, and without X takes all of them for
    different; classes or sets of labels.

    **Fields.** `i_xz_upper`, `i_xz_lower`, true bounds on I(X; Z + noise) of
    the probe samples, in nats, `0 <= lower <= truth <= upper <= H(X) <= log n`,
    also where equal X have unequal Z: what an X leaves open of its Z is bounded
    from the other side. (Saxe et al. take it for nothing.)
    `i_zy_upper`, `i_zy_lower`, estimates with the ceiling H(Y): I(X; Z + noise)
    less its mean within the classes, all of the same kind of bound, as [Saxe et
    al. (2018)][2] have it. They are differences of bounds, hence no bounds on
    I(Z;Y).

    **Fails when** the network draws noise of its own and each X is there once:
    one Z of each X does not show it, and the bounds are those of a network that
    repeats what it drew. Where noise and distances are alike the bounds are
    far apart (some 0.7 nats for a Gaussian of two dimensions), and meet where
    clusters are far apart or all is noise. Saturates at log n once the noise is
    small against the distances. Distances below 1/500 of the norms, about the
    mean, are below the resolution of float32 and count as none.

    **Cost.** Shares the distances, O(n^2 d), with all pairwise measures; then
    one exponential a pair. Memory O(n) beyond a block.

    **Source.** [Kolchinsky and Tracey (2017)][1]; [Saxe et al. (2018)][2].

    Args:
        noise_variance: Variance of the noise in each unit, above 0, in
            squared units of Z.
        standardise: Whether each column of Z is brought to variance 1 first,
            so that none hides the others, and `noise_variance` is a share.

    Example:
        >>> import numpy as np, keras_ib
        >>> z = 100.0 * (np.arange(40) % 2)[:, None]
        >>> found = keras_ib.measure(z, y=np.arange(40) % 2, measures=["kde"])
        >>> round(found["kde"]["i_xz_upper"], 3)  # Two far clusters: log(2).
        0.693

    [1]: https://arxiv.org/abs/1706.02419
    [2]: https://openreview.net/forum?id=ry_WPG-A-
    """

    name = "kde"
    own_fields = {  # noqa: RUF012 - a constant of the class
        "i_xz_upper": Field(
            "I(X;Z), KDE, upper",
            "nats",
            "upper bound",
            "all",
            "log n",
            reads=("x_id",),
        ),
        "i_xz_lower": Field(
            "I(X;Z), KDE, lower",
            "nats",
            "lower bound",
            "all",
            "log n",
            reads=("x_id",),
        ),
        **{
            f"i_zy_{bound}": Field(
                f"I(Z;Y), KDE, of {bound} bounds",
                "nats",
                "estimate",
                "all",
                "H(Y)",
                needs=("y_class",),
                kinds=("classes", "labels"),
            )
            for bound in ("upper", "lower")
        },
    }

    def __init__(self, noise_variance: float = 0.1, standardise: bool = False):
        noise_variance = checks.number("noise_variance", noise_variance)
        standardise = checks.flag("standardise", standardise)
        if not noise_variance > 0:
            raise ValueError(
                "The noise must have a variance above 0: without noise I(X;Z) "
                "is infinite or constant. Received: "
                f"noise_variance={noise_variance}. Give it in squared units "
                "of Z, for example 0.1."
            )
        self.noise_variance = noise_variance
        self.standardise = standardise

    def variance(self, sample: Sample) -> Tensor:
        """Variance of the noise for this representation, in its unit."""
        # Its columns are of variance 1, or in their unit.
        unit = 1.0 if self.standardise else sample.unit("z")
        return ops.maximum(self.noise_variance / unit / unit, LEAST_VARIANCE)

    def per_sample(self, block: Block) -> dict:
        upper, lower = block.of_z.cached(self, lambda: self._kernels(block))
        return {
            **_log_sums("upper", upper, block),
            **_log_sums("lower", lower, block),
            **_log_sums_of_x(upper, lower, block),
        }

    def _kernels(self, block):
        # The exponent of the upper bound is four times that of the lower.
        distances = block.distances("z", self.standardise)
        lower = ops.exp(distances / (-8.0 * self.variance(block.sample)))
        return ops.square(ops.square(lower)), lower

    def finalize(self, sums: dict, sample: Sample) -> dict:
        means = {name: value / sample.num_rows for name, value in sums.items()}
        log_rows = math.log(sample.num_rows)
        bounds = ("upper", "lower")
        found = {f"i_xz_{b}": log_rows - means[b] for b in bounds}
        if "x" in means:
            # Less the entropy within each X, of the other kind of bound.
            within = {"upper": means["x_lower"], "lower": means["x_upper"]}
            found = {
                name: value - means["x"] + within[name[len("i_xz_") :]]
                for name, value in found.items()
            }
            h_x = ops.maximum(log_rows - means["x"], 0.0)
            found["i_xz_upper"] = ops.minimum(found["i_xz_upper"], h_x)
        found["i_xz_lower"] = ops.maximum(found["i_xz_lower"], 0.0)
        if sample.y_class is not None:
            h_y = sample.label_entropy
            found |= {
                f"i_zy_{b}": h_y - means[b] + means[f"within_{b}"]
                for b in bounds
            }
        return found | self.checked(sample)


def _log_sums(bound, kernel, block):
    """Logs of the sums over all samples, and over those of the same class.

    No maximum needs to be taken out: each sample itself counts 1.
    """
    if block.sample.y_class is None:
        return {bound: ops.log(ops.sum(kernel, axis=1))}
    classes = ops.matmul(kernel, block.sample.one_hot)
    within = ops.sum(classes * block.one_hot, axis=1)
    return {
        bound: ops.log(ops.sum(classes, axis=1)),
        f"within_{bound}": ops.log(within),
    }


def _log_sums_of_x(upper, lower, block):
    """Logs of the sums over the samples of the same X, and of their number."""
    if block.sample.x_id is None:
        return {}
    same = block.same_x
    return {
        "x_upper": ops.log(ops.sum(upper * same, axis=1)),
        "x_lower": ops.log(ops.sum(lower * same, axis=1)),
        "x": ops.log(ops.sum(same, axis=1)),
    }


class AKDE(KDE):
    """`KDE` with noise in proportion to the largest activation of the layer.

    The variance is `scale * max|Z| ** power`, anew for every layer at every
    time: [Chelombiev, Houghton and O'Donnell (2019)][1], who have it
    proportional to the largest activation, so power 1. Their constant is not
    known here; the default `scale` is a choice of this package. With power 1
    the numbers depend on the unit of Z, with power 2 they do not.

    **Reads** what `KDE` reads.

    **Fields** as of `KDE`.

    **Fails when** there is an outlier: it follows a single one, since that is
    the maximum. Otherwise bounds and fails as `KDE`.

    **Cost** as of `KDE`.

    **Source.** [Chelombiev, Houghton and O'Donnell (2019)][1].

    Args:
        scale: Noise variance for a largest activation of 1, above 0.
        power: 1, as published, or 2, so that I(X; aZ) = I(X; Z).

    Example:
        >>> import numpy as np, keras_ib
        >>> z = (np.arange(40) % 2)[:, None] * 1.0
        >>> found = keras_ib.measure(z, measures=["akde"])
        >>> round(found["akde"]["i_xz_lower"], 3)  # log(2)
        0.693

    [1]: https://arxiv.org/abs/1902.09037
    """

    name = "akde"
    # Its noise is in units of the largest activation.
    standardise = False
    own_fields = {  # noqa: RUF012 - a constant of the class
        name: replace(field, meaning=field.meaning.replace("KDE", "aKDE"))
        for name, field in KDE.own_fields.items()
    }

    def __init__(self, scale: float = 1e-3, power: Literal[1, 2] = 1):
        checks.integer("power", power)
        scale = checks.number("scale", scale)
        if not scale > 0 or power not in (1, 2):
            raise ValueError(
                "AKDE needs a scale above 0, the variance of the noise for "
                f"activations up to 1. Received: scale={scale}, "
                f"power={power}. Choose the power 1 (as published) or 2."
            )
        self.scale = scale
        self.power = int(power)

    def variance(self, sample: Sample) -> Tensor:
        unit = sample.unit("z")
        largest = safe_divisor(ops.max(ops.abs(sample.z_as_given))) / unit
        more = largest if self.power == 2 else 1 / unit
        return ops.maximum(self.scale * largest * more, LEAST_VARIANCE)
