"""Measures on plain arrays: usable information of every row."""

import numpy as np
import pytest

import keras_ib
from keras_ib.measures import ZX, ZY

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
