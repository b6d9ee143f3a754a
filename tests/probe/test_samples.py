"""The probe data are drawn once, checked, and the same for the same seed."""

import keras
import numpy as np
import pytest

from keras_ib import probe

pytestmark = pytest.mark.jax

X = np.random.default_rng(0).normal(size=(100, 4)).astype("float32")
Y = np.arange(100) % 3


def draw(x=X, y=Y, size=64, seed=0, **more):
    (drawn,) = probe.draw_all((x, y), size=size, seed=seed, **more).values()
    return drawn


def test_samples_stay_with_their_labels_and_none_comes_twice():
    drawn = draw()
    where = [np.flatnonzero((row == X).all(axis=1))[0] for row in drawn.x]
    assert len(set(where)) == drawn.num_rows == 64
    np.testing.assert_array_equal(drawn.rows, where)
    np.testing.assert_array_equal(drawn.targets["y"].y, Y[where])
    assert drawn.num_fit == 32
    assert drawn.num_classes == 3


def test_the_order_is_the_permutation_of_the_seed():
    order = np.random.default_rng(3).permutation(100)
    np.testing.assert_array_equal(draw(seed=3).rows, order[:64])


def test_the_seed_decides():
    assert draw().get_config() == draw().get_config()
    assert draw().get_config() != draw(seed=1).get_config()
    assert draw(seed=np.int64(1), size=np.int8(64)).rows.tolist() == (
        draw(seed=1).rows.tolist()
    )


def test_takes_all_samples_where_there_are_fewer():
    assert draw(size=2048).num_rows == 100


def test_draws_have_no_sample_in_common():
    drawn = probe.draw_all((X, Y), size=40, seed=0, draws=2)
    assert list(drawn) == ["probe", "probe#2"]
    rows = [set(d.rows) for d in drawn.values()]
    assert len(rows[0]) == len(rows[1]) == 40
    assert not rows[0] & rows[1]


def test_the_inputs_may_be_a_structure():
    drawn = draw(x={"a": X, "b": X.astype("float64")[:, :1]})
    assert drawn.x_values.shape == (64, 5)
    difference = drawn.x_values[:, 0] - drawn.x_values[:, 4]
    assert np.ptp(difference) < 1e-6


def test_one_input_keeps_shape_and_bits():
    drawn = draw(x=X.reshape(100, 2, 2))
    np.testing.assert_array_equal(drawn.x_values, drawn.x)
    assert drawn.x_values.shape == (64, 2, 2)


@pytest.mark.parametrize(
    "x",
    [
        2**24 + np.arange(1000),
        1_700_000_000 + np.arange(1000),
        1 + 1e-9 * np.arange(1000),
        np.arange(1000).astype(str),
        np.arange(1000).astype("M8[ns]"),
    ],
    ids=["ids", "timestamps", "1e-9", "strings", "times"],
)
def test_identity_is_that_of_x_as_given(x):
    drawn = draw(x=x[:, None], y=np.arange(1000) % 8, size=1000)
    assert drawn.num_rows == len(set(drawn.x_id)) == 1000
    assert drawn.x_id.dtype == "int32"
    fingerprints = {
        draw(x=a[:, None], y=np.arange(500) % 8).fingerprint
        for a in (x[:500], x[500:])
    }
    assert len(fingerprints) == 2


def test_zero_has_no_sign():
    x = np.array([[0.0], [-0.0], [1.0], [2.0]] * 10)
    drawn = probe.draw(x, np.zeros(40))
    assert len(set(drawn.x_id)) == 3


def test_config_says_what_the_data_are():
    config = draw().get_config()
    assert config["num_rows"], config["num_held_out"] == (64, 32)
    assert config["num_classes"] == 3
    assert config["label_entropy"] == pytest.approx(np.log(3), abs=0.01)
    assert config["targets"]["y"]["kind"] == "classes"
    assert config["targets"]["y"]["summary"] in config["notes"]
    assert config["x"]["inputs"] == [
        {"shape": [4], "dtype": "float32", "kind": "values"}
    ]


def test_arrays_with_their_z_keep_samples_that_come_again():
    x = np.repeat(np.arange(4), 25)[:, None]
    drawn = probe.draw(x, Y, num_samples=100, seed=2)
    np.testing.assert_array_equal(
        drawn.rows, np.random.default_rng(2).permutation(100)
    )
    np.testing.assert_array_equal(drawn.x, x[drawn.rows])
    assert drawn.num_fit == 50


def test_arrays_with_their_z_may_lack_x_or_y():
    alone = probe.draw(None, Y)
    assert (alone.x, alone.x_values, alone.x_id) == (None, None, None)
    np.testing.assert_array_equal(alone.targets["y"].y, Y[alone.rows])
    assert probe.draw(X, None).targets == {}
    assert probe.draw(num_samples=20).num_rows == 20


def test_swapped_halves():
    drawn = probe.draw(X, X[:, 0], seed=1)
    other = drawn.swapped()
    np.testing.assert_array_equal(other.rows[:50], drawn.rows[50:])
    np.testing.assert_array_equal(other.x, X[other.rows])
    assert abs(other.targets["y"].y[:50].mean()) < 1e-6


def test_few_samples_are_a_warning():
    with pytest.warns(probe.ProbeWarning, match="4 samples"):
        drawn = draw(x=X[:4], y=Y[:4])
    assert (drawn.num_rows, drawn.num_fit) == (4, 2)
    with pytest.warns(probe.ProbeWarning, match="draws=3"):
        assert len(draw_many(X[:16], 3)) == 2


def draw_many(x, draws):
    return probe.draw_all((x, Y[: len(x)]), size=8, seed=0, draws=draws)


@pytest.mark.parametrize("num", [0, 1])
def test_fewer_than_two_samples_are_no_probe(num):
    with pytest.raises(probe.TooFewSamples, match="Two samples"):
        draw(x=X[:num], y=Y[:num])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ({"a": X, "b": X[:50]}, Y, "50 or 100 inputs"),
        (X, Y[:50], "100 inputs, 50 labels"),
        ({}, Y, "no array of inputs"),
        (3.0, Y, "no array of inputs"),
        ("abc", Y, "no array of inputs"),
        (None, Y, "have no inputs"),
    ],
)
def test_refuses_what_can_never_work(x, y, message):
    with pytest.raises(ValueError, match=message):
        draw(x=x, y=y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 16.0}, "Received: probe_size=16.0"),
        ({"size": 4}, "Received: probe_size=4"),
        ({"draws": 0}, "Received: draws=0"),
        ({"draws": 2.5}, "Received: draws=2.5"),
        ({"seed": -1}, "Received: seed=-1"),
        ({"seed": "a"}, "Received: seed='a'"),
        ({"split": "half"}, "Choose one of 'random', 'blocks'"),
        ({"target": "class"}, "Received: target='class'"),
        ({"target": {"z": "classes"}}, "names an output without labels"),
        ({"groups": np.zeros(50)}, "groups of shape"),
    ],
)
def test_refuses_arguments_in_the_voice_of_keras(options, message):
    with pytest.raises(ValueError, match=message):
        draw(**options)


def test_the_bytes_of_tensors_count():
    x = keras.ops.convert_to_tensor(X)
    assert draw(x=x).fingerprint == draw().fingerprint
