"""LogDet: Gaussian variables, both shapes of the matrix, and its limits."""

from measures import oracle
from measures.samples import read
import numpy as np
import pytest

from keras_ib.measures import LogDet


def gaussian_pair(rho, n=64):
    """Two columns whose sample moments are exactly those of correlation rho."""
    a = np.random.default_rng(0).normal(size=(n, 2))
    a = np.linalg.qr(a - a.mean(axis=0))[0] * n**0.5
    return a[:, :1], rho * a[:, :1] + (1 - rho**2) ** 0.5 * a[:, 1:]


# The last row is the limit of large beta: -log(1 - rho**2) / 2.
@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize(
    ("beta", "truth", "tolerance"),
    [(10, 0.312628422508547, 1e-6), (1e5, 0.41333928659223396, 5e-5)],
)
def test_two_correlated_numbers(beta, truth, tolerance, standardise):
    x, z = gaussian_pair(0.75)
    found = read(LogDet(beta, standardise), z, x)
    assert found["i_xz"] == pytest.approx(truth, abs=tolerance)


# n rows; d, p elements: primal and dual forms, tall and wide.
@pytest.mark.parametrize(
    ("n", "d", "p"),
    [(60, 1, 1), (60, 5, 3), (20, 50, 3), (20, 50, 40), (30, 10, 200)],
)
@pytest.mark.parametrize("standardise", [True, False])
def test_agrees_with_the_oracle(rng, n, d, p, standardise):
    x = rng.normal(size=(n, p)).astype("float32")
    z = np.maximum(x @ rng.normal(size=(p, d)) / p**0.5, 0).astype("float32")
    y = (x[:, 0] > 0) * 1
    for beta in (1.0, 100.0):
        found = read(LogDet(beta, standardise), z, x, y)
        expected = oracle.logdet(z, x, y, beta, standardise)
        assert found == pytest.approx(expected, rel=1e-4, abs=2e-4)


@pytest.mark.parametrize("seed", range(5))
def test_inequalities(seed):
    """0 <= I, and more with more units (Fischer's inequality)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 3))
    z = np.tanh(x @ rng.normal(size=(3, 6)))
    y = rng.integers(0, 3, 40)
    less, more = (read(LogDet(), z[:, :k], x, y) for k in (3, 6))
    for field in less:
        assert -1e-4 <= less[field] <= more[field] + 1e-4


def test_standardised_units_have_no_unit(rng):
    """Invariant under an affine map of each unit by itself."""
    x, z = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    z[:, :3] += x
    y = (x[:, 0] > 0) * 1
    first = read(LogDet(), z, x, y)
    moved = z * [1e3, 1e-3, -1, 8] + [1000, 1, 0, -5]
    assert read(LogDet(), moved, x, y) == pytest.approx(first, abs=1e-3)


@pytest.mark.parametrize("standardise", [True, False])
def test_huge_activations_do_not_break_the_decomposition(rng, standardise):
    z = 1e6 * np.repeat(rng.normal(size=(40, 1)), 100, axis=1)
    found = read(LogDet(1e8, standardise), z, z, z[:, 0] > 0)
    assert np.all(np.isfinite(list(found.values())))
    assert found["i_xz"] > 1


def test_thousands_of_equal_units_are_one(rng):
    """At the limit of beta the decomposition holds; rounding is small."""
    x, z = rng.normal(size=(2, 200, 1))
    found = read(LogDet(1e8), np.repeat(z, 6000, axis=1), x)
    assert found == pytest.approx({"i_xz": 0, "i_zy": 0}, abs=0.1)


@pytest.mark.parametrize("standardise", [True, False])
def test_a_constant_layer_tells_nothing(standardise):
    x = np.arange(20.0)[:, None]
    z = np.full((20, 30), 1000.0)
    found = read(LogDet(standardise=standardise), z, x, np.arange(20) % 2)
    assert found == pytest.approx({"i_xz": 0, "i_zy": 0}, abs=1e-4)


def test_refuses_noise_without_variance():
    with pytest.raises(ValueError, match="beta=0"):
        LogDet(beta=0)
