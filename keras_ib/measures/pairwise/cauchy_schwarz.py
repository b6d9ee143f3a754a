"""Cauchy-Schwarz mutual information of Z with X and Y, from kernels."""

from keras import ops

from keras_ib.measures.base import Field
from keras_ib.measures.pairwise.blocks import Block
from keras_ib.measures.pairwise.kernels import Kernels
from keras_ib.measures.sample.sample import Sample


class CauchySchwarz(Kernels):
    """Cauchy-Schwarz quadratic mutual information, from kernels.

    The Cauchy-Schwarz divergence between the joint density and the product of
    the marginal ones, each estimated with Gaussian kernels
    ([Principe 2010][1]): for kernel matrices K and L with the means k and l of
    their rows, `log(mean(K * L) mean(K) mean(L) / mean(k * l)**2)`, in nats.
    0 for independence, at least 0 always. Classes have their equality for a
    kernel, labels the share of equal ones.

    **Reads** X, as numbers, and Y of any kind.

    **Fields.** `i_xz`, `i_zy`, estimates without a ceiling.

    **Fails when** taken for Shannon's information: it is of the smoothed
    densities, as the kernels add noise to both variables, of half their squared
    width for each density. Approaches a constant that is set by n alone once
    all samples are far apart in units of the width.

    **Cost.** As `HSIC`, with which it shares distances and kernels.

    **Source.** [Principe 2010][1].

    Args:
        width: As for `HSIC`; sqrt(2) s for density estimates with noise of
            standard deviation s.
        scale: What the width is multiplied by.
        standardise: As for `HSIC`.

    Example:
        >>> import numpy as np, keras_ib
        >>> x = np.random.default_rng(0).normal(size=(40, 3))
        >>> found = keras_ib.measure(np.zeros(40), x=x, measures=["cs"])
        >>> abs(found["cs"]["i_xz"]) < 1e-5  # A constant Z.
        True

    [1]: https://doi.org/10.1007/978-1-4419-1570-2
    """

    name = "cs"
    own_fields = {  # noqa: RUF012 - a constant of the class
        name: Field(
            f"{meaning}, Cauchy-Schwarz",
            "nats",
            "estimate",
            "all",
            needs=(need,),
        )
        for name, meaning, need in (
            ("i_xz", "I(X;Z)", "x"),
            ("i_zy", "I(Z;Y)", "y"),
        )
    }

    def per_sample(self, block: Block) -> dict:
        kernels = self.kernels(block)
        z = kernels.pop("z")
        mean_z = ops.mean(z, axis=1)
        numbers = {"z": mean_z}
        for name, kernel in kernels.items():
            mean = ops.mean(kernel, axis=1)
            numbers[name] = mean
            numbers[f"{name}z"] = ops.mean(kernel * z, axis=1)
            numbers[f"{name} z"] = mean * mean_z
        return numbers

    def finalize(self, sums: dict, sample: Sample) -> dict:
        log = {
            name: ops.log(value / sample.num_rows)
            for name, value in sums.items()
        }
        found = {
            field: log[f"{name}z"] + log["z"] + log[name] - 2 * log[f"{name} z"]
            for name, field in {"x": "i_xz", "y": "i_zy"}.items()
            if name in log
        }
        return found | self.checked(sample)
