"""Dependence of Z on X and Y, from kernels."""

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.pairwise.blocks import Block
from keras_ib.measures.pairwise.kernels import Kernels
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.sample import Sample

# Of kernels whose means are needed; each with itself for the alignment.
PRODUCTS = ("xz", "zy", "zz", "xx", "yy")


class HSIC(Kernels):
    """Hilbert-Schmidt independence criterion and kernel alignment (CKA).

    HSIC is the squared norm of the cross-covariance in the feature spaces of
    two kernels, `trace(K H L H) / n**2` with H the centring
    ([Gretton et al. 2005][1]); the kernels are Gaussian for X, Z and a Y of
    values, the equality of classes, or the share of equal labels. CKA is HSIC
    over the geometric mean of both variables' own ([Cortes et al. 2012][2]): 0
    where a variable is constant, 1 for kernels that are equal up to a factor.

    **Reads** X, as numbers, and Y of any kind.

    **Fields.** `xz`, `zy`, HSIC; `cka_xz`, `cka_zy`, at most 1. None is below 0
    unless debiased.

    **Fails when** taken for an information: it is no quantity of nats. HSIC
    depends on the width, and neither says how much of a variable is known. The
    plain estimate is biased: where the dimension outgrows n, the CKA of
    independent samples goes to 1. `debiased`, which leaves out the pairs of a
    sample with itself as [Song et al. (2012)][3] do, is 0 on average for
    independent samples of any dimension, and slightly below as often as above.

    **Cost.** Shares the distances of Z and those of X, O(n^2 (d + p)), with all
    pairwise measures, and the kernels with those of equal widths.

    **Source.** [Gretton et al. 2005][1]; [Cortes et al. 2012][2]; [Song et al.
    (2012)][3].

    Args:
        width: Width of the Gaussian kernels: a number above 0, or a rule,
            `"distance"` (root mean squared distance of two samples),
            `"silverman"`, `"tapia"` or `"alignment"`; see `Renyi`.
        scale: What the width is multiplied by.
        debiased: Whether the estimate is the one without bias.
        standardise: Whether each column of X, of Z and of a Y of values is
            brought to variance 1 first. Both numbers change with the scale of
            a column: where one has nearly all variance it alone is seen.

    Example:
        >>> import numpy as np, keras_ib
        >>> x = np.random.default_rng(0).normal(size=(40, 3))
        >>> found = keras_ib.measure(2 * x, x=x, measures=["hsic"])
        >>> round(found["hsic"]["cka_xz"], 3)
        1.0

    [1]: https://doi.org/10.1007/11564089_7
    [2]: https://arxiv.org/abs/1203.0550
    [3]: https://jmlr.org/papers/v13/song12a.html
    """

    name = "hsic"
    own_fields = {  # noqa: RUF012 - a constant of the class
        name: Field(meaning, "1", "estimate", "all", needs=(need,))
        for name, meaning, need in (
            ("xz", "HSIC of X and Z", "x"),
            ("zy", "HSIC of Z and Y", "y"),
            ("cka_xz", "kernel alignment of X and Z", "x"),
            ("cka_zy", "kernel alignment of Z and Y", "y"),
        )
    }

    def __init__(
        self,
        width: float | str = "distance",
        scale: float = 1.0,
        debiased: bool = True,
        standardise: bool = False,
    ):
        super().__init__(width, scale, standardise)
        self.debiased = checks.flag("debiased", debiased)

    def per_sample(self, block: Block) -> dict:
        kernels = self.kernels(block)
        # Centring takes a typical entry out, and with it most rounding.
        shift = {name: self.typical(name, block.pairs) for name in kernels}
        kernels = {name: k - shift[name] for name, k in kernels.items()}
        # What each sample has with itself, as a share of its n pairs.
        share = self.debiased / block.sample.num_rows
        own = {name: 1 - shift[name] for name in kernels}
        numbers = {
            name: ops.mean(kernel, axis=1) - share * own[name]
            for name, kernel in kernels.items()
        }
        for a, b in _products(kernels):
            product = ops.mean(kernels[a] * kernels[b], axis=1)
            numbers[a + b] = product - share * own[a] * own[b]
            numbers[f"{a} {b}"] = numbers[a] * numbers[b]
        return numbers

    def finalize(self, sums: dict, sample: Sample) -> dict:
        n = sample.num_rows
        mean = {name: value / n for name, value in sums.items()}
        rows, total, factor = 2.0, 1.0, 1.0
        if self.debiased:
            rows = 2 * n / (n - 2)
            total = n * n / ((n - 1) * (n - 2))
            factor = n / (n - 3)
        hsic = {
            a + b: factor
            * (
                mean[a + b]
                - rows * mean[f"{a} {b}"]
                + total * mean[a] * mean[b]
            )
            for a, b in _products(mean)
        }
        found = {pair: hsic[pair] for pair in ("xz", "zy") if pair in hsic}
        found |= {
            f"cka_{pair}": _aligned(value, hsic[2 * pair[0]], hsic[2 * pair[1]])
            for pair, value in found.items()
        }
        return found | self.checked(sample)


def _products(sides):
    """Pairs of the sides that there are."""
    return [(a, b) for a, b in PRODUCTS if a in sides and b in sides]


def _aligned(both, a, b):
    own = ops.sqrt(ops.maximum(a, 0.0) * ops.maximum(b, 0.0))
    return ops.where(own > 0, both / safe_divisor(own), 0.0)
