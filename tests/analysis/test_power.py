"""How many seeds a verdict takes: sample sizes that are known, simulated."""

import numpy as np
import pytest

from keras_ib.analysis.power import seeds_to_resolve, seeds_to_tell
from keras_ib.analysis.statistics import (
    Effect,
    correlation_effect,
    mean_effect,
)


def test_so_many_seeds_tell_an_effect_from_the_limit(rng):
    # Three tenths above the limit, with a deviation of one half.
    effect = mean_effect([-0.1, 0.4, 0.9])
    num = seeds_to_tell(effect, 0.1, level=0.05)
    assert num == pytest.approx(2 + (2.8 * 0.5 / 0.3) ** 2, abs=1)
    values = rng.normal(0.4, 0.5, size=(2000, num))
    told = [mean_effect(v).p_value(0.1) <= 0.05 for v in values]
    assert np.mean(told) == pytest.approx(0.8, abs=0.04)


def test_the_interval_is_narrower_from_there_on():
    num = seeds_to_resolve(mean_effect([0.0, 1.0, 2.0]), 0.4, level=0.05)
    # Deviation 1; Student's t with 26 and 25 degrees of freedom.
    assert num == 27
    assert 2.056 / 27**0.5 < 0.4 <= 2.060 / 26**0.5


def test_correlations_are_told_on_the_scale_of_fisher(rng):
    a, b = rng.normal(size=(2, 200))
    effect = correlation_effect(a, 0.3 * a + b)
    near, far = (seeds_to_tell(effect, limit, 0.05) for limit in (0.1, -0.2))
    # The rule of thumb of Fisher: 3 + (2.8 / distance)^2 pairs.
    assert far < near
    distance = np.arctanh(effect.mean) - np.arctanh(0.1)
    assert near == pytest.approx(3 + (2.8 / distance) ** 2, rel=0.25)


def test_what_no_number_of_seeds_tells():
    assert seeds_to_tell(Effect(0.1, 0.0, 0.2, 5, 5), 0.1, 0.05) is None
    assert seeds_to_tell(mean_effect([1.0]), 0.1, 0.05) is None
    assert seeds_to_resolve(mean_effect([1.0]), 0.1, 0.05) is None
