"""KDE and AKDE: bounds that hold, at the values that they must have."""

from measures import oracle
from measures.samples import read
import numpy as np
import pytest

from keras_ib.measures import AKDE, KDE, Noisy

BIT = np.log(2)


# Two points at a distance of delta standard deviations of the noise, in bits;
# the information that a noisy reading has of which of them it is.
@pytest.mark.parametrize(
    ("delta", "upper", "truth", "lower"),
    [
        (1, 0.31605, 0.16075, 0.08735),
        (2, 0.816881587918404, 0.4859441541329351, 0.31605148592376453),
        (4, 0.99952, 0.91282, 0.81688),
    ],
)
def test_two_points(delta, upper, truth, lower):
    z = np.repeat([[0.0], [delta]], 8, axis=0)
    found = read(KDE(1.0), z, y=z[:, 0] > 0)
    assert lower <= truth <= upper
    np.testing.assert_allclose(found["i_xz_upper"] / BIT, upper, atol=6e-6)
    np.testing.assert_allclose(found["i_xz_lower"] / BIT, lower, atol=6e-6)
    # Each class is a single point: all information is about the label.
    assert found["i_zy_upper"] == pytest.approx(found["i_xz_upper"], abs=1e-6)
    assert found["i_zy_lower"] == pytest.approx(found["i_xz_lower"], abs=1e-6)


@pytest.mark.parametrize("scale", [100, 1e5])
def test_far_clusters_have_the_entropy_of_their_weights(rng, scale):
    """Weights (1/2, 1/4, 1/4): 1.5 bits from both sides; the label has 1."""
    which = np.repeat([0, 1, 2], [32, 16, 16])
    z = scale * rng.normal(size=(3, 10))[which]
    found = read(KDE(0.1), z, y=which == 0)
    np.testing.assert_allclose(
        list(found.values()), [1.5 * BIT, 1.5 * BIT, BIT, BIT], atol=1e-6
    )


def mixture_information(centres, variance, rng, num_draws=400):
    """I(X; Z + noise) by Monte Carlo, and its standard error, nats."""
    n, dim = centres.shape
    noise = rng.normal(size=(num_draws, n, dim)) * variance**0.5
    squares = np.sum(noise**2, axis=2)
    density = np.empty((num_draws, n))
    for k in range(num_draws):
        d = np.sum((centres[:, None] + noise[k][:, None] - centres) ** 2, 2)
        density[k] = np.log(np.mean(np.exp(-d / (2 * variance)), axis=1))
    values = -squares / (2 * variance) - density
    return values.mean(), values.std() / values.size**0.5


@pytest.mark.parametrize("seed", range(4))
def test_the_truth_is_between_the_bounds(seed):
    """lower <= I(X; Z + noise) <= upper <= log n."""
    rng = np.random.default_rng(seed)
    n, dim = int(rng.integers(10, 40)), int(rng.integers(1, 5))
    centres = rng.normal(size=(n, dim)) * rng.uniform(0.3, 3)
    truth, error = mixture_information(centres, 0.5, rng)
    found = read(KDE(0.5), centres)
    assert found["i_xz_lower"] <= truth + 4 * error
    assert found["i_xz_upper"] >= truth - 4 * error
    assert found["i_xz_upper"] <= np.log(n) + 1e-6


@pytest.mark.parametrize(
    "measure", [KDE(0.1), AKDE(), Noisy(("additive", 0.3))]
)
def test_a_constant_x_tells_nothing_of_a_z_that_varies(rng, measure):
    """Equal X of unequal Z: Z is no function of X, and I(X;Z) is 0."""
    found = read(measure, 3 * rng.normal(size=(80, 4)), np.zeros(80))
    field = "i_xz" if isinstance(measure, Noisy) else "i_xz_lower"
    assert found[field] == pytest.approx(0, abs=1e-5)
    assert found.get("i_xz_upper", 0) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("variance", [0.01, 0.1, 1.0])
def test_the_truth_is_between_the_bounds_where_z_is_a_channel(rng, variance):
    """X of five values, each with several Z; the truth by Monte Carlo."""
    x = np.arange(100) % 5
    z = 0.7 * x[:, None] + 0.8 * rng.normal(size=(100, 2))
    noisy = z[:, None] + variance**0.5 * rng.normal(size=(100, 400, 2))
    d = np.sum((noisy[:, :, None] - z) ** 2, axis=3)
    density = np.exp(-d / (2 * variance))
    own = [density[x == c][:, :, x == c].mean(axis=2) for c in range(5)]
    ratio = np.concatenate(own) / np.concatenate(
        [density[x == c].mean(axis=2) for c in range(5)]
    )
    truth, error = np.log(ratio).mean(), np.log(ratio).std() / 200
    found = read(KDE(variance), z, x)
    assert found["i_xz_lower"] <= truth + 4 * error
    assert found["i_xz_upper"] >= truth - 4 * error
    assert found["i_xz_upper"] <= np.log(5) + 1e-6
    through_noise = read(Noisy(("additive", variance**0.5)), z, x)
    limit = 4 * through_noise["i_xz_se"] + 4 * error
    assert through_noise["i_xz"] == pytest.approx(truth, abs=limit)
    # As if all X were different, both were far above.
    assert truth < read(Noisy(("additive", variance**0.5)), z)["i_xz"] - 0.3


def test_standardised_columns_have_no_scale(rng):
    z = rng.normal(size=(60, 3))
    first = read(KDE(0.1, standardise=True), z)
    scaled = read(KDE(0.1, standardise=True), z * [1, 30, 1e3] + 5)
    assert scaled == pytest.approx(first, abs=1e-4)
    assert first == pytest.approx(
        read(KDE(0.1), oracle.standardised(z)), abs=1e-5
    )


def test_equal_x_of_equal_z_count_as_before(rng):
    z = rng.normal(size=(20, 3))[np.arange(80) % 20]
    found = read(KDE(0.1), z, np.arange(80) % 20)
    assert found == pytest.approx(read(KDE(0.1), z), abs=1e-5)


def test_linear_gaussian_channel():
    """Z = diag(2, 1) X and noise 1: 1.66096 bits, and bounds far from it."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 2)) * [2, 1]
    found = read(KDE(1.0), z)
    np.testing.assert_allclose(found["i_xz_upper"] / BIT, 2.588, atol=0.06)
    np.testing.assert_allclose(found["i_xz_lower"] / BIT, 1.163, atol=0.04)


@pytest.mark.parametrize("seed", range(6))
def test_inequalities(seed):
    """0 <= lower <= upper <= log n; more noise, less information."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 60))
    z = rng.normal(size=(n, int(rng.integers(1, 30)))) * rng.uniform(0.1, 10)
    y = rng.integers(0, 3, n)
    h_y = oracle.entropy(y)
    before = None
    for variance in (0.01, 0.1, 1.0, 10.0):
        found = read(KDE(variance), z, y=y)
        assert -1e-6 <= found["i_xz_lower"] <= found["i_xz_upper"] + 1e-6
        assert found["i_xz_upper"] <= np.log(n) + 1e-6
        assert max(found["i_zy_lower"], found["i_zy_upper"]) <= h_y + 1e-6
        if before is not None:
            assert found["i_xz_upper"] <= before["i_xz_upper"] + 1e-6
            assert found["i_xz_lower"] <= before["i_xz_lower"] + 1e-6
        before = found


def test_is_invariant_under_rigid_motions_and_permutations(rng):
    z, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    order = rng.permutation(60)
    first = read(KDE(0.2), z, y=y)
    for other in (z @ turn, z + 1000, -z):
        moved = read(KDE(0.2), other, y=y)
        # A mean of 1,000 leaves float32 steps of 6e-5 in Z.
        assert moved == pytest.approx(first, abs=2e-4)
    assert read(KDE(0.2), z[order], y=y[order]) == pytest.approx(
        first, abs=2e-6
    )


@pytest.mark.parametrize("power", [1, 2])
def test_adapted_noise_is_in_proportion_to_the_largest_activation(rng, power):
    z, y = 3 * rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    largest = np.abs(z).max()
    expected = read(KDE(0.05 * largest**power), z, y=y)
    assert read(AKDE(0.05, power), z, y=y) == pytest.approx(expected, abs=1e-5)


def test_power_two_knows_no_unit(rng):
    """I(X; aZ) = I(X; Z) with power 2, and not with power 1."""
    z, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    first, other = (read(AKDE(0.05, 2), a * z, y=y) for a in (1, 64))
    assert first == pytest.approx(other, abs=1e-5)
    first, other = (read(AKDE(0.05, 1), a * z, y=y) for a in (1, 64))
    assert other["i_xz_upper"] > first["i_xz_upper"] + 0.1


@pytest.mark.parametrize("measure", [KDE(), AKDE(), AKDE(power=2)])
@pytest.mark.parametrize("value", [0.0, 7.0, 1e4])
def test_a_constant_layer_tells_nothing(measure, value):
    found = read(measure, np.full((20, 5), value), y=np.arange(20) % 2)
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-6)


@pytest.mark.parametrize(
    "create",
    [
        lambda: KDE(0),
        lambda: KDE(-1.0),
        lambda: KDE(float("nan")),
        lambda: AKDE(0),
        lambda: AKDE(power=3),
    ],
)
def test_refuses_noise_that_is_none(create):
    with pytest.raises(ValueError, match=r"above 0|Not a finite number"):
        create()
