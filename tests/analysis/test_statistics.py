"""Intervals cover what they say; effects count what they say."""

import numpy as np
import pytest

from keras_ib.analysis.statistics import (
    correlation_effect,
    mean_effect,
    student,
)

pytestmark = pytest.mark.jax


def test_student_is_that_of_the_tables():
    assert student(4) == pytest.approx(2.776, abs=0.02)
    assert student(49) == pytest.approx(2.010, abs=0.01)
    assert student(1000, 0.99) == pytest.approx(2.58, abs=0.02)


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


# Binomial spread of 300 trials: 1.3 %. Five seeds cover 90 %, as documented.
@pytest.mark.parametrize(("num", "least"), [(5, 0.86), (10, 0.91), (50, 0.91)])
def test_intervals_cover_the_mean_as_often_as_they_say(num, least):
    rng = np.random.default_rng(num)
    effects = [mean_effect(rng.normal(3, 2, num)) for _ in range(300)]
    covered = np.mean([e.low < 3 < e.high for e in effects])
    assert least <= covered <= 0.99


def test_a_correlation_is_found_with_its_interval():
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    b = 0.6 * a + 0.8 * rng.normal(size=200)
    effect = correlation_effect(a, b)
    assert effect.mean == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert effect.low < 0.6 < effect.high
    # Fisher's interval for r = .6 and n = 200 is .21 wide.
    assert effect.high - effect.low == pytest.approx(0.19, abs=0.06)


def test_a_constant_has_no_correlation():
    assert np.isnan(correlation_effect([1, 1, 1], [1, 2, 3]).mean)
