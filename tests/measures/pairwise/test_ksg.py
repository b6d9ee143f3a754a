"""KSG: known information, published implementations, ties, and theorems."""

from keras import ops
from measures import oracle
from measures.samples import read, sample
import numpy as np
import pytest
from sklearn.feature_selection import (
    mutual_info_classif,
    mutual_info_regression,
)

import keras_ib
from keras_ib import runtime
from keras_ib.measures import KSG, Sample, Variable
from keras_ib.measures.pairwise import blocks as pairwise
from keras_ib.measures.pairwise.neighbours import TIE, radius


def normal_pair(rng, n, rho=0.75, dim=1):
    """Independent pairs of normal numbers of correlation rho: X and Z."""
    x, noise = rng.normal(size=(2, n, dim))
    return x, rho * x + (1 - rho**2) ** 0.5 * noise


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("dim", [1, 16, 17])
def test_agrees_with_the_oracle(rng, k, dim):
    """By differences of few columns, and by products of more."""
    x, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    z = x @ rng.normal(size=(4, dim)) + y[:, None]
    expected = oracle.ksg(z, x, y, k)
    assert read(KSG(k), z, x, y) == pytest.approx(expected, abs=2e-6)


@pytest.mark.jax
@pytest.mark.parametrize("n", [5, 16, 17, 143, 1025])
@pytest.mark.parametrize("k", [1, 3, 10, 100])
def test_the_radius_is_that_of_a_sort(rng, n, k):
    """Of any values, of many that are equal, and of infinite ones."""
    distances = rng.uniform(1, 2, size=(12, n)).astype("float32")
    distances[4:8] = np.round(4 * distances[4:8])
    distances[8:, rng.permutation(n)[3:]] = np.inf
    nearest = np.sort(distances, axis=1)[:, : k + 1]
    expected = np.max(nearest, axis=1, where=nearest < np.inf, initial=0)
    found = ops.convert_to_numpy(radius(ops.convert_to_tensor(distances), k))
    np.testing.assert_allclose(found[:, 0], expected * (1 - TIE), rtol=1e-6)


# Two numbers whose information is known, and what 2,000 rows leave open.
@pytest.mark.parametrize(
    ("dim", "rho", "tolerance"),
    [(1, 0.0, 0.05), (1, 0.75, 0.05), (1, 0.95, 0.06), (2, 0.75, 0.08)],
)
def test_normal_numbers(dim, rho, tolerance):
    """-dim / 2 log(1 - rho**2): .41334 at .75."""
    x, z = normal_pair(np.random.default_rng(0), 2000, rho, dim)
    truth = -dim / 2 * np.log(1 - rho**2)
    assert read(KSG(), z, x)["i_xz"] == pytest.approx(truth, abs=tolerance)


@pytest.mark.parametrize(("e", "truth"), [(0.1, 1.70944), (0.75, 1 / 3)])
def test_uniform_noise(e, truth):
    """X uniform on (0, 1) and Z = X + U(-e, e)."""
    x, noise = np.random.default_rng(0).uniform(size=(2, 2000))
    z = x + e * (2 * noise - 1)
    assert read(KSG(), z[:, None], x)["i_xz"] == pytest.approx(truth, abs=0.05)


@pytest.mark.parametrize("m", [2, 5])
def test_mixture_of_whole_and_real_numbers(m):
    """X in 0 .. m-1, Z = X + U(0, 2): log m - (m - 1) / m log 2.

    X as a number, as it stands in Gao et al. (2017), and as a label.
    """
    rng = np.random.default_rng(0)
    x = rng.integers(0, m, 2000)
    z = x + rng.uniform(0, 2, 2000)
    truth = np.log(m) - (m - 1) / m * np.log(2)
    found = read(KSG(), z[:, None], x, x)
    assert found == pytest.approx({"i_xz": truth, "i_zy": truth}, abs=0.05)


def test_whole_numbers_are_counted():
    """Few values of many rows each: the plug-in estimate, almost."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, 1000)
    z = np.where(rng.uniform(size=1000) < 0.8, x, rng.integers(0, 4, 1000))
    truth = oracle.information(x, z)
    assert read(KSG(), z, x)["i_xz"] == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_agrees_with_scikit_learn(k):
    """It scales both and moves them by 1e-10; and gives no less than 0."""
    rng = np.random.default_rng(0)
    x, z = (a.astype("float32") for a in normal_pair(rng, 1000))
    y = (x[:, 0] > 0) + rng.integers(0, 2, 1000)
    found = read(KSG(k), z, x, y)
    (i_xz,) = mutual_info_regression(
        x, z[:, 0], discrete_features=False, n_neighbors=k, random_state=0
    )
    (i_zy,) = mutual_info_classif(
        z, y, discrete_features=False, n_neighbors=k, random_state=0
    )
    assert found == pytest.approx({"i_xz": i_xz, "i_zy": i_zy}, abs=2e-4)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_agrees_with_ennemi(k):
    ennemi = pytest.importorskip("ennemi")
    rng = np.random.default_rng(0)
    x, z = (a.astype("float32") for a in normal_pair(rng, 1000))
    x, z = x / x.std(), z / z.std()
    y = (x[:, 0] > 0) + rng.integers(0, 2, 1000)
    found = read(KSG(k), z, x, y)
    i_xz = ennemi.estimate_mi(z[:, 0], x, k=k, preprocess=False)
    i_zy = ennemi.estimate_mi(y, z, k=k, preprocess=False, discrete_y=True)
    assert found["i_xz"] == pytest.approx(i_xz.item(), abs=2e-4)
    assert found["i_zy"] == pytest.approx(i_zy.item(), abs=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_theorems(seed):
    """I(X;Z) = I(Z;X), whatever is shifted, scaled by column or reordered."""
    rng = np.random.default_rng(seed)
    x, z = normal_pair(rng, 60, dim=3)
    y = rng.integers(0, 3, 60)
    order = rng.permutation(60)
    first = read(KSG(), z, x, y)
    for rows in [
        (1000 * z, x, y),
        (z * [1e3, 1, 1e-3] - 3, x * [1e-3, 30, -1], y),
        (z[order], x[order], y[order]),
        (z, x, 2 - y),
    ]:
        assert read(KSG(), *rows) == pytest.approx(first, abs=1e-5)
    swapped = read(KSG(), x, z, y)["i_xz"]
    assert swapped == pytest.approx(first["i_xz"], abs=1e-5)


def test_turned_samples_of_columns_as_they_are(rng):
    x, z = normal_pair(rng, 60, dim=3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    plain = KSG(standardise=False)
    first = read(plain, z, x)
    turned = read(plain, z @ turn - 3, 1e-3 * x @ turn)
    assert turned == pytest.approx(first, abs=1e-5)
    y = np.zeros(60, int)
    expected = oracle.ksg(z, x, y, standardise=False)
    assert first == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("num_noise", [1, 16])
def test_a_column_of_noise_hides_nothing_by_its_scale(num_noise):
    """As many nats, whatever the noise is multiplied by; of Z and of X."""
    rng = np.random.default_rng(0)
    w, z = normal_pair(rng, 500, rho=0.9)
    noise = rng.normal(size=(500, num_noise))
    scaled = [np.hstack([z, s * noise]) for s in (1, 30, 1000)]
    first, *others = (
        number
        for rows in scaled
        for number in (
            read(KSG(), rows, w)["i_xz"],
            read(KSG(), w, rows)["i_xz"],
        )
    )
    assert others == pytest.approx([first] * 5, abs=1e-3)
    if num_noise == 1:
        assert first == pytest.approx(-np.log(1 - 0.81) / 2, abs=0.12)
    plain = KSG(standardise=False)
    assert read(plain, scaled[2], w)["i_xz"] < 0.1


def test_a_constant_column_with_rounding_is_none(rng):
    x, z = normal_pair(rng, 200)
    rounding = 3 + 2.0**-22 * rng.integers(2, size=(200, 1))
    found = read(KSG(), np.hstack([z, rounding]), x)
    assert found == pytest.approx(read(KSG(), z, x), abs=1e-3)


def test_a_mean_of_1000_costs_nothing(rng):
    """The numbers are those of the float32 rows in float64."""
    x, z = (a.astype("float32") + 1000 for a in normal_pair(rng, 200, dim=2))
    y = rng.integers(0, 2, 200)
    z, x = z.astype("float32"), x.astype("float32")
    expected = oracle.ksg(z.astype("float64"), x.astype("float64"), y)
    assert read(KSG(), z, x, y) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("block", [8, 20, 43])
@pytest.mark.parametrize("dim", [3, 40])
def test_in_blocks_of_any_size(monkeypatch, rng, block, dim):
    """Compiled, on either backend."""
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", block)
    z, x = rng.normal(size=(2, 43, dim)).astype("float32")
    y = rng.integers(0, 3, 43)
    rows = sample(z, x, y)

    def compute(z, x, y):
        variable = Variable("classes", 3)
        return KSG()(
            Sample(z, x, y=y, y_class=y, num_fit=20, variable=variable)
        )

    found = runtime.backend.compiled(compute)(rows.z, rows.x, rows.y)
    found = {field: float(value) for field, value in found.items()}
    assert found == pytest.approx(oracle.ksg(z, x, y), abs=2e-6)


def test_a_constant_layer_tells_nothing(rng):
    """Not even for X on a grid, where k rows are never closer than others."""
    grid = np.arange(128)[:, None] >> np.arange(7) & 1
    for x in (rng.normal(size=(128, 2)), grid, np.arange(128), np.ones(128)):
        found = read(KSG(), np.full((128, 3), 7.0), x, np.arange(128) % 3)
        assert found == pytest.approx({"i_xz": 0, "i_zy": 0}, abs=2e-6)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("rows", ["grid", "cube", "real", "pairs", "twice"])
def test_ceilings(rng, k, rows):
    """At most log n and H(Y) for Z = 3 X, and for as many classes as rows."""
    x = {
        "grid": np.arange(40.0),
        "cube": np.arange(64)[:, None] >> np.arange(6) & 1,
        "real": rng.normal(size=40),
        "pairs": np.arange(40) // 2,
        "twice": np.repeat(rng.normal(size=(20, 30)), 2, axis=0),
    }[rows]
    for y in (np.arange(len(x)) // 2, 0 * x.reshape(len(x), -1)[:, 0]):
        y = y.astype(int)
        found = read(KSG(k), 3.0 * x, x, y)
        assert 1 < found["i_xz"] <= np.log(len(x)) + 1e-6
        assert -1e-6 <= found["i_zy"] <= oracle.entropy(y) + 1e-6


def test_no_more_than_the_different_inputs_allow(rng):
    """Every X four times: log(100), where the neighbours say more."""
    x = np.repeat(rng.normal(size=(100, 1)), 4, axis=0)
    z = x + 1e-6 * rng.normal(size=(400, 1))
    expected = np.log(100)
    assert oracle.ksg_joint(*map(oracle._unit_distances, (x, z)), 3) > 4.7
    for rows in ((z, x), (x, z), (x, x)):
        assert read(KSG(), *rows)["i_xz"] == pytest.approx(expected, abs=1e-5)
    of_y = read(KSG(), z, z, x, "values")["i_zy"]
    assert of_y == pytest.approx(expected, abs=1e-5)


def test_small_classes(rng):
    """Of one row they are left out; if all are, there is nothing to read."""
    z = rng.normal(size=(30, 2))
    y = np.repeat([0, 1, 2, 3, 4], [14, 13, 1, 1, 1])
    found = read(KSG(), z, y=y)["i_zy"]
    assert found == pytest.approx(oracle.ksg(z, z, y)["i_zy"], abs=1e-6)
    plain = KSG(standardise=False)
    found = read(plain, z, y=y)["i_zy"]
    rest = read(plain, z[:27], y=y[:27])["i_zy"]
    assert found == pytest.approx(rest, abs=1e-6)
    assert read(KSG(), z, y=np.arange(30))["i_zy"] == 0


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_fewer_rows_than_neighbours(rng, n):
    z, y = rng.normal(size=(n, 20)), np.arange(n) // 2
    found = read(KSG(3), z, z[:, :2], y)
    expected = oracle.ksg(z, z[:, :2], y)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("k", [0, -3])
def test_refuses_no_neighbours(k):
    with pytest.raises(ValueError, match=f"num_neighbours={k}"):
        KSG(k)


def series(seed, num_columns, num_rows=1000, memory=0.99):
    """Independent columns that remember: AR(1) of variance 1."""
    rng = np.random.default_rng(seed)
    noise = (1 - memory**2) ** 0.5 * rng.normal(size=(num_rows, num_columns))
    rows = [rng.normal(size=num_columns)]
    for new in noise[1:]:
        rows.append(memory * rows[-1] + new)
    return np.stack(rows)


def test_a_window_forgets_what_lasts():
    """Independent series that remember some hundred rows."""
    z, y = series(0, 10), series(1, 1)[:, 0] > 0
    with pytest.warns(UserWarning, match="within 1% of the time"):
        plain = keras_ib.measure(z, y=y, measures="ksg")["ksg"]
    found = keras_ib.measure(z, y=y, measures=KSG(theiler=150))["ksg"]
    assert plain["i_zy"] > 0.4
    assert abs(found["i_zy"]) < 0.1
    assert plain["in_time"] > 0.9
    assert found["in_time"] == 0


def test_a_window_costs_independent_samples_nothing(rng):
    x, z = normal_pair(rng, 400)
    for window in (0, 1, 20):
        found = keras_ib.measure(z, x=x, measures=KSG(theiler=window))["ksg"]
        plain = keras_ib.measure(z, x=x, measures=KSG())["ksg"]
        assert found["i_xz"] == pytest.approx(plain["i_xz"], abs=0.05)
        assert found["in_time"] < 0.1


def test_a_window_leaves_out_its_neighbours(rng):
    """As without them: each row twice, one after the other."""
    x, z = normal_pair(rng, 100)
    measure = KSG(theiler=2)
    twice = read(measure, np.repeat(z, 2, 0), np.repeat(x, 2, 0))["i_xz"]
    # Other samples come in pairs, so that the second neighbour is the first.
    first = read(KSG(2), z, x)["i_xz"]
    assert twice == pytest.approx(first, abs=0.25)
    with pytest.raises(ValueError, match="a window from 0"):
        KSG(theiler=-1)


def test_one_column_that_decides_is_warned_of(rng):
    x, z = rng.normal(size=(60, 2)), rng.normal(size=(60, 3)) * [1, 1, 50]
    plain = keras_ib.measures.HSIC()
    with pytest.warns(UserWarning, match="of the variance of Z are those of"):
        found = keras_ib.measure(z, x=x, measures=plain)["hsic"]
    variance = z.var(axis=0)
    share = variance.max() / variance.sum()
    assert found["one_column"] == pytest.approx(share, rel=1e-4)
    standardised = keras_ib.measures.HSIC(standardise=True)
    found = keras_ib.measure(z, x=x, measures=standardised)["hsic"]
    assert "one_column" not in found
    # No other column varies: nothing is hidden.
    found = keras_ib.measure(z * [0, 0, 1], x=x, measures=plain)["hsic"]
    assert found["one_column"] == 0
