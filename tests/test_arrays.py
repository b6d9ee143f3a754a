"""Measures on plain arrays: usable information of every row."""

import keras
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import ZX, ZY
from keras_ib.probe import offset_apart

pytestmark = pytest.mark.jax


@pytest.fixture
def rows(rng):
    """Two normal classes at distance 2, and a few rows of the wrong label."""
    y = np.arange(1001) % 2
    z = 2.0 * y[:, None] + rng.normal(size=(1001, 1))
    y[:20] = 1 - y[:20]
    return z, y


def test_pointwise_values_stand_at_their_rows(rows):
    z, y = rows
    values = keras_ib.pointwise(z, y=y)
    assert values.shape == (1001,)
    wrong = keras_ib.pointwise(z, y=1 - y)
    right = keras_ib.pointwise(z, y=y)
    np.testing.assert_array_equal(values, right)
    # Other names of the classes change nothing.
    np.testing.assert_allclose(wrong, right, atol=1e-3)
    assert values[:20].mean() < 0 < values[20:].mean()
    order = np.random.default_rng(1).permutation(1001)
    again = keras_ib.pointwise(z[order], y=y[order])
    assert np.abs(again - values[order]).mean() < 0.05


def test_their_mean_is_the_usable_information(rows):
    z, y = rows
    usable = keras_ib.measure(z, y=y, measures="zy")["zy"]["usable"]
    assert keras_ib.pointwise(z, y=y).mean() == pytest.approx(usable, abs=0.05)
    x = z + np.random.default_rng(0).normal(size=(1001, 3))
    usable = keras_ib.measure(z, x, measures="zx")["zx"]["usable"]
    found = keras_ib.pointwise(z, x, measure="zx")
    assert found.mean() == pytest.approx(usable, rel=0.1)


@pytest.mark.parametrize(
    "measure", ["zx_kernel", ZX("network", 100), ZY("network", 100)]
)
def test_every_decoder_has_rows(rows, measure):
    z, y = rows
    x = np.concatenate([z, z**2], axis=1)
    values = keras_ib.pointwise(z, x, y, measure=measure)
    assert np.all(np.isfinite(values))
    assert values.mean() > 0.2


def test_two_normal_classes_have_the_known_information(rng):
    """At distance 2, 0.4859 bits; the linear reader is the right family."""
    y = np.arange(8000) % 2
    values = keras_ib.pointwise(
        2.0 * y[:, None] + rng.normal(size=(8000, 1)), y=y
    )
    error = values.std() / np.sqrt(8000)
    truth = 0.4859441541329351 * np.log(2)
    assert values.mean() == pytest.approx(truth, abs=4 * error)


@pytest.mark.parametrize("measure", ["kde", "all", ["zx", "zy"]])
def test_what_has_no_decoder_has_no_rows(rows, measure):
    z, y = rows
    with pytest.raises(ValueError, match="needs a decoder"):
        keras_ib.pointwise(z, z, y, measure=measure)


def test_samples_that_come_again_are_on_one_side(rng):
    """Labels of noise cannot be told from a wide Z."""
    x = np.tile(rng.normal(size=(40, 16)), (10, 1))
    y = np.tile(rng.integers(0, 2, 40), 10)
    z = np.maximum(x @ rng.normal(size=(16, 128)), 0)
    accuracy = keras_ib.measure(z, x=x, y=y)["zy"]["accuracy"]
    assert abs(accuracy - 0.5) < 0.25


INDEX = np.arange(400)
# Eight levels that float32 would lose, all or in one column of two.
FAR = {
    "ids": 2**24 + INDEX % 8,
    "timestamps": 1_700_000_000 + INDEX % 8,
    "unsigned": (INDEX % 8).astype("uint64") + np.uint64(2**63),
    "one_and_a_little": 1 + 1e-9 * (INDEX % 8),
}


@pytest.mark.parametrize("name", FAR)
def test_levels_of_z_far_from_zero_are_told_apart(name):
    z, y = FAR[name][:, None], INDEX % 8
    names = ["quantized", "ebab", "ksg", "binning"]
    found = keras_ib.measure(z, x=INDEX, y=y, measures=names)
    for measure in names[:3]:
        assert found[measure]["i_zy"] == pytest.approx(np.log(8), abs=0.01)
    # Bins of a fixed range see Z as it is: all in the last one.
    assert found["binning"]["i_zy"] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("shift", [2.0**24, 1.7e9, 1e12])
def test_a_shift_of_z_changes_nothing(rng, shift):
    z = np.round(1024 * rng.normal(size=(200, 2)))
    y = (z[:, 0] > 0) * 1
    names = ["quantized", "ebab", "ksg", "kde", "hsic", "zx", "zy"]
    near, far = (
        keras_ib.measure(a, x=z, y=y, measures=names) for a in (z, z + shift)
    )
    for name in names:
        assert far[name] == pytest.approx(near[name], abs=2e-4), name


def test_one_column_far_from_zero_is_read_beside_a_wide_one(rng):
    z = np.stack([1e9 + INDEX % 8, 1e6 * rng.normal(size=400)], axis=1)
    apart, offset = offset_apart(z, 200)
    np.testing.assert_allclose(np.diff(apart[:9, 0]), [1] * 7 + [-7], atol=1e-5)
    np.testing.assert_array_equal(apart[:, 1], z[:, 1].astype("float32"))
    assert offset[0] > 9e8
    assert offset[1] == 0


def test_bins_see_columns_as_they_are_beside_one_far_from_zero(rng):
    near = rng.uniform(-1, 1, 400)
    z = np.stack([1e9 + INDEX % 8, near], axis=1)
    names = ["binning"]
    found = keras_ib.measure(z, x=INDEX, measures=names)["binning"]["i_xz"]
    alone = keras_ib.measure(near, x=INDEX, measures=names)["binning"]["i_xz"]
    assert found == pytest.approx(alone, abs=1e-6)


def test_the_result_is_a_dict_that_shows_itself():
    z = np.random.default_rng(0).normal(size=(60, 3))
    found = keras_ib.measure(z, y={"a": np.arange(60) % 2, "b": z[:, 0]})
    assert found == dict(found)
    header, *lines = repr(found).splitlines()
    assert header.split() == ["field", "value", "+-", "unit", "kind", "samples"]
    (line,) = [line for line in lines if line.startswith("zy[a]/ce ")]
    ce = found["zy[a]"]
    assert line.split()[1:4] == [
        f"{ce['ce']:.3f}",
        f"{ce['ce_se']:.3f}",
        "nats",
    ]
    assert "ce_se" not in repr(found)
    assert found._repr_html_().count("<tr>") == 1 + len(lines)


@pytest.mark.slow
def test_the_default_type_of_keras_changes_no_number(rng):
    x = rng.normal(size=(48, 4))
    z, y = np.tanh(x[:, :3]), (x[:, 0] > 0) * 1
    chosen = ["zx", "zy", "ksg", "logdet", "hsic", "binning"]
    expected = keras_ib.measure(z, x, y, measures=chosen)
    keras.config.set_floatx("float64")
    try:
        assert keras_ib.measure(z, x, y, measures=chosen) == expected
        assert keras.config.floatx() == "float64"
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.jax
def test_cost_follows_the_classes_and_not_the_largest_label(rng):
    x = rng.normal(size=(64, 4))
    y = np.arange(64) % 3
    numbers = [
        keras_ib.measure(x, x=x, y=labels, measures="zy")["zy"]
        for labels in (y, y + (y == 2) * 500_000)
    ]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)
