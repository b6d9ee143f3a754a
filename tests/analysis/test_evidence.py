"""Holm's levels, and floors that agree with p-values."""

import numpy as np
import pytest

from keras_ib.analysis.evidence import (
    Evidence,
    Noise,
    adjusted,
    evidence,
    holm,
)


def test_levels_of_a_family_are_those_of_holm():
    # The third one would be rejected at .05 / 2, but for the one before it.
    p_values = [0.001, 0.02, 0.021, 0.4]
    assert holm(p_values, 0.05) == pytest.approx([0.05 / 4, *[0.05 / 3] * 3])
    assert holm(p_values[::-1], 0.05)[-1] == pytest.approx(0.05 / 4)
    assert holm([0.001, 0.01], 0.05) == pytest.approx([0.025, 0.05])
    assert holm([], 0.05) == []


def test_corrected_p_values_are_those_of_holm(rng):
    assert adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjusted([0.6, 0.7]) == [1, 1]
    for p_values in rng.uniform(size=(20, 6)) ** 3:
        levels = holm(list(p_values), 0.05)
        assert [p <= 0.05 for p in adjusted(list(p_values))] == [
            p <= level for p, level in zip(p_values, levels, strict=True)
        ]


def test_the_largest_noise_counts():
    found = Evidence(0.1, (Noise(0.05, 4), Noise(0.01, 1)))
    # Student's t at 2.5 %: 2.776 with 4 degrees of freedom, 12.706 with one.
    assert found.floor(0.025) == pytest.approx(0.05 * 2.776, rel=1e-3)
    assert Evidence(found.floor(0.025), found.noises).p_value() == (
        pytest.approx(0.025)
    )
    assert Evidence(0.1, ()).p_value() == 1
    assert Evidence(0.1, ()).floor(0.025) is None


def test_what_does_not_spread_is_above_0_or_not():
    constant = np.full((3, 1), 0.25)
    assert evidence(constant, constant).p_value() == 0
    assert evidence(0 * constant, 0 * constant).p_value() == 1
    assert evidence(constant, constant).floor(0.025) == 0


def test_seeds_and_draws_are_noise_each():
    values = np.random.default_rng(0).normal(size=(4, 3))
    assert [n.df for n in evidence(values, values).noises] == [3, 8] * 2
    assert [n.df for n in evidence(values[:1], values[:1]).noises] == [2] * 2
    assert evidence(values[:1, :1], values[:1, :1]).noises == ()
