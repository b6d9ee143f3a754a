"""Which steps are due."""

import math

import numpy as np
import pytest

from keras_ib import schedules

pytestmark = pytest.mark.jax


def steps(schedule, last):
    found, step = [], 0
    while (step := schedules.get(schedule).next(step)) <= last:
        found.append(step)
    return found


def test_log_is_dense_at_the_start_and_even_in_octaves():
    found = steps("log", 12000)
    assert found[:12] == [1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64]
    ratios = np.diff(np.log2(found[6:]))
    assert np.all(np.abs(ratios - 0.5) < 0.1)
    assert len(found) < 30


def test_log_goes_on_from_any_step():
    found = steps("log", 5000)
    for step in range(1, 5000, 7):
        later = schedules.get("log").next(step)
        assert later == min((s for s in found if s > step), default=later)
        assert later > step


def test_an_interval_and_a_list():
    assert steps(100, 350) == [100, 200, 300]
    assert steps([50, 0, 7, 7], 100) == [7, 50]
    assert steps((np.int64(3),), 100) == [3]


def test_epochs_end_where_the_training_says():
    assert schedules.get("epoch").next(10) == math.inf


@pytest.mark.parametrize(
    "schedule", ["often", 0, -1, 2.5, True, [], [1, -2], [1.5], None, "12"]
)
def test_refuses_what_is_no_schedule(schedule):
    with pytest.raises(ValueError, match="is not one of 'log', 'epoch'"):
        schedules.get(schedule)
