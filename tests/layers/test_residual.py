import keras
from keras import ops
import numpy as np
import pytest

from keras_ib.layers import SHORTCUTS, Chain, Residual

pytestmark = pytest.mark.jax


@pytest.fixture
def images(rng):
    return rng.normal(size=(2, 7, 7, 3)).astype("float32")


def silent_convolution(filters=5, strides=2):
    """A branch that gives zeros: what is left is the shortcut."""
    return keras.layers.Conv2D(
        filters,
        3,
        strides=strides,
        padding="same",
        kernel_initializer="zeros",
    )


def silent_dense(units):
    return keras.layers.Dense(units, kernel_initializer="zeros")


def to_numpy(x):
    return ops.convert_to_numpy(x)


def test_identity_has_no_weights_where_the_shape_changes(images):
    layer = Residual(silent_convolution())
    z = to_numpy(layer(images))
    expected = np.zeros((2, 4, 4, 5), "float32")
    expected[..., :3] = images[:, ::2, ::2]
    np.testing.assert_array_equal(z, expected)
    assert len(layer.weights) == len(layer.branch.weights)
    assert layer.projection is None


@pytest.mark.parametrize("units", [2, 3, 5])
def test_identity_of_vectors_keeps_the_first_features(rng, units):
    x = rng.normal(size=(4, 3)).astype("float32")
    z = to_numpy(Residual(silent_dense(units))(x))
    kept = min(units, 3)
    np.testing.assert_array_equal(z[:, :kept], x[:, :kept])
    assert not z[:, kept:].any()


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_projection_is_a_strided_1x1_convolution(images, strides):
    layer = Residual(silent_convolution(3, strides), "projection")
    z = layer(images)
    kernel = layer.projection.kernel
    assert kernel.shape == (1, 1, 3, 3)
    expected = ops.conv(images, kernel, strides=strides, padding="valid")
    np.testing.assert_allclose(to_numpy(z), to_numpy(expected), atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 3), (4, 5, 3)])
def test_projection_is_dense_without_bias(rng, shape):
    x = rng.normal(size=shape).astype("float32")
    layer = Residual(silent_dense(6), "projection")
    z = to_numpy(layer(x))
    assert [w.name for w in layer.projection.weights] == ["kernel"]
    kernel = np.asarray(layer.projection.kernel)
    np.testing.assert_allclose(z, x @ kernel, atol=1e-6)


def test_none_is_the_branch_alone(images):
    branch = keras.layers.Conv2D(5, 3, padding="same")
    layer = Residual(branch, "none")
    np.testing.assert_array_equal(
        to_numpy(layer(images)), to_numpy(branch(images))
    )
    silent = Residual(silent_convolution(), "none")
    assert not to_numpy(silent(images)).any()


def test_none_lets_the_branch_take_any_shape(images):
    layer = Residual(keras.layers.Flatten(), "none")
    assert layer(images).shape == (2, 7 * 7 * 3)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_activation_comes_after_the_addition(images, shortcut):
    branch = keras.layers.Conv2D(3, 3, padding="same")
    layer = Residual(branch, shortcut, activation="relu")
    z = to_numpy(layer(images))
    added = {
        "identity": lambda: images,
        "projection": lambda: to_numpy(layer.projection(images)),
        "none": lambda: 0.0,
    }[shortcut]()
    expected = np.maximum(to_numpy(branch(images)) + added, 0)
    np.testing.assert_allclose(z, expected, atol=1e-6)


def test_orthogonal_projection_keeps_lengths(images):
    layer = Residual(silent_convolution(5), "projection", "orthogonal")
    z = to_numpy(layer(images))
    np.testing.assert_allclose(
        np.linalg.norm(z, axis=-1),
        np.linalg.norm(images[:, ::2, ::2], axis=-1),
        rtol=1e-5,
    )


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_identity_projection_starts_as_the_identity_shortcut(images, channels):
    twins = [
        Residual(silent_convolution(channels), shortcut, "identity")
        for shortcut in ("identity", "projection")
    ]
    identity, projection = (to_numpy(twin(images)) for twin in twins)
    np.testing.assert_array_equal(projection, identity)


def test_an_initializer_that_is_shared_draws_anew_for_each_layer(images):
    initializer = keras.initializers.GlorotUniform()
    kernels = []
    for _ in range(2):
        layer = Residual(silent_convolution(), "projection", initializer)
        layer(images)
        kernels.append(np.asarray(layer.projection.kernel))
    assert np.abs(kernels[0] - kernels[1]).max() > 0.01


def test_training_reaches_the_branch(images):
    layer = Residual(Chain([keras.layers.Dropout(0.5)]), "none")
    assert (to_numpy(layer(images, training=True)) == 0).mean() > 0.3
    np.testing.assert_array_equal(to_numpy(layer(images)), images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shortcut": "skip"}, "'skip'.*'identity', 'projection', 'none'"),
        ({"shortcut_initializer": "glorrot"}, "glorrot"),
        ({"branch": lambda x: x}, "keras.layers.Lambda"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Residual(**{"branch": silent_dense(3), **arguments})


def test_branch_that_cannot_be_matched(images):
    layer = Residual(keras.layers.Conv2D(3, 3))
    with pytest.raises(ValueError, match="padding='same'"):
        layer(images)
