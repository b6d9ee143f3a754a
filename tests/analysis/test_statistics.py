"""Intervals cover what they say; effects count what they say."""

import numpy as np
import pytest
from scipy import stats

from keras_ib.analysis.statistics import correlation_effect, mean_effect

NUM_TRIALS = 4000


def test_an_effect_counts_its_seeds():
    effect = mean_effect([1.0, 2.0, -0.5, 3.0, 2.5])
    assert effect.mean == pytest.approx(1.6)
    assert (effect.num, effect.num_positive) == (5, 4)
    assert effect.low < effect.mean < effect.high
    assert mean_effect([1.0, 2.0, -0.5, 3.0, 2.5]) == effect


def test_one_seed_has_no_interval():
    effect = mean_effect([2.0])
    assert effect.mean == 2
    assert np.isnan(effect.low)
    assert np.isnan(effect.high)


def test_no_seed_is_an_error():
    with pytest.raises(ValueError, match="no seed"):
        mean_effect([])


def covered(draw, num, true):
    """How often the interval of `num` drawn values holds their true mean."""
    effects = [mean_effect(draw(size=num)) for _ in range(NUM_TRIALS)]
    return np.mean([e.low < true < e.high for e in effects])


# Binomial spread of 4,000 trials: .3 % at 95 %, .5 % at 87 %.
@pytest.mark.parametrize("num", [2, 3, 4, 5, 10, 50])
def test_intervals_cover_the_mean_as_often_as_they_say(num):
    rng = np.random.default_rng(num)
    assert covered(rng.normal, num, 0) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("num", [3, 4, 5, 10, 50])
def test_intervals_of_skewed_values_cover_what_students_t_does(num):
    rng = np.random.default_rng(num)
    assert covered(rng.exponential, num, 1) >= 0.86


def test_an_interval_ends_where_the_p_value_is_its_level():
    effect = mean_effect([1.0, 2.0, -0.5, 3.0, 2.5])
    assert effect.p_value(effect.low) == pytest.approx(0.05)
    assert effect.p_value(effect.high) == pytest.approx(0.05)
    assert effect.p_value(effect.mean) == 1
    values = [1.0, 2.0, -0.5, 3.0, 2.5]
    expected = stats.ttest_1samp(values, 0.5).pvalue
    assert effect.p_value(0.5) == pytest.approx(expected)
    wide = mean_effect(values, 0.99)
    assert wide.p_value(0.5, 0.99) == pytest.approx(expected)


def test_without_an_interval_nothing_is_told():
    assert mean_effect([2.0]).p_value() == 1
    # Values that do not spread are above whatever they are above.
    assert mean_effect([2.0, 2.0]).p_value() == 0
    assert mean_effect([0.0, 0.0]).p_value() == 1


def test_a_correlation_is_found_with_its_interval():
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    b = 0.6 * a + 0.8 * rng.normal(size=200)
    effect = correlation_effect(a, b)
    assert effect.mean == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert effect.low < 0.6 < effect.high
    # Fisher's interval for r = .6 and n = 200 is .18 wide.
    assert effect.high - effect.low == pytest.approx(0.18, abs=0.05)
    assert effect.p_value(effect.low) == pytest.approx(0.05)
    assert effect.p_value() < 1e-9


@pytest.mark.parametrize("num", [5, 20])
@pytest.mark.parametrize("kind", ["normal", "exponential"])
def test_intervals_of_correlations_cover_what_they_say(kind, num):
    rng = np.random.default_rng(num)
    held = []
    for _ in range(1000):
        a, other = getattr(rng, kind)(size=(2, num))
        effect = correlation_effect(a, 0.6 * a + 0.8 * other)
        held.append(effect.low < 0.6 < effect.high)
    assert 0.9 <= np.mean(held) <= 0.985


def test_three_seeds_do_not_bound_a_correlation():
    effect = correlation_effect([1, 2, 3], [1, 3, 2])
    assert effect.mean == pytest.approx(0.5)
    assert np.isnan(effect.low)
    assert effect.p_value() == 1


def test_a_constant_has_no_correlation():
    assert np.isnan(correlation_effect([1, 1, 1], [1, 2, 3]).mean)
