"""How alike the representations of two taps are."""

from collections.abc import Sequence

from keras import ops

from keras_ib.measures.base import Field, Measure
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.values import centre

# Samples whose products are kept for every tap, 4 MiB of float32 each.
MAX_ROWS = 1024


class Similarity(Measure):
    """Linear CKA of every two taps, without bias.

    With K the scalar products `Z Z^T` of the samples and A what is left of K
    off its diagonal without the means of rows and columns, the cosine of A of
    one tap and A of the other: the unbiased HSIC of [Song et al. (2012)][1]
    over the geometric mean of both taps' own ([Kornblith et al. 2019][2]).

    **Reads** Z of two taps; no X and no Y.

    **Fields.** `cka`, at most 1. 1 for Z that are equal up to rotation, scale
    and offset, about 0 for independent ones of any width, where the plain
    estimate has d / (d + n), and slightly below 0 as often as above. 0 where a
    tap is constant. Symmetric: each pair of taps is measured once.

    **Fails when** one direction has nearly all variance: it alone is seen. Not
    invariant under linear maps that are no rotations: layers that hold the same
    may differ. It is no information.

    **Cost.** O(m^2 d) for each tap and O(m^2) for each pair, of m samples that
    are spread evenly over all, 1,024 at most, and m^2 numbers of memory for
    each tap. Up to 64 taps; of more it is left out. Each replica does all of
    it.

    **Source.** [Song et al. (2012)][1]; [Kornblith et al. 2019][2].

    Example:
        >>> import numpy as np
        >>> from keras_ib.measures import Sample, Similarity
        >>> z = np.random.default_rng(0).normal(size=(100, 8))
        >>> turned = 3 * z @ np.linalg.qr(z[:8])[0]
        >>> taps = [Sample(one, num_fit=50) for one in (z, turned, z**2)]
        >>> np.round(Similarity().compare(taps), 2).tolist()[0][:2]
        [1.0, 1.0]

    [1]: https://jmlr.org/papers/v13/song12a.html
    [2]: https://arxiv.org/abs/1905.00414
    """

    name = "similarity"
    num_taps = 2
    fields = {  # noqa: RUF012 - a constant of the class
        "cka": Field(
            "linear CKA of two taps, debiased",
            "1",
            "estimate",
            "all",
            max_rows=MAX_ROWS,
        )
    }

    def products(self, sample: Sample) -> Tensor:
        """`[m * m]` of length 1, what is compared; NaN if Z is not finite."""
        rows = sample.z[:: -(-sample.num_rows // MAX_ROWS)]
        n = rows.shape[0]
        rows = centre(rows, n)
        # Before they are multiplied: float32 lacks the squares of small ones.
        rows = rows / safe_divisor(ops.max(ops.abs(rows)))
        others = 1 - ops.eye(n, dtype="float32")
        kernel = ops.matmul(rows, ops.transpose(rows)) * others
        sums = ops.sum(kernel, axis=1) / (n - 2)
        mean = ops.sum(sums) / (n - 1)
        kernel = (kernel - sums - sums[:, None] + mean) * others
        flat = ops.reshape(kernel, (n * n,))
        flat = flat / safe_divisor(ops.max(ops.abs(flat)))
        flat = flat / ops.sqrt(safe_divisor(ops.sum(ops.square(flat))))
        return ops.where(sample.is_finite, flat, float("nan"))

    def cosines(self, products: Sequence[Tensor]) -> Tensor:
        """`[t, t]` CKA, from the `products` of t taps."""
        stacked = ops.stack(products)
        return ops.matmul(stacked, ops.transpose(stacked))

    def compare(self, samples: Sequence[Sample]) -> Tensor:
        """CKA of every two samples of the same rows.

        Args:
            samples: t `Sample`s, one a tap.

        Returns:
            `[t, t]` float32, symmetric.
        """
        return self.cosines([self.products(sample) for sample in samples])
