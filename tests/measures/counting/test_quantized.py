"""Quantized: exact where there are levels, whatever they are."""

from measures import oracle
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import Quantized


def measured(z, x, y, **arguments):
    return keras_ib.measure(z, x, y, measures=Quantized(**arguments))[
        "quantized"
    ]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (0.1, -3), (7, 1000)])
def test_is_the_entropy_of_the_levels(rng, bits, scale, offset):
    """I(X;Z) = H(Z) and I(Z;Y) of the levels, exactly."""
    levels = rng.integers(0, 2**bits, (300, 2))
    y = levels[:, 0] % 3
    found = measured(levels * scale + offset, np.arange(300), y)
    np.testing.assert_allclose(found["i_xz"], oracle.entropy(levels), atol=1e-5)
    np.testing.assert_allclose(found["i_zy"], oracle.entropy(y), atol=1e-5)


def test_known_weights():
    """Weights (1/2, 1/4, 1/4) have 1.5 bits."""
    z = np.repeat([0.5, -2.0, 3.0], [32, 16, 16])[:, None]
    found = measured(z, np.arange(64), np.arange(64) < 32)
    np.testing.assert_allclose(found["i_xz"], 1.5 * np.log(2), atol=1e-6)
    np.testing.assert_allclose(found["i_zy"], np.log(2), atol=1e-6)


def test_repeated_inputs_count_once():
    z = np.repeat([0.0, 1.0], 32)[:, None]
    found = measured(z, np.repeat([3.0, 4.0], 32), np.zeros(64, int))
    np.testing.assert_allclose(found["i_xz"], np.log(2), atol=1e-6)


def test_continuous_values_fall_into_equal_bins(rng):
    z = rng.normal(size=(200, 2)).astype("float32")
    x, y = np.arange(200), rng.integers(0, 3, 200)
    found = measured(z, x, y, num_levels=4)
    expected = oracle.quantized(z, x, y, 4)
    np.testing.assert_allclose(found["i_xz"], expected["i_xz"], atol=1e-5)
    np.testing.assert_allclose(found["i_zy"], expected["i_zy"], atol=1e-5)


def test_halfway_between_levels_goes_up():
    """0, 1, 2, 3, 4 to the levels 0, 2, 4: 1 with 2, and 3 with 4."""
    z = np.repeat(np.arange(5.0), 8)
    found = measured(z, np.arange(40), np.digitize(z, [1, 3]), num_levels=3)
    expected = oracle.entropy(np.digitize(z, [1, 3]))
    np.testing.assert_allclose(found["i_xz"], expected, atol=1e-6)
    np.testing.assert_allclose(found["i_zy"], expected, atol=1e-6)


@pytest.mark.parametrize("num_levels", [1, 2**16 + 1])
def test_refuses_too_few_and_too_many_levels(num_levels):
    with pytest.raises(ValueError, match=f"num_levels={num_levels}"):
        Quantized(num_levels)
