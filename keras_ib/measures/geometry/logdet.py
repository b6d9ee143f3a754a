"""Information of Z with X and Y, from the determinants of covariances."""

from functools import cached_property

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field, Measure
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.values import centre

# The least share of the total variance that the noise may have: below it,
# the determinant is that of the rounding of float32.
RESOLUTION = 16 * 2**-23


class LogDet(Measure):
    """Log-determinant I(X;Z) and I(Z;Y) of second moments, with a little noise.

    `H = log(det(1 + beta C)) / 2` with the covariance C, and the information
    H(X) + H(Z) - H(X, Z), in nats ([Zhouyin and Liu 2021][1]): that of Gaussian
    variables to which noise of variance 1 / beta was added. Classes are
    one-hot, labels 0 and 1. Every element is standardised first, unless
    `standardise` is false.

    **Reads** X, as numbers, and Y of any kind.

    **Fields.** `i_xz`, `i_zy`, estimates; not invariant under linear maps.

    **Fails when** the relation is not linear: it sees linear ones only. Where Z
    determines X, grows with log(beta) / 2 for each dimension that they share,
    without any other limit, and the number of those with n: numbers of layers
    of different width are not to be compared. No ceiling. Noise whose variance
    is below 1/500,000 of the total variance of both variables is below the
    resolution of float32, and `beta` is limited to that; with the default, from
    5,000 elements on. Where X and Y both have no more elements than Z, the
    lower limit holds for both fields. Close to it some hundredths of a nat are
    rounding.

    **Cost.** O(n d min(n, d)) for each variable, with Cholesky decompositions
    of size min(n, d), that of Z once for both fields; for X, one more of the
    size of the smaller. Memory, at its peak, about three of these matrices.

    **Source.** [Zhouyin and Liu 2021][1].

    Args:
        beta: Inverse variance of the noise, above 0.
        standardise: Whether the unit of noise is each element's variance.

    Example:
        >>> import numpy as np, keras_ib
        >>> x = np.random.default_rng(0).normal(size=(40, 1))
        >>> found = keras_ib.measure(x, x=x, measures=["logdet"])
        >>> round(found["logdet"]["i_xz"], 2)  # log(101**2 / 201) / 2
        1.96

    [1]: https://arxiv.org/abs/2105.03705
    """

    name = "logdet"
    fields = {  # noqa: RUF012 - a constant of the class
        name: Field(
            f"{meaning}, log-determinant",
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

    def __init__(self, beta: float = 100.0, standardise: bool = True):
        beta = checks.number("beta", beta)
        standardise = checks.flag("standardise", standardise)
        if not beta > 0:
            raise ValueError(
                "beta, the inverse of the variance of the noise, must be "
                f"above 0. Received: beta={beta}. Give for example 100."
            )
        self.beta = beta
        self.standardise = standardise

    def compute(self, sample: Sample) -> dict:
        fields = self.fields_of(sample)
        unit = self._unit(sample, fields)
        z = self._scatter(sample.centred, sample.unit("z") / unit)
        rows = {
            "i_xz": lambda: (sample.centred_x, sample.unit("x") / unit),
            "i_zy": lambda: (sample.y_rows, sample.unit("y") / unit),
        }
        others = {f: self._scatter(*rows[f]()) for f in fields}
        # Of the noise, in this unit.
        variance = 1 / self.beta / unit / unit
        narrow = {f: a for f, a in others.items() if a.width <= z.width}
        found = _informations(z, narrow, variance) if narrow else {}
        for field, other in others.items():
            if field not in narrow:
                found |= _informations(other, {field: z}, variance)
        return found

    def _unit(self, sample, fields):
        """The unit of all sides, the largest of theirs."""
        if self.standardise:
            return 1.0
        sides = ["z", *({"i_xz": "x", "i_zy": "y"}[field] for field in fields)]
        return ops.max(ops.stack([sample.unit(side) for side in sides]))

    def _scatter(self, rows, unit):
        """Of rows about the mean of all, over sqrt(n): C is their product."""
        rows = centre(rows, rows.shape[0])
        scale = rows.shape[0] ** -0.5
        if self.standardise:
            scale = scale / safe_divisor(ops.std(rows, axis=0))
        else:
            scale = scale * unit
        return Scatter(rows * scale)


class Scatter:
    """Rows `[n, d]` with their covariance or, if d > n, their Gram matrix.

    `1 + beta C` has the same determinant for both.
    """

    def __init__(self, rows: Tensor):
        self.rows = rows
        self.width = rows.shape[1]
        self.is_wide = rows.shape[1] > rows.shape[0]

    @cached_property
    def smaller(self) -> Tensor:
        """The smaller of the two, `[min(n, d), min(n, d)]`."""
        if self.is_wide:
            return ops.matmul(self.rows, ops.transpose(self.rows))
        return _covariance(self.rows)

    @property
    def total(self) -> Tensor:
        """Sum of all squares, the trace of either: no pass over the rows."""
        return ops.sum(ops.diagonal(self.smaller))


def _informations(b, narrower, variance):
    """Of B with each of the others, none of which has more columns.

    One factor of B serves all.
    """
    largest = ops.max(ops.stack([a.total for a in narrower.values()]))
    beta = 1 / ops.maximum(variance, RESOLUTION * (b.total + largest))
    factor = _factor(beta * b.smaller)
    return {
        field: _log_det(_factor(beta * a.smaller)) - _left(a, b, factor, beta)
        for field, a in narrower.items()
    }


def _left(a, b, factor, beta):
    """Half the log-determinant of what B leaves of A, given the factor of B.

    `det(1 + beta C)` of both is that of B times that of a matrix of the size
    of A; of two Gram matrices, the sum is less work.
    """
    if a.is_wide:
        both = _factor(beta * (a.smaller + b.smaller))
        return _log_det(both) - _log_det(factor)
    if b.is_wide:
        left = _solved(factor, ops.sqrt(beta) * a.rows)
        return _log_det(_factor(_covariance(left)))
    # In this order the wide rows need no transposed copy.
    both = ops.matmul(ops.transpose(a.rows), b.rows)
    known = _solved(factor, beta * ops.transpose(both))
    return _log_det(_factor(beta * a.smaller - _covariance(known)))


def _covariance(rows):
    return ops.matmul(ops.transpose(rows), rows)


def _solved(factor, rows):
    return ops.linalg.solve_triangular(factor, rows, lower=True)


def _factor(matrix):
    """Cholesky factor of `1 + matrix`."""
    return ops.linalg.cholesky(matrix + ops.eye(matrix.shape[0]))


def _log_det(factor):
    """Half of `log(det(factor factor'))`, which is above 0."""
    return ops.sum(ops.log(ops.diagonal(factor)))
