"""Samples whose mutual information is known: calibrate before you trust.

    from keras_ib.data.distributions import DISTRIBUTIONS

    normal = DISTRIBUTIONS["normal"]
    normal.mutual_information  # 0.413 nats
    keras_ib.measure(**normal.sample(2000), measures=["logdet"])

Most of the pairs of X and Z are those that [Czyz et al. (2023)][1] compare
estimators on; the marginal maps are our own.

[1]: https://arxiv.org/abs/2306.11078
"""

from collections.abc import Callable
from dataclasses import dataclass, field
import itertools
import math
from typing import Literal

import numpy as np

from keras_ib import checks


@dataclass(frozen=True)
class Distribution:
    """A joint distribution and its mutual information.

    Attributes:
        name: Its name in `DISTRIBUTIONS`.
        mutual_information: In nats, exact up to rounding.
        kind: `"xz"`, samples of X and Z, or `"zy"`, of Z and their classes.
        draw: `(generator, num_rows)` to the two arrays, in this order.
    """

    name: str
    mutual_information: float
    kind: Literal["xz", "zy"]
    draw: Callable = field(repr=False)

    def sample(self, num_rows: int, seed: int = 0) -> dict:
        """Independent samples, as `keras_ib.measure` takes them.

        Returns:
            `{"x": [n, p], "z": [n, d]}` float32, or `{"z": [n, d], "y": [n]}`
            with y int32. The same for the same seed.

        Raises:
            ValueError: If `num_rows` is not 1 or more, or `seed` negative.
        """
        num_rows = checks.count("num_rows", num_rows)
        random = np.random.default_rng(checks.seed(seed))
        arrays = self.draw(random, num_rows)
        types = {"x": "float32", "z": "float32", "y": "int32"}
        return {
            name: array.astype(types[name])
            for name, array in zip(self.kind, arrays, strict=True)
        }


def elliptic(
    name: str,
    covariance: np.ndarray,
    function: Callable | None = None,
    dof: float = math.inf,
) -> Distribution:
    """Normal or Student-t samples; the first half of each is X, the rest Z.

    Args:
        name: Of the distribution.
        covariance: `[2d, 2d]`; for Student-t the dispersion.
        function: Strictly increasing map of every element; it leaves the
            information as it is.
        dof: Degrees of freedom.

    Raises:
        ValueError: If the covariance is not that of two halves.
    """
    checks.text("name", name)
    checks.function("function", function)
    covariance, factor = _factor(covariance)
    if dof != math.inf:
        dof = checks.positive("dof", dof)

    def draw(random, num_rows):
        rows = random.normal(size=(num_rows, len(factor))) @ factor.T
        if dof < math.inf:
            rows *= np.sqrt(dof / random.chisquare(dof, (num_rows, 1)))
        return np.hsplit(rows if function is None else function(rows), 2)

    d = len(covariance) // 2
    parts = covariance[:d, :d], covariance[d:, d:], covariance
    x, z, both = (
        np.linalg.slogdet(part)[1] / 2 + _tail_entropy(len(part), dof)
        for part in parts
    )
    return Distribution(name, float(x + z - both), "xz", draw)


def _factor(covariance):
    """The covariance as an array, and its Cholesky factor."""
    try:
        found = np.asarray(covariance, "float64")
        if found.ndim == 2 and len(found) and len(found) % 2 == 0:
            return found, np.linalg.cholesky(found)
    except (TypeError, ValueError):  # Its own error of matrices among them.
        pass
    raise ValueError(
        "Not the covariance of X and Z. Received: covariance="
        f"{checks.short(covariance)}. Give a positive definite matrix "
        "[2d, 2d]."
    )


def _tail_entropy(d, dof):
    """Entropy of a Student-t of d elements and unit dispersion, nats.

    Without d log(dof pi) / 2, which cancels in the information: what is left
    is the mean of (dof + d) / 2 log(1 + r^2 / dof), for the radius r, less
    the constant of the density.
    """
    if dof == math.inf:
        return 0.0
    a, b = (dof + d) / 2, dof / 2
    mean = a * (_digamma(a) - _digamma(b))
    return mean + math.lgamma(b) - math.lgamma(a)


def _digamma(x):
    """Derivative of `math.lgamma`: Stirling's series, from x + 10 down."""
    below = sum(1 / (x + i) for i in range(10))
    x += 10
    series = 1 / (12 * x**2) - 1 / (120 * x**4) + 1 / (252 * x**6)
    return math.log(x) - 1 / (2 * x) - series - below


def paired_covariance(*correlations: float) -> np.ndarray:
    """Covariance where element i of X and of Z have correlation i."""
    for value in correlations:
        checks.number("correlations", value)
    cross, eye = np.diag(correlations), np.eye(len(correlations))
    return np.block([[eye, cross], [cross, eye]])


def _sparse(d):
    return paired_covariance(0.8, 0.8, *[0.0] * (d - 2))


def dense_covariance(d: int) -> np.ndarray:
    """Covariance where all pairs of elements have the correlation 1/2."""
    size = 2 * checks.count("d", d)
    return (np.ones((size, size)) + np.eye(size)) / 2


def _channel(weights):
    """Covariance of X and Z = X weights + noise, both of unit variance."""
    eye = np.eye(len(weights))
    output = weights.T @ weights + eye
    return np.block([[eye, weights], [weights.T, output]])


def normal_cdf(rows: np.ndarray) -> np.ndarray:
    """Of the standard normal distribution, element by element."""
    try:
        rows = np.asarray(rows, "float64")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Not numbers. Received: rows={checks.short(rows)}. Give an array."
        ) from error
    return np.vectorize(math.erfc, otypes=["float64"])(-rows / math.sqrt(2)) / 2


def _bimodal(rows):
    return rows + 2 * np.tanh(3 * rows)


def _wiggly(rows):
    return rows + 0.3 * np.sin(3 * rows)


def _half_cube(rows):
    return rows * np.sqrt(np.abs(rows))


def uniform_noise(name: str, e: float) -> Distribution:
    """X uniform on [0, 1], Z = X + noise that is uniform on [-e, e]."""
    checks.text("name", name)
    e = checks.positive("e", e)

    def draw(random, num_rows):
        x = random.uniform(size=(num_rows, 1))
        return x, x + random.uniform(-e, e, (num_rows, 1))

    information = e - math.log(2 * e) if e <= 0.5 else 1 / (4 * e)
    return Distribution(name, information, "xz", draw)


def _stairs(name, kind, num_steps=5):
    """Integers, and themselves plus noise that is uniform on [0, 2].

    The mixed pair of [Gao et al. (2017)](https://arxiv.org/abs/1709.06212).
    All but the two ends of the range belong to two integers.
    """

    def draw(random, num_rows):
        step = random.integers(num_steps, size=(num_rows, 1))
        z = step + random.uniform(0, 2, (num_rows, 1))
        return (step, z) if kind == "xz" else (z, step[:, 0])

    shared = (num_steps - 1) / num_steps
    information = math.log(num_steps) - shared * math.log(2)
    return Distribution(name, information, kind, draw)


def _clusters(name, information, centres, labels, scale):
    """Normal clusters of equal weight around labelled centres."""
    centres, labels = np.array(centres, "float"), np.array(labels)

    def draw(random, num_rows):
        cluster = random.integers(len(centres), size=num_rows)
        noise = random.normal(size=(num_rows, centres.shape[1]))
        return centres[cluster] + scale * noise, labels[cluster]

    return Distribution(name, information, "zy", draw)


def _two_normals(distance):
    """I(Z;Y) of two equally likely unit normals at a distance, nats.

    log 2 less the mean of log(1 + exp(-u)) over the log density ratio u of
    the own class to the other, which is normal; the sum is as good as exact.
    """
    t = np.arange(-9, 9, 0.01)
    u = distance**2 / 2 + distance * t
    weights = np.exp(-(t**2) / 2)
    mean = np.sum(weights * np.logaddexp(0, -u)) / np.sum(weights)
    return math.log(2) - float(mean)


SQUARE = tuple(itertools.product((-1, 1), repeat=2))
CUBE = tuple(itertools.product((-1, 1), repeat=3))

DISTRIBUTIONS = {
    distribution.name: distribution
    for distribution in (
        elliptic("independent", np.eye(4)),
        elliptic("normal", paired_covariance(0.75)),
        elliptic("normal_cdf", paired_covariance(0.75), normal_cdf),
        elliptic("normal_bimodal", paired_covariance(0.75), _bimodal),
        elliptic("normal_wiggly", paired_covariance(0.75), _wiggly),
        elliptic("normal_half_cube", paired_covariance(0.75), _half_cube),
        uniform_noise("uniform_narrow", 0.1),
        uniform_noise("uniform_wide", 0.75),
        _stairs("stairs", "xz"),
        elliptic("dense_2", dense_covariance(2)),
        elliptic("dense_5", dense_covariance(5)),
        elliptic("dense_25", dense_covariance(25)),
        elliptic("sparse_2", _sparse(2)),
        elliptic("sparse_5", _sparse(5)),
        elliptic("sparse_25", _sparse(25)),
        elliptic("sparse_5_cdf", _sparse(5), normal_cdf),
        elliptic("sparse_5_half_cube", _sparse(5), _half_cube),
        elliptic("student_1", paired_covariance(0.75), dof=1),
        # Without any correlation: radii depend on each other all the same.
        elliptic("student_5", np.eye(10), dof=2),
        elliptic("channel", _channel(np.diag([2.0, 1.0]))),
        _clusters("independent_classes", 0.0, [(0, 0), (0, 0)], [0, 1], 1),
        _clusters("two_classes", _two_normals(2), [(-1,), (1,)], [0, 1], 1),
        _stairs("stair_classes", "zy"),
        # So far apart that the label is certain: H(Y), from shares of 1/2,
        # 1/4, 1/8 and 1/8, and log 2. The square's diagonals are the classes
        # of an exclusive or.
        _clusters(
            "far_classes",
            1.75 * math.log(2),
            CUBE,
            [0, 0, 0, 0, 1, 1, 2, 3],
            0.1,
        ),
        _clusters("xor", math.log(2), SQUARE, [0, 1, 1, 0], 0.1),
    )
}
