"""Renyi: known spectra, theorems, and widths by the names they have."""

from measures import oracle
from measures.samples import read
import numpy as np
import pytest

from keras_ib.measures import Renyi

ALPHAS = [1, 1.01, 1.4, 1.6, 2, 3]
BIT = np.log(2)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(
    ("width", "scale"),
    [
        ("distance", 1.0),
        ("silverman", 2.0),
        ("tapia", 0.5),
        ("alignment", 1.0),
        (1.5, 1.0),
    ],
)
def test_agrees_with_the_oracle(case, alpha, width, scale):
    found = read(Renyi(alpha, width, scale), *case)
    expected = oracle.renyi(*case, alpha, width, scale)
    assert found == pytest.approx(expected, abs=5e-5)


def test_orders_below_one_are_less_exact(case):
    expected = oracle.renyi(*case, 0.5)
    assert read(Renyi(0.5), *case) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_rows_far_apart_are_told_apart(alpha):
    """The kernel of 128 rows is the identity: 7 bits."""
    rows = 100.0 * np.arange(128)[:, None]
    found = read(Renyi(alpha, 1.0), rows, rows)
    assert found["i_xz"] / BIT == pytest.approx(7, abs=1e-5)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_clusters_have_the_entropy_of_their_weights(alpha):
    """log(sum(w**alpha)) / (1 - alpha) for far clusters; Z refines Y."""
    which = np.repeat([0, 1, 2], [32, 16, 16])
    z = 100.0 * which[:, None]

    def entropy(w):
        w = np.array(w)
        if alpha == 1:
            return -np.sum(w * np.log(w))
        return np.log(np.sum(w**alpha)) / (1 - alpha)

    found = read(Renyi(alpha, 1.0), z, z, which == 0)
    assert found["i_xz"] == pytest.approx(entropy([0.5, 0.25, 0.25]), abs=1e-5)
    assert found["i_zy"] == pytest.approx(BIT, abs=1e-5)
    if alpha == 2:
        assert found["i_xz"] / BIT == pytest.approx(1.415037499278844, abs=1e-6)


@pytest.mark.parametrize(
    ("alpha", "bits"), [(2, 0.6780719051126377), (1.01, 0.8096486849274291)]
)
def test_two_points(alpha, bits):
    """Two rows whose kernel is 1/2, and X tells them apart: S(Z)."""
    z = np.repeat([[0.0], [np.sqrt(2 * BIT)]], 8, axis=0)
    found = read(Renyi(alpha, 1.0), z, 1e3 * z, z[:, 0] > 0)
    assert found["i_xz"] / BIT == pytest.approx(bits, abs=2e-6)
    assert found["i_zy"] / BIT == pytest.approx(bits, abs=2e-6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [1, 1.01, 2])
def test_inequalities(seed, alpha):
    """0 <= I(X;Z) <= log n and 0 <= I(Z;Y) <= H(Y)."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 50))
    z = rng.normal(size=(n, int(rng.integers(1, 9))))
    x = np.concatenate([z, rng.normal(size=(n, 3))], axis=1)
    y = rng.integers(0, 3, n)
    for width in (0.1, 1.0, "tapia"):
        found = read(Renyi(alpha, width), z, x, y)
        assert -1e-5 <= found["i_xz"] <= np.log(n) + 1e-5
        assert -1e-5 <= found["i_zy"] <= oracle.entropy(y) + 1e-5


@pytest.mark.parametrize("width", ["distance", "tapia", "alignment"])
def test_these_widths_know_no_unit(case, width):
    z, x, y = case
    first = read(Renyi(2, width), z, x, y)
    other = read(Renyi(2, width), 1000 * z + 10, 0.01 * x, y)
    assert other == pytest.approx(first, abs=1e-5)


@pytest.mark.parametrize("alpha", [1.01, 2])
def test_a_constant_layer_tells_nothing(alpha):
    x = np.arange(20.0)[:, None]
    found = read(Renyi(alpha), np.full((20, 3), 5.0), x, np.arange(20) % 2)
    assert found == pytest.approx({"i_xz": 0, "i_zy": 0}, abs=2e-6)


def test_eigenvalues_are_of_the_first_rows_only(case):
    z, x, y = case
    found = read(Renyi(1.01, max_rows=20), z, x, y)
    expected = oracle.renyi(z, x, y, max_rows=20)
    assert found == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"alpha": 0},
        {"max_rows": 1},
        {"width": 0},
        {"width": "median"},
        {"scale": -1},
    ],
)
def test_refuses_arguments_without_meaning(arguments):
    name, value = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=f"{name}={value!r}"):
        Renyi(**arguments)


def test_the_ceiling_is_that_of_the_rows_that_are_used():
    assert Renyi().fields["i_xz"].ceiling(2048, 1024, 1.0) == np.log(512)
    assert Renyi(2).fields["i_xz"].ceiling(2048, 1024, 1.0) == np.log(2048)
