"""Information of Z with X and Y, from the determinants of covariances."""

from functools import cached_property

from keras import ops

from keras_ib.measures.coordinates import positive
from keras_ib.measures.field import Field
from keras_ib.measures.measure import Measure
from keras_ib.measures.sample import centre

# The least share of the total variance that the noise may have: below it,
# the determinant is that of the rounding of float32.
RESOLUTION = 16 * 2**-23


class LogDet(Measure):
    """I(X;Z) and I(Z;Y) of the second moments, with a little noise.

    `H = log(det(1 + beta C)) / 2` with the covariance C, and the information
    H(X) + H(Z) - H(X, Z), in nats ([Zhouyin and Liu 2021][1]): that of
    Gaussian variables to which noise of variance 1 / beta was added. Y is
    one-hot. Every element is standardised first, unless `standardise` is
    false.

    Sees linear relations only. Where Z determines X, grows with log(beta) / 2
    for each dimension that they share, without any other limit, and the
    number of those with n: numbers of layers of different width are not to be
    compared. No ceiling.

    Noise whose variance is below 1/500,000 of the total variance of both
    variables is below the resolution of float32, and `beta` is limited to
    that; with the default, from 5,000 elements on. Close to this limit some
    hundredths of a nat are rounding.

    Fields: `i_xz`, `i_zy`, estimates; not invariant under linear maps.

    Cost: O(n d min(n, d)) for each variable, and Cholesky decompositions of
    size min(n, d), and min(n, d + p) for both together.

    Args:
        beta: Inverse variance of the noise, above 0.
        standardise: Whether the unit of noise is each element's variance.

    [1]: https://arxiv.org/abs/2105.03705
    """

    name = "logdet"
    needs = ("x", "y")
    fields = {  # noqa: RUF012 - a constant of the class
        "i_xz": Field("I(X;Z), log-determinant", "nats", "estimate", "all"),
        "i_zy": Field("I(Z;Y), log-determinant", "nats", "estimate", "all"),
    }

    def __init__(self, beta: float = 100.0, standardise: bool = True):
        if not beta > 0:
            raise ValueError(
                f"LogDet(beta={beta}) must be above 0, the inverse of the "
                "variance of the noise; for example 100."
            )
        self.beta = beta
        self.standardise = standardise

    def compute(self, sample):
        z, x, y = (
            Scatter(self._prepared(rows))
            for rows in (sample.centred, sample.centred_x, sample.one_hot)
        )
        return {
            "i_xz": _information(x, z, self.beta),
            "i_zy": _information(z, y, self.beta),
        }

    def _prepared(self, rows):
        """Rows about the mean of all, over sqrt(n): C is their product."""
        rows = centre(rows, rows.shape[0])
        if self.standardise:
            rows = rows / positive(ops.std(rows, axis=0))
        return rows / rows.shape[0] ** 0.5


class Scatter:
    """Rows `[n, d]` with their covariance and their Gram matrix.

    `1 + beta C` has the same determinant for both: the smaller is taken, and
    neither is made twice.
    """

    def __init__(self, rows):
        self.rows = rows
        self.total = ops.sum(ops.square(rows))
        self.is_wide = rows.shape[1] > rows.shape[0]

    @cached_property
    def covariance(self):
        """`[d, d]`."""
        return ops.matmul(ops.transpose(self.rows), self.rows)

    @cached_property
    def gram(self):
        """`[n, n]`."""
        return ops.matmul(self.rows, ops.transpose(self.rows))

    @property
    def smaller(self):
        """The smaller of the two."""
        return self.gram if self.is_wide else self.covariance


def _information(a, b, beta):
    least = RESOLUTION * (a.total + b.total)
    beta = 1 / ops.maximum(1 / beta, least)
    h_a, h_b, h_ab = (
        _log_det(matrix, beta) / 2
        for matrix in (a.smaller, b.smaller, _joint(a, b))
    )
    return h_a + h_b - h_ab


def _joint(a, b):
    """The smaller matrix of both variables side by side."""
    both = Scatter(ops.concatenate([a.rows, b.rows], axis=1))
    return a.gram + b.gram if both.is_wide else both.covariance


def _log_det(matrix, beta):
    """`log(det(1 + beta matrix))`, which is above 0."""
    matrix = beta * matrix + ops.eye(matrix.shape[0])
    return 2 * ops.sum(ops.log(ops.diagonal(ops.linalg.cholesky(matrix))))
