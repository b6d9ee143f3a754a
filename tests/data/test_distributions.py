"""The known answers: each again, from the densities, by other means."""

from itertools import pairwise
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from keras_ib.data import distributions
from keras_ib.data.distributions import DISTRIBUTIONS

pytestmark = pytest.mark.jax

MAPPED = [
    ("normal", "normal_cdf"),
    ("normal", "normal_bimodal"),
    ("normal", "normal_wiggly"),
    ("normal", "normal_half_cube"),
    ("sparse_5", "sparse_5_cdf"),
    ("sparse_5", "sparse_5_half_cube"),
]


def blocks(d, same, other):
    """Correlations `[2d, 2d]`: within X and Z, and of X_i with Z_i."""
    correlation = np.full((2 * d, 2 * d), float(same))
    np.fill_diagonal(correlation, 1)
    for i, value in enumerate(other):
        correlation[i, d + i] = correlation[d + i, i] = value
    return correlation


def normal(covariance):
    return stats.multivariate_normal, {"cov": covariance}


def student(dispersion, dof):
    return stats.multivariate_t, {"shape": dispersion, "df": dof}


CHANNEL = [[1, 0, 2, 0], [0, 1, 0, 1], [2, 0, 5, 0], [0, 1, 0, 2]]
ELLIPTIC = {
    "independent": normal(np.eye(4)),
    "normal": normal([[1, 0.75], [0.75, 1]]),
    "dense_2": normal(blocks(2, 0.5, [0.5] * 2)),
    "dense_5": normal(blocks(5, 0.5, [0.5] * 5)),
    "dense_25": normal(blocks(25, 0.5, [0.5] * 25)),
    "sparse_2": normal(blocks(2, 0, [0.8, 0.8])),
    "sparse_5": normal(blocks(5, 0, [0.8, 0.8])),
    "sparse_25": normal(blocks(25, 0, [0.8, 0.8])),
    "student_1": student([[1, 0.75], [0.75, 1]], 1),
    "student_5": student(np.eye(10), 2),
    "channel": normal(np.array(CHANNEL)),
}


def elliptic_ratio(name, x, z):
    """Logs of p(x, z) / (p(x) p(z)), from the densities of SciPy."""
    family, given = ELLIPTIC[name]
    ((matrix, value), *rest) = given.items()
    value, d = np.asarray(value), x.shape[1]

    def log_density(rows, part):
        return family.logpdf(rows, **{matrix: value[part, part], **dict(rest)})

    both = log_density(np.hstack([x, z]), slice(None))
    x, z = log_density(x, slice(d)), log_density(z, slice(d, None))
    return both - x - z


def uniform_ratio(e, x, z):
    """Half-width e: the density of Z is what X's window shares with [0, 1]."""
    window = np.minimum(z + e, 1) - np.maximum(z - e, 0)
    assert np.all(np.abs(z - x) <= e + 1e-6)
    return -np.log(window[:, 0])


def stairs_ratio(step, z):
    assert np.all((z >= step - 1e-6) & (z <= step + 2 + 1e-6))
    steps = np.arange(5)
    holders = np.sum((z >= steps) & (z <= steps + 2), axis=1)
    return np.log(5 / holders)


def cluster_ratio(centres, labels, scale, z, y):
    distance = (np.square(z[:, None] - np.array(centres))).sum(2)
    log_density = -distance / (2 * scale**2)
    own = np.where(np.array(labels) == y[:, None], log_density, -np.inf)
    share = np.mean(np.array(labels) == y[:, None], axis=1)
    return (
        special.logsumexp(own, axis=1)
        - np.log(share)
        - special.logsumexp(log_density, axis=1)
    )


SQUARE = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
CUBE = [(a, *rest) for a in (-1, 1) for rest in SQUARE]
RATIOS = {
    **{
        name: lambda x, z, name=name: elliptic_ratio(name, x, z)
        for name in ELLIPTIC
    },
    "uniform_narrow": lambda x, z: uniform_ratio(0.1, x, z),
    "uniform_wide": lambda x, z: uniform_ratio(0.75, x, z),
    "stairs": stairs_ratio,
    "stair_classes": lambda z, y: stairs_ratio(y[:, None], z),
    "independent_classes": lambda z, y: cluster_ratio(
        [(0, 0)] * 2, [0, 1], 1, z, y
    ),
    "two_classes": lambda z, y: cluster_ratio([(-1,), (1,)], [0, 1], 1, z, y),
    "xor": lambda z, y: cluster_ratio(SQUARE, [0, 1, 1, 0], 0.1, z, y),
    "far_classes": lambda z, y: cluster_ratio(
        CUBE, [0, 0, 0, 0, 1, 1, 2, 3], 0.1, z, y
    ),
}


def test_all_truths_are_tested():
    assert {*RATIOS, *(name for _, name in MAPPED)} == set(DISTRIBUTIONS)


@pytest.mark.parametrize("name", RATIOS)
def test_mean_log_density_ratio_of_the_sample(name):
    """The information is this mean, of the rows that the sampler gives."""
    distribution = DISTRIBUTIONS[name]
    arrays = distribution.sample(50_000, seed=1).values()
    ratio = RATIOS[name](*(array.astype("float64") for array in arrays))
    error = np.std(ratio) / len(ratio) ** 0.5
    assert error < 0.015
    # Four standard errors, beside the rounding of the rows to float32.
    difference = np.mean(ratio) - distribution.mutual_information
    assert abs(difference) < 4 * error + 1e-6


# Of the rows themselves, which a ratio that is 0 everywhere does not see.
@pytest.mark.parametrize("name", ELLIPTIC)
def test_ranks_correlate_as_the_dispersion_says(name):
    rows = np.hstack([*DISTRIBUTIONS[name].sample(20_000).values()])
    ((_, matrix), *_) = ELLIPTIC[name][1].items()
    scale = np.sqrt(np.diag(matrix))
    # Kendall's tau is 2 / pi arcsin(rho) for all elliptic pairs; signs of
    # differences of independent rows have it for their mean product.
    signs = np.sign(rows[::2] - rows[1::2])
    tau = signs.T @ signs / len(signs)
    expected = np.arcsin(matrix / np.outer(scale, scale)) * 2 / np.pi
    np.testing.assert_allclose(tau, expected, atol=0.045)


@pytest.mark.parametrize("name", ["independent_classes", "two_classes"])
def test_classes_have_their_means(name):
    z, y = DISTRIBUTIONS[name].sample(20_000).values()
    centre = {"independent_classes": 0, "two_classes": 1}[name]
    for label, mean in enumerate([-centre, centre]):
        np.testing.assert_allclose(z[y == label].mean(0), mean, atol=0.05)
        np.testing.assert_allclose(z[y == label].std(0), 1, atol=0.05)


@pytest.mark.parametrize(("plain", "mapped"), MAPPED)
def test_increasing_maps_keep_the_ranks_and_so_the_information(plain, mapped):
    plain, mapped = DISTRIBUTIONS[plain], DISTRIBUTIONS[mapped]
    assert mapped.mutual_information == plain.mutual_information
    before, after = plain.sample(5000, seed=3), mapped.sample(5000, seed=3)
    for name in "xz":
        order = np.argsort(before[name], axis=0)
        ordered = np.take_along_axis(after[name], order, axis=0)
        assert np.all(np.diff(ordered, axis=0) >= 0)
        # No two rows become one, up to the rounding to float32.
        assert len(np.unique(ordered[:, 0])) > 4990
        assert np.max(np.abs(after[name] - before[name])) > 0.1


def test_shapes_of_the_margins():
    for name in ("normal_cdf", "sparse_5_cdf"):
        x = DISTRIBUTIONS[name].sample(5000)["x"][:, 0]
        assert stats.kstest(x, "uniform").pvalue > 1e-3
    x = DISTRIBUTIONS["normal_bimodal"].sample(5000)["x"]
    left, middle, right = np.histogram(x, [-3.5, -1.5, 1.5, 3.5])[0]
    assert min(left, right) > middle


@pytest.mark.parametrize("name", ["uniform_narrow", "uniform_wide"])
def test_uniform_noise_by_quadrature(name):
    """I = h(Z) - log(2 e), with the density of Z a trapezium."""
    e = {"uniform_narrow": 0.1, "uniform_wide": 0.75}[name]

    def density(z):
        return max(min(z + e, 1) - max(z - e, 0), 0) / (2 * e)

    corners = sorted([-e, e, 1 - e, 1 + e])
    entropy = sum(
        integrate.quad(lambda z: special.entr(density(z)), *ends)[0]
        for ends in pairwise(corners)
    )
    truth = DISTRIBUTIONS[name].mutual_information
    assert truth == pytest.approx(entropy - math.log(2 * e), abs=1e-7)


def test_two_classes_by_quadrature():
    def integrand(z):
        own, other = stats.norm.pdf(z, [1, -1])
        return own * math.log(2 * own / (own + other))

    truth = DISTRIBUTIONS["two_classes"].mutual_information
    assert truth == pytest.approx(integrate.quad(integrand, -9, 9)[0], abs=1e-9)
    assert truth / math.log(2) == pytest.approx(0.4859441541329351, abs=1e-12)


@pytest.mark.parametrize("name", ["student_1", "student_5"])
def test_student_by_the_entropies_of_scipy(name):
    _, given = ELLIPTIC[name]
    dispersion, dof = np.asarray(given["shape"]), given["df"]
    d = len(dispersion) // 2
    x, z, both = (
        stats.multivariate_t(shape=part, df=dof).entropy()
        for part in (dispersion[:d, :d], dispersion[d:, d:], dispersion)
    )
    truth = DISTRIBUTIONS[name].mutual_information
    assert truth == pytest.approx(x + z - both, abs=1e-10)


def test_student_with_light_tails_is_normal():
    student = distributions.elliptic("t", np.eye(6), dof=1e4)
    assert student.mutual_information == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("x", [0.5, 1, 1.5, 2, 5.5, 26])
def test_digamma(x):
    found = distributions._digamma(x)
    assert found == pytest.approx(special.digamma(x), abs=1e-10)


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("channel", math.log2(10) / 2),
        ("far_classes", 1.75),
        ("xor", 1),
        ("independent", 0),
        ("independent_classes", 0),
    ],
)
def test_answers_in_bits(name, bits):
    truth = DISTRIBUTIONS[name].mutual_information
    assert truth / math.log(2) == pytest.approx(bits, abs=1e-12)


# As printed in Czyz et al. (2023).
@pytest.mark.parametrize(
    ("name", "nats"),
    [
        ("normal", 0.41334),
        ("uniform_narrow", 1.70944),
        ("uniform_wide", 0.33333),
        ("dense_2", 0.29389),
        ("dense_5", 0.59281),
        ("dense_25", 1.29218),
        ("sparse_25", 1.02165),
    ],
)
def test_published_answers(name, nats):
    truth = DISTRIBUTIONS[name].mutual_information
    assert truth == pytest.approx(nats, abs=5e-6)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_are_arrays_that_follow_the_seed(name):
    distribution = DISTRIBUTIONS[name]
    found, again = distribution.sample(60, 7), distribution.sample(60, seed=7)
    other = distribution.sample(60, seed=8)
    assert distribution.name == name
    assert "".join(found) == distribution.kind
    for key, array in found.items():
        assert array.dtype == ("int32" if key == "y" else "float32")
        assert array.shape[0] == 60
        assert array.ndim == (1 if key == "y" else 2)
        np.testing.assert_array_equal(array, again[key])
        assert not np.array_equal(array, other[key])
