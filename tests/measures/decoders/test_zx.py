"""Z-X against the linear-Gaussian truth, brute force and its own definition."""

import numpy as np
import pytest

import keras_ib
from keras_ib import runtime
from keras_ib.measures import ZX, Sample
from keras_ib.measures.decoders import ridge
from keras_ib.measures.sample import values
from keras_ib.measures.sample.operations import Operations
from keras_ib.runtime.evaluator import _cached


def read(z, x, seed=0):
    return keras_ib.measure(z, x=x, measures="zx", seed=seed)["zx"]


def gaussian(rng, num_rows, dim, noise):
    """X of correlated columns, Z = A X + noise, and the true MMSE / tr S."""
    root = rng.normal(size=(dim, dim)) / np.sqrt(dim)
    mixing = rng.normal(size=(dim, dim)) / np.sqrt(dim)
    s = root @ root.T
    x = rng.normal(size=(num_rows, dim)) @ root.T
    z = x @ mixing.T + noise * rng.normal(size=(num_rows, dim))
    z_given = mixing @ s @ mixing.T + noise**2 * np.eye(dim)
    mmse = np.trace(s - s @ mixing.T @ np.linalg.solve(z_given, mixing @ s))
    return x, z, mmse / np.trace(s)


@pytest.mark.parametrize(
    # The excess of 2 * dim / num_rows is what fitting costs; the rest is
    # four standard errors of the held-out rows.
    ("dim", "noise", "num_rows"),
    [(4, 0.1, 8000), (4, 1.0, 8000), (20, 0.3, 8000), (20, 3.0, 2000)],
)
def test_equals_the_linear_gaussian_mmse(rng, dim, noise, num_rows):
    x, z, truth = gaussian(rng, num_rows, dim, noise)
    fields = read(z, x)
    excess = 1 + 2.5 * dim / num_rows
    assert fields["fvu"] >= truth - 4 * fields["fvu_se"]
    assert fields["fvu"] <= truth * excess + 4 * fields["fvu_se"]


def test_z_that_is_x_leaves_nothing(rng):
    x = rng.normal(size=(500, 30))
    assert read(x, x)["fvu"] < 1e-9


def test_independent_z_tells_nothing(rng):
    x = rng.normal(size=(2000, 30))
    fields = read(rng.normal(size=(2000, 50)), x)
    assert fields["fvu"] == pytest.approx(1, abs=4 * fields["fvu_se"] + 1e-3)


@pytest.mark.jax
@pytest.mark.parametrize("width", [3, 20, 300])
def test_a_linear_function_of_z_never_reads_better(rng, width):
    x, z, _ = gaussian(rng, 1000, 20, 0.3)
    fields = read(z, x)
    mapped = read(z @ rng.normal(size=(20, width)), x)
    assert mapped["fvu"] >= fields["fvu"] - fields["fvu_se"]


def test_the_mse_is_per_element_of_x(rng):
    x = 3 * rng.normal(size=(4000, 10))
    fields = read(np.zeros((4000, 5)), x)
    assert fields["fvu"] == pytest.approx(1, abs=1e-5)
    assert fields["mse"] == pytest.approx(9, rel=0.05)


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1e20])
@pytest.mark.parametrize("shift", [0, 1000])
def test_does_not_depend_on_scale_and_shift(rng, scale, shift):
    x, z, _ = gaussian(rng, 1000, 20, 0.3)
    expected = read(z, x)["fvu"]
    changed = read((z + shift) * scale, x + shift)["fvu"]
    assert changed == pytest.approx(expected, rel=2e-3)


def test_primal_and_dual_agree(rng):
    """Zero columns change nothing but the side on which it is solved."""
    x, z, _ = gaussian(rng, 400, 30, 0.3)
    wide = np.concatenate([z, np.zeros((400, 300))], axis=1)
    for field, value in read(z, x).items():
        assert read(wide, x)[field] == pytest.approx(value, rel=1e-3)


def test_more_features_than_rows(rng):
    x = rng.normal(size=(400, 5))
    z = x @ rng.normal(size=(5, 3000))
    assert read(z, x)["fvu"] < 1e-5


def test_the_penalty_is_the_best_of_a_leave_one_out_by_hand(rng):
    num_fit, dim = 40, 15
    x, z, _ = gaussian(rng, 2 * num_fit, dim, 1.0)
    sample = Sample(z.astype("float32"), x.astype("float32"), num_fit=num_fit)
    fit = np.array(sample.coordinates.fit, "float64")
    targets = np.array(sample.centred_x[:num_fit], "float64")
    errors = [_left_out(fit, targets, p) for p in ridge.PENALTIES]
    best = ridge.best_penalty(
        sample.coordinates.fit,
        sample.coordinates.variance,
        sample.centred_x[:num_fit],
    )
    expected = ridge.PENALTIES[int(np.argmin(errors))]
    assert float(best) == pytest.approx(expected, rel=1e-5)


def _left_out(rows, targets, penalty):
    """Mean squared error of n decoders, each read on the row it lacks."""
    num_rows = len(rows)
    errors = []
    for i in range(num_rows):
        keep = np.arange(num_rows) != i
        a, b = rows[keep].mean(axis=0), targets[keep].mean(axis=0)
        r, t = rows[keep] - a, targets[keep] - b
        gram = r.T @ r + num_rows * penalty * np.eye(rows.shape[1])
        weights = np.linalg.solve(gram, r.T @ t)
        errors.append((targets[i] - b - (rows[i] - a) @ weights) ** 2)
    return np.mean(errors)


def test_mixtures_choose_as_all_columns_do(rng, monkeypatch):
    x = rng.normal(size=(600, 20)) @ rng.normal(size=(20, 1000))
    z = x[:, :30] + 5 * rng.normal(size=(600, 30))
    mixed = read(z, x)["fvu"]
    monkeypatch.setattr(values, "NUM_MIXTURES", 1000)
    _cached.cache_clear()
    assert mixed == pytest.approx(read(z, x)["fvu"], rel=0.02)
    _cached.cache_clear()


def test_the_standard_error_is_the_spread_over_samples():
    values, errors = [], []
    for seed in range(60):
        x, z, _ = gaussian(np.random.default_rng(7), 1, 8, 0.5)
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(1000, 8))
        z = x + rng.normal(size=(1000, 8))
        fields = read(z, x)
        values.append(fields["fvu"])
        errors.append(fields["fvu_se"])
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.35)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_z_that_is_not_finite_is_refused(rng, value):
    z = rng.normal(size=(100, 5))
    z[3, 2] = value
    with pytest.raises(ValueError, match="Z holds NaN, Inf"):
        read(z, np.ones_like(z))


@pytest.mark.jax
@pytest.mark.parametrize(
    ("z", "x", "fvu"),
    [
        (np.ones((100, 5)), np.random.default_rng(0).normal(size=(100, 3)), 1),
        (np.zeros((100, 5)), np.zeros((100, 3)), 0),
        (np.arange(100), np.arange(100) * 2.0, 0),
        (np.repeat(np.arange(10), 10), np.repeat(np.arange(10), 10), 0),
    ],
    ids=["constant z", "constant x", "one integer column", "repeated rows"],
)
def test_degenerate_input_has_an_answer(z, x, fvu):
    # A constant Z leaves the fit rows' mean, which is off the held-out one.
    assert read(z, x)["fvu"] == pytest.approx(fvu, abs=1e-5)


def test_an_ill_conditioned_map_keeps_what_it_keeps(rng):
    """No decoder budget: a condition number of some hundreds costs nothing."""
    x = rng.normal(size=(2000, 128))
    matrix = rng.normal(size=(128, 128))
    assert np.linalg.cond(matrix) > 100
    assert read(x @ matrix, x)["fvu"] < 1e-3


def ill_conditioned(rng, condition, dim=20):
    """X, and a one-to-one map of it in float32."""
    x = rng.normal(size=(2000, dim))
    before, after = np.linalg.qr(rng.normal(size=(2, dim, dim)))[0]
    z = x @ before @ np.diag(np.geomspace(1, 1 / condition, dim)) @ after
    return x.astype("float32"), z.astype("float32")


@pytest.mark.jax
@pytest.mark.parametrize(
    ("condition", "fvu"),
    [(1e2, 1e-3), (1e4, 1e-3), (1e6, 1e-3), (1e8, 0.1)],
)
def test_an_ill_conditioned_z_keeps_what_float32_keeps(rng, condition, fvu):
    x, z = ill_conditioned(rng, condition)
    assert read(z, x)["fvu"] <= fvu
    # Zero columns: solved on the side of the rows.
    wide = np.concatenate([z, np.zeros((2000, 1000))], axis=1)
    assert read(wide, x)["fvu"] <= fvu


@pytest.mark.jax
def test_one_huge_unit_hides_nothing(rng):
    x = rng.normal(size=(2000, 20))
    z = np.concatenate([x, 1e5 * rng.normal(size=(2000, 1))], axis=1)
    found = keras_ib.measure(z, x=x, measures=["zx", "zx_whitened"])
    assert found["zx"]["fvu"] <= 1e-3
    assert found["zx_whitened"]["fvu"] <= 1e-3


@pytest.mark.jax
@pytest.mark.parametrize("width", [20, 1200])
@pytest.mark.parametrize("condition", [1e2, 1e6])
def test_rounds_of_float32_find_what_float64_finds(rng, condition, width):
    """What is done where there is no float64."""
    x, z = ill_conditioned(rng, condition)
    z = np.concatenate([z, np.zeros((2000, width - 20))], axis=1)
    with_float64 = runtime.backend.operations()
    found = [
        Sample(z.astype("float32"), x, num_fit=1000, operations=operations)
        for operations in (with_float64, Operations())
    ]
    double, single = (
        np.sort(np.array(sample.coordinates.variance))[-20:] for sample in found
    )
    assert single == pytest.approx(double, rel=0.01)
    assert float(ZX()(found[1])["fvu"]) <= 1e-3


def test_equal_measures_are_one():
    assert ZX() == ZX()
    assert ZX().get_config() == {
        "decoder": "linear",
        "budget": None,
        "scale": "none",
    }
