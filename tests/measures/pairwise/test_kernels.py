"""HSIC and Cauchy-Schwarz: dependence from kernels."""

from measures import oracle
from measures.samples import read, sample
import numpy as np
import pytest

from keras_ib.measures import HSIC, CauchySchwarz, Renyi, evaluate
from keras_ib.measures.sample.distances import Points

ORACLES = {HSIC: oracle.hsic, CauchySchwarz: oracle.cauchy_schwarz}


@pytest.mark.parametrize("measure", ORACLES)
@pytest.mark.parametrize(
    ("width", "scale"),
    [
        ("distance", 1.0),
        ("silverman", 2.0),
        ("tapia", 0.5),
        ("alignment", 1.0),
        (1.5, 10.0),
    ],
)
def test_agrees_with_the_oracle(case, measure, width, scale):
    found = read(measure(width, scale), *case)
    expected = ORACLES[measure](*case, width, scale)
    assert found == pytest.approx(expected, rel=1e-4, abs=2e-6)


@pytest.mark.parametrize("width", ["distance", 0.5])
def test_the_biased_estimate_agrees_with_the_oracle(case, width):
    found = read(HSIC(width, debiased=False), *case)
    expected = oracle.hsic(*case, width, debiased=False)
    assert found == pytest.approx(expected, rel=1e-4, abs=2e-6)


def test_only_the_debiased_alignment_survives_many_dimensions(rng):
    """Independent rows with more elements than there are rows."""
    z, x = rng.normal(size=(2, 100, 3000))
    assert read(HSIC(debiased=False), z, x)["cka_xz"] > 0.9
    assert abs(read(HSIC(), z, x)["cka_xz"]) < 0.1


def test_alignment_with_itself_is_one(case):
    z, _, y = case
    found = read(HSIC(), z, 3 * z + 1, y)
    assert found["cka_xz"] == pytest.approx(1, abs=1e-5)
    # One point for each class is the kernel of the labels.
    found = read(HSIC(0.01), y[:, None] * 1.0, z, y)
    assert found["cka_zy"] == pytest.approx(1, abs=1e-5)


def test_independence_is_near_zero():
    rng = np.random.default_rng(0)
    z, x = rng.normal(size=(1500, 2)), rng.normal(size=(1500, 2))
    rows = z, x, rng.integers(0, 2, 1500)
    assert max(np.abs(list(read(HSIC(), *rows).values()))) < 0.01
    assert max(read(CauchySchwarz(), *rows).values()) < 0.01


# Normal numbers of correlation rho, their densities smoothed by s: rho is
# then rho / (1 + s**2), and the divergence has a closed form.
@pytest.mark.parametrize(
    ("rho", "s", "tolerance"), [(0.75, 0.3, 0.02), (0.5, 0.5, 0.01)]
)
def test_cauchy_schwarz_of_normal_numbers(rho, s, tolerance):
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 2000, 1))
    z = rho * x + (1 - rho**2) ** 0.5 * noise
    r = rho / (1 + s**2)
    truth = np.log((4 - r**2) / 4) - np.log(1 - r**2) / 2
    found = read(CauchySchwarz(s * 2**0.5), z, x)["i_xz"]
    assert found == pytest.approx(truth, abs=tolerance)


@pytest.mark.parametrize("seed", range(5))
def test_inequalities(seed):
    """Nothing is below 0, and no alignment above 1."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 50))
    z = rng.normal(size=(n, int(rng.integers(1, 100))))
    x, y = rng.normal(size=(n, 2)), rng.integers(0, 3, n)
    for width in (0.1, 1.0, "distance"):
        found = read(HSIC(width, debiased=False), z, x, y)
        assert min(found.values()) >= -1e-6
        assert max(found["cka_xz"], found["cka_zy"]) <= 1 + 1e-5
        assert min(read(CauchySchwarz(width), z, x, y).values()) >= -1e-5


@pytest.mark.jax
@pytest.mark.parametrize("measure", [HSIC, CauchySchwarz, Renyi])
def test_standardised_columns_have_no_scale(rng, measure):
    x, noise = rng.normal(size=(2, 60, 2))
    z = np.hstack([x, noise])
    first, *others = (
        read(measure(standardise=True), z * [1, 1, s, s], x)
        for s in (1, 30, 1e3)
    )
    for other in others:
        assert other == pytest.approx(first, abs=1e-4)
    plain = read(measure(), oracle.standardised(z), oracle.standardised(x))
    assert first == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize(
    "measure", [HSIC(), HSIC(debiased=False), CauchySchwarz(), Renyi(2)]
)
def test_constants_tell_nothing(measure):
    x = np.arange(20.0)[:, None]
    for z in (np.zeros((20, 3)), np.full((20, 3), 1000.0)):
        found = read(measure, z, x, np.arange(20) % 2)
        assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-5)
    one_class = read(measure, x, x)
    assert [v for k, v in one_class.items() if k.endswith("zy")] == (
        pytest.approx([0.0] * (2 if "cka_zy" in one_class else 1), abs=1e-5)
    )


def test_equal_widths_share_their_kernels(monkeypatch, case):
    calls = []
    original = Points.distances
    monkeypatch.setattr(
        Points,
        "distances",
        lambda *arguments: calls.append(1) or original(*arguments),
    )
    z, x, y = case
    evaluate([HSIC(), CauchySchwarz(), Renyi(2)], [sample(z, x, y)])
    assert len(calls) == 2  # One for Z and one for X.


@pytest.mark.parametrize("measure", ORACLES)
@pytest.mark.parametrize("width", [0, -1.0, "median"])
def test_refuses_widths_without_meaning(measure, width):
    with pytest.raises(ValueError, match=f"width={width!r}"):
        measure(width)
