"""Variational bounds: against the truth, TensorFlow Probability and NumPy."""

from keras import ops
from measures import trained_oracle
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import Variational
from keras_ib.measures.sample.ranks import normal_scores
from keras_ib.measures.trained.variational import (
    BOUNDS,
    info_nce,
    nguyen_wainwright_jordan,
)

ALL = [Variational(bound) for bound in BOUNDS]


def normal(rng, rho, num_rows=3000):
    x = rng.normal(size=(num_rows, 1))
    return x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=x.shape)


def exact_scores(rng, rho, num_rows):
    """The log density ratio of all pairs of correlated normal variables."""
    x, z = normal(rng, rho, num_rows)
    square = x**2 + z.T**2
    rest = rho * (2 * x * z.T - rho * square) / (2 * (1 - rho**2))
    return (rest - np.log(1 - rho**2) / 2).astype("float32")


@pytest.mark.parametrize("bound", BOUNDS)
def test_the_best_critic_finds_the_truth(rng, bound):
    """No training: scores that are the log density ratio."""
    values = [
        float(BOUNDS[bound](exact_scores(rng, 0.95, 1024))) for _ in range(10)
    ]
    error = np.std(values) / np.sqrt(10)
    truth = -np.log(1 - 0.95**2) / 2
    assert np.mean(values) == pytest.approx(truth, abs=4 * error + 0.01)


def test_info_nce_is_capped_by_the_batch(rng):
    scores = exact_scores(rng, 0.95, 4000).reshape(4000, 4000)
    small = np.mean(
        [
            float(BOUNDS["infonce"](scores[i : i + 4, i : i + 4]))
            for i in range(0, 4000, 4)
        ]
    )
    # As derived by Monte Carlo elsewhere, for four rows.
    assert small == pytest.approx(0.754, abs=0.03)
    assert float(BOUNDS["infonce"](100 * np.eye(50, dtype="float32"))) <= (
        np.log(50) + 1e-5
    )


@pytest.mark.parametrize("bound", BOUNDS)
def test_values_are_those_of_numpy(rng, bound):
    scores = rng.normal(size=(30, 30)).astype("float32") * 3
    assert float(BOUNDS[bound](scores)) == pytest.approx(
        trained_oracle.VALUES[bound](scores.astype("float64")), rel=1e-4
    )


def test_bounds_are_those_of_tensorflow_probability(rng):
    bounds = pytest.importorskip("tensorflow_probability").vi.mutual_information
    scores = rng.normal(size=(2, 40, 40)) * 3
    for ours, theirs in (
        (info_nce, bounds.lower_bound_info_nce),
        (
            nguyen_wainwright_jordan,
            bounds.lower_bound_nguyen_wainwright_jordan,
        ),
    ):
        np.testing.assert_allclose(ours(scores), theirs(scores), rtol=1e-6)


@pytest.mark.jax
def test_normal_scores_are_those_of_ranks(rng):
    """Ties share a rank, columns are apart, the held-out lie between."""
    rows = np.round(rng.normal(size=(60, 3)), 1).astype("float32")
    rows[:, 2] = 5
    found = ops.convert_to_numpy(normal_scores(ops.convert_to_tensor(rows), 40))
    expected = trained_oracle.normal_scores(rows, 40)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.max(np.abs(found[:, 2])) < 1e-6
    order = np.argsort(rows[:, 0], kind="stable")
    assert np.all(np.diff(found[order, 0]) >= -1e-6)


@pytest.mark.slow
@pytest.mark.jax
def test_maps_of_columns_and_long_tails_change_nothing(rng):
    """Cauchy variables that depend on each other, and their exponents."""
    z = rng.standard_cauchy((400, 1)).astype("float32")
    x = (z + rng.standard_cauchy(z.shape)).astype("float32")
    chosen = [Variational(bound, 100) for bound in BOUNDS]
    found = keras_ib.measure(z, x, measures=chosen)
    mapped = keras_ib.measure(z**3, np.arctan(x), measures=chosen)
    for bound, fields in found.items():
        value = next(iter(fields.values()))
        assert 0 < value < 1
        assert next(iter(mapped[bound].values())) == pytest.approx(
            value, abs=0.03
        )


@pytest.mark.slow
def test_a_joint_critic_finds_what_scalar_products_do_not(rng):
    """All 50 columns depend on each other a little: 1.29 nats."""
    (common,) = rng.normal(size=(1, 3000, 1))
    rows = (common + rng.normal(size=(3000, 50))) / 2**0.5
    found = keras_ib.measure(
        rows[:, :25], rows[:, 25:], measures=["infonce", "nwj"]
    )
    for fields in found.values():
        assert 1.1 < fields["i_xz_lower"] < 1.29 + 2 * fields["i_xz_lower_se"]


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.75, 0.95])
def test_bounds_are_below_the_truth_and_not_far(rng, rho):
    x, z = normal(rng, rho)
    truth = -np.log(1 - rho**2) / 2
    y = (x[:, 0] > 0).astype(int)
    found = keras_ib.measure(z, x, y, measures=ALL)
    for bound, fields in found.items():
        name = "i_xz_lower" if "i_xz_lower" in fields else "i_xz"
        value, error = fields[name], fields[f"{name}_se"]
        assert value <= truth + 2 * error + 0.01, bound
        assert value >= 0.85 * truth - 0.03, bound
        assert fields[name.replace("xz", "zy")] <= np.log(2), bound


@pytest.mark.slow
def test_the_standard_error_is_that_of_new_rows(rng):
    """One trained critic for each of 12 samples; the spread is theirs."""
    found = [
        keras_ib.measure(
            *normal(rng, 0.75, 1000)[::-1],
            np.zeros(1000, int),
            measures=Variational("infonce", 200),
        )["infonce"]
        for _ in range(12)
    ]
    values = [fields["i_xz_lower"] for fields in found]
    errors = [fields["i_xz_lower_se"] for fields in found]
    assert 0.5 < np.mean(errors) / np.std(values, ddof=1) < 2


def test_one_critic_serves_all_bounds():
    assert {Variational(bound).training for bound in BOUNDS} == {"infonce"}


def test_what_is_no_bound_is_not_called_one():
    for bound in BOUNDS:
        fields = Variational(bound).fields
        kind = next(iter(fields.values())).kind
        assert (kind == "lower bound") == (bound in ("infonce", "nwj"))
    ceiling = Variational("infonce").fields["i_xz_lower"].ceiling(2048, 1024, 1)
    assert ceiling == np.log(1024)


def test_bad_arguments_say_what_is_expected():
    with pytest.raises(ValueError, match="'infonce', 'nwj', 'dv'"):
        Variational("mine")
    with pytest.raises(ValueError, match="multiple of 20"):
        Variational("nwj", budget=5)
