from keras import ops
import numpy as np
import pytest

from keras_ib.layers import ClassToken, FirstToken, Positions

pytestmark = pytest.mark.jax


@pytest.fixture
def tokens(rng):
    return rng.normal(size=(2, 5, 8)).astype("float32")


def test_class_token_is_put_first_and_read_back(tokens):
    layer = ClassToken()
    layer.build(tokens.shape)
    layer.token.assign(np.full((1, 1, 8), 3.0))
    z = layer(tokens)
    np.testing.assert_array_equal(ops.convert_to_numpy(z)[:, 1:], tokens)
    first = ops.convert_to_numpy(FirstToken()(z))
    np.testing.assert_array_equal(first, np.full((2, 8), 3.0))


@pytest.mark.parametrize("stddev", [0.02, 0.2])
def test_positions_differ_and_are_the_same_for_every_row(tokens, stddev):
    added = ops.convert_to_numpy(Positions(stddev)(tokens)) - tokens
    np.testing.assert_allclose(added[0], added[1], atol=1e-6)
    assert 0.7 * stddev < added.std() < 1.3 * stddev
