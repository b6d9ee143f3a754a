"""Repeated samples, groups, weights and order decide who is on which side."""

import numpy as np
import pytest

from keras_ib import probe

pytestmark = pytest.mark.jax

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 16)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


def draw(data, size=2048, **more):
    (drawn,) = probe.draw_all(data, size=size, seed=0, **more).values()
    return drawn


def sides(drawn, what):
    return set(what[: drawn.num_fit]), set(what[drawn.num_fit :])


def test_samples_that_come_again_are_counted_once():
    x, y = np.tile(X[:40], (15, 1)), np.tile(RNG.integers(0, 2, 40), 15)
    drawn = draw((x, y))
    assert drawn.num_rows == 40
    assert len(set(drawn.x_id)) == 40
    assert any("counted once" in note for note in drawn.notes)


def test_repeated_samples_are_replaced_by_further_ones():
    x = np.concatenate([np.repeat(X[:1], 300, axis=0), X])
    drawn = draw((x, np.concatenate([np.zeros(300, int), Y])), size=128)
    assert drawn.num_rows == 128


def test_samples_that_are_all_equal_are_a_warning():
    zeros = np.zeros((64, 4)), np.zeros(64)
    with pytest.warns(probe.ProbeWarning) as given:
        drawn = draw(zeros)
    assert "are equal" in str(given[0].message)
    assert (drawn.num_rows, drawn.num_fit) == (64, 32)


def test_equal_x_with_other_labels_stay_on_one_side():
    x, y = np.repeat(X[:100], 2, axis=0), np.arange(200) % 2
    drawn = draw((x, y))
    assert drawn.num_rows == 200
    fit, held_out = sides(drawn, drawn.x_id)
    assert not fit & held_out
    assert drawn.num_fit == 100


def test_groups_stay_on_one_side():
    groups = np.repeat(np.arange(80), 10)
    x = X[groups] + 1e-3 * RNG.normal(size=(800, 16))
    drawn = draw((x, RNG.integers(0, 2, 800)), groups=groups)
    fit, held_out = sides(drawn, groups[drawn.rows])
    assert len(fit) == len(held_out) == 40
    assert drawn.num_fit == 400


def test_groups_that_share_an_x_are_one():
    x = np.repeat(np.arange(20.0), 2)[:, None]
    groups = (np.arange(40) + 1) // 2 % 20  # a chain through all samples
    with pytest.warns(probe.ProbeWarning, match="one group"):
        assert draw((x, np.arange(40) % 2), groups=groups).num_fit == 20


def test_groups_by_set():
    data = {"a": (X, Y), "b": (X[:80], Y[:80])}
    groups = {"a": np.arange(600) // 6}
    drawn = probe.draw_all(data, size=256, seed=0, groups=groups)
    fit, held_out = sides(drawn["a"], groups["a"][drawn["a"].rows])
    assert not fit & held_out
    assert drawn["b"].num_rows == 80


def test_blocks_hold_out_the_later_half():
    drawn = draw((X, Y), size=100, split="blocks")
    assert drawn.rows.tolist() == sorted(drawn.rows)
    assert drawn.num_fit == 50


def test_samples_of_weight_zero_do_not_count():
    weights = np.arange(600) % 2
    drawn = draw((X, Y, weights))
    assert drawn.num_rows == 300
    assert set(drawn.rows % 2) == {1}
    assert any("300 samples of weight 0" in note for note in drawn.notes)


def test_positions_of_weight_zero_are_padding():
    y = RNG.integers(0, 3, (600, 4))
    weights = np.ones((600, 4))
    weights[:, 3] = 0
    drawn = draw((X, y, weights), loss="sparse_categorical_crossentropy")
    y = drawn.targets["y"].y
    assert set(y[:, 3]) == {-1}
    assert y[:, :3].min() == 0


def test_samples_without_a_label_do_not_count():
    y = X[:, 0].copy()
    y[:100] = np.nan
    assert draw((X, y)).num_rows == 500


def sorted_set():
    order = np.argsort(RNG.integers(0, 10, 600), kind="stable")
    labels = np.sort(RNG.integers(0, 3, 600))
    return X[order], labels


def test_sorted_samples_are_warned_of_where_more_follow():
    with pytest.warns(probe.ProbeWarning, match="sorted by class"):
        draw(sorted_set(), is_prefix=True)
    draw(sorted_set())  # all samples are there: their order does not matter
    draw((X, Y), is_prefix=True)
    with pytest.warns(probe.ProbeWarning, match="sorted by class"):
        draw((X, np.zeros(600, int)), is_prefix=True)


def test_sorted_batches_are_warned_of():
    x, y = sorted_set()
    batches = ((x[i : i + 50], y[i : i + 50]) for i in range(0, 600, 50))
    with pytest.warns(probe.ProbeWarning, match="sorted by class"):
        drawn = draw(batches, size=400)
    assert drawn.num_rows == 400


def test_rare_classes_are_warned_of():
    y = np.zeros(600, int)
    y[:4] = 1
    with pytest.warns(probe.ProbeWarning, match="are held out"):
        draw((X, y))
