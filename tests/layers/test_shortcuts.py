import numpy as np
import pytest

from keras_ib.layers.shortcuts import option_a, strides_between

pytestmark = pytest.mark.jax


@pytest.mark.parametrize(
    ("input_shape", "output_shape", "strides"),
    [
        ((None, 8, 8, 3), (None, 8, 8, 5), (1, 1)),
        ((None, 8, 8, 3), (None, 4, 4, 3), (2, 2)),
        ((None, 7, 9, 3), (None, 4, 3, 3), (2, 3)),
        ((None, 5, 5, 3), (None, 1, 1, 3), (5, 5)),
        ((None, 16, 3), (None, 6, 3), (3,)),
        ((None, 3), (None, 7), ()),
    ],
)
def test_strides(input_shape, output_shape, strides):
    assert strides_between(input_shape, output_shape) == strides


@pytest.mark.parametrize(
    ("input_shape", "output_shape"),
    [
        ((None, 8, 8, 3), (None, 6, 6, 3)),  # no stride makes 6 of 8
        ((None, 4, 4, 3), (None, 8, 8, 3)),  # upsampling
        ((None, 4, 4, 3), (None, 48)),  # another rank
        ((None, None, 3), (None, None, 3)),  # a stride that is not known
        ((None, 8, 8, 3), (None, 0, 0, 3)),  # nothing left
    ],
)
def test_shapes_that_cannot_be_matched(input_shape, output_shape):
    with pytest.raises(ValueError, match="shortcut='none'"):
        strides_between(input_shape, output_shape)


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("channels", [2, 3, 5])
def test_option_a_is_subsampling_and_zero_padding(rng, size, channels):
    x = rng.normal(size=(2, size, size, 3)).astype("float32")
    expected = np.zeros((2, 4, 4, channels), "float32")
    kept = min(3, channels)
    expected[..., :kept] = x[:, ::2, ::2, :kept]
    np.testing.assert_array_equal(option_a(x, (2, 2), channels), expected)


def test_option_a_is_the_identity_where_the_shape_stays(rng):
    x = rng.normal(size=(2, 4, 4, 3))
    assert option_a(x, (1, 1), 3) is x
