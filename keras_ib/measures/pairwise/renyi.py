"""Matrix-based Renyi information of Z with X and Y."""

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.pairwise.blocks import Block, Pairs
from keras_ib.measures.pairwise.kernels import Kernels
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample


class Renyi(Kernels):
    """Matrix-based Renyi information of order alpha, from spectra of kernels.

    The entropy of a kernel matrix K with ones on its diagonal is that of the
    eigenvalues of K / n, `log(sum(l**alpha)) / (1 - alpha)`; the joint entropy
    is that of the product of the entries of two kernels, and the information
    S(A) + S(B) - S(A, B), in nats ([Giraldo, Rao and Principe 2015][1]; for
    networks, [Yu and Principe 2019][2]). No density is estimated. Kernels of X,
    Z and a Y of values are Gaussian; that of classes is their equality, of
    labels the share of equal ones.

    Widths, for n samples of d elements:

    - `"distance"`: the root mean squared distance of two samples.
    - `"silverman"`: n^(-1/(4+d)), in units of Z, usually with a factor.
    - `"tapia"`: sqrt(d) n^(-1/(4+d)) standard deviations of the layer, with a
      factor ([Tapia and Estevez 2020][3]; theirs of each unit by itself).
    - `"alignment"`: of 300 widths up to ten mean distances the one whose
      kernel is best aligned with that of Y, for 100 samples
      ([Wickstrom et al. 2019][4], without their average over iterations).
      It looks for Y in Z, so its I(Z;Y) is biased upwards; without Y there is
      none. A Y of values itself has the width `"distance"`.

    **Reads** X, as numbers, and Y of any kind.

    **Fields.** `i_xz`, `i_zy`, estimates with the ceilings log n, of the
    samples that are used, and H(Y), for alpha of at least 1.

    **Fails when** taken for Shannon's information: it is a function of the
    width, and as that goes to 0 the numbers go to log n, as it grows to 0.
    Orders below 1 weigh eigenvalues that float32 does not resolve: 0.01 nats
    may be wrong.

    **Cost.** For alpha = 2 no eigenvalues, as `HSIC`. Otherwise eigenvalues of
    up to five matrices, O(m^3) for m = min(n, max_rows): the first fit samples
    are used alone, and the ceiling is log m.

    **Source.** [Giraldo, Rao and Principe 2015][1]; [Yu and Principe 2019][2].

    Args:
        alpha: Order, above 0; 1 is von Neumann's entropy, the limit.
        width: A number above 0, or one of the rules above, for each of X, Z and
            a Y of values.
        scale: What the width is multiplied by.
        max_rows: Largest number of samples, unless alpha is 2.
        standardise: As for `HSIC`.

    Example:
        >>> import numpy as np, keras_ib
        >>> y = np.arange(40) % 2
        >>> narrow = keras_ib.measures.Renyi(alpha=2, width=0.1)
        >>> found = keras_ib.measure(10.0 * y[:, None], y=y, measures=[narrow])
        >>> round(found["renyi"]["i_zy"], 3)  # log(2)
        0.693

    [1]: https://arxiv.org/abs/1211.2459
    [2]: https://arxiv.org/abs/1804.00057
    [3]: https://arxiv.org/abs/2005.07783
    [4]: https://arxiv.org/abs/1909.11396
    """

    name = "renyi"

    def __init__(
        self,
        alpha: float = 1.01,
        width: float | str = "distance",
        scale: float = 1.0,
        max_rows: int = 512,
        standardise: bool = False,
    ):
        super().__init__(width, scale, standardise)
        max_rows = checks.integer("max_rows", max_rows)
        alpha = checks.number("alpha", alpha)
        if not alpha > 0 or max_rows < 2:
            raise ValueError(
                "Renyi needs an order above 0 and at least 2 samples. "
                f"Received: alpha={alpha}, max_rows={max_rows}. Give for "
                "example the order 1.01 or 2, and 512."
            )
        self.alpha = alpha
        self.max_rows = max_rows

    @property
    def own_fields(self) -> dict[str, Field]:
        rows = None if self.looks_at_pairs else self.max_rows
        return {
            name: Field(
                f"{meaning}, matrix-based",
                "nats",
                "estimate",
                "all",
                formula,
                rows,
                needs=(need,),
            )
            for name, meaning, formula, need in (
                ("i_xz", "I(X;Z)", "log n", "x"),
                ("i_zy", "I(Z;Y)", "H(Y)", "y"),
            )
        }

    @property
    def looks_at_pairs(self) -> bool:
        """Whether the sums over pairs are enough: Frobenius norms are."""
        return self.alpha == 2

    def per_sample(self, block: Block) -> dict:
        kernels = self.kernels(block)
        squares = {side: ops.square(k) for side, k in kernels.items()}
        products = squares | _with_z(squares)
        return {name: ops.mean(k, axis=1) for name, k in products.items()}

    def finalize(self, sums: dict, sample: Sample) -> dict:
        if not self.looks_at_pairs:
            return sums
        entropy = {
            name: -ops.log(value / sample.num_rows)
            for name, value in sums.items()
        }
        return _informations(entropy) | self.checked(sample)

    def compute(self, sample: Sample) -> dict:
        if self.looks_at_pairs:
            return super().compute(sample)
        num_rows = min(sample.num_rows, self.max_rows)
        first = sample.first(num_rows)
        kernels = self.kernels(Block(Pairs(first), 0, num_rows))
        found = _informations(
            {
                name: self.entropy(self._eigenvalues(name, kernel, first))
                for name, kernel in (kernels | _with_z(kernels)).items()
            }
        )
        return found | self.checked(sample)

    def _eigenvalues(self, name, kernel, sample):
        if name == "y" and sample.variable.kind == "classes":
            # Samples of a class are equal: their kernel has one eigenvalue,
            # their number.
            return ops.sum(sample.one_hot, axis=0)
        return sample.operations.eigvalsh(kernel)

    def entropy(self, values: Tensor) -> Tensor:
        """Entropy of eigenvalues, up to a factor, that are mostly rounding."""
        values = ops.where(values > 2**-22 * ops.max(values), values, 0.0)
        values = values / ops.sum(values)
        logs = ops.log(ops.where(values > 0, values, 1.0))
        if self.alpha == 1:
            return -ops.sum(values * logs)
        # The sum of l**alpha less that of l, which is 1: exact for orders
        # near 1, where a logarithm of the sum itself has no digits left.
        if self.alpha < 1.5:
            excess = values * ops.expm1((self.alpha - 1) * logs)
            log_sum = ops.log1p(ops.sum(excess))
        else:
            log_sum = ops.log(ops.sum(values**self.alpha))
        return log_sum / (1 - self.alpha)


def _informations(entropy):
    return {
        field: entropy[a] + entropy[b] - entropy[a + b]
        for field, (a, b) in {"i_xz": "xz", "i_zy": "zy"}.items()
        if a + b in entropy
    }


def _with_z(kernels):
    """Products of the other kernels with that of Z."""
    return {
        a + b: kernels[a] * kernels[b]
        for a, b in ("xz", "zy")
        if a in kernels and b in kernels
    }
