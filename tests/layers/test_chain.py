import keras
from keras import ops
import numpy as np
import pytest

from keras_ib.layers import Chain

pytestmark = pytest.mark.jax


def test_applies_layers_in_order(rng):
    x = rng.normal(size=(2, 3)).astype("float32")
    first, second = keras.layers.Dense(4), keras.layers.Dense(5)
    z = Chain([first, second])(x)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(z), ops.convert_to_numpy(second(first(x)))
    )


def test_builds_every_layer_from_the_shape_alone():
    chain = Chain([keras.layers.Dense(4), keras.layers.Dense(5)])
    chain.build((None, 3))
    assert [tuple(w.shape) for w in chain.weights] == [
        (3, 4),
        (4,),
        (4, 5),
        (5,),
    ]
    assert chain.compute_output_shape((None, 3)) == (None, 5)


@pytest.mark.parametrize("layers", [[], [keras.layers.ReLU(), "relu"]])
def test_wrong_layers(layers):
    with pytest.raises(ValueError, match="one Keras layer or more"):
        Chain(layers)
