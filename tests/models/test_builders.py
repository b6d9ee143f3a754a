"""What each builder makes of its arguments."""

import keras
from keras import ops
import numpy as np
import pytest

from keras_ib.models import FAMILIES, mixer, mlp, parts, resnet, vit


def layer_names(model):
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3)])
def test_defaults_suit_small_images(family, shape):
    model = FAMILIES[family](shape, 10)
    assert isinstance(model, keras.Model)
    assert model.name == family
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (
            lambda: resnet((8, 8, 1), 3, depth=8),
            "stem block_01 block_02 block_03 pool head",
        ),
        (
            lambda: vit((8, 8, 1), 3, depth=2),
            "stem block_01 block_02 norm pool head",
        ),
        (
            lambda: mixer((8, 8, 1), 3, depth=2),
            "stem block_01 block_02 norm pool head",
        ),
        (
            lambda: mlp((12,), 2, variant="szt"),
            "stem block_01 block_02 block_03 block_04 block_05 head",
        ),
    ],
)
def test_taps(model, names):
    model = model()
    assert layer_names(model) == ["input", *names.split()]
    # Logits, not probabilities.
    head = model.get_layer("head")
    assert head.activation is keras.activations.linear


def test_block_names_sort_as_they_run():
    assert parts.block_names(2) == ["block_01", "block_02"]
    names = parts.block_names(100)
    assert names[0] == "block_001"
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("shape", "patch_size"),
    [((8, 8), 2), ((28, 28), 7), ((32, 32), 8), ((12, 8), 2), ((7, 7), 1)],
)
def test_default_patch(shape, patch_size):
    assert parts.default_patch((*shape, 1)) == patch_size


def test_explicit_keywords_beat_the_variant():
    model = mixer((8, 8, 1), 3, variant="S/16", patch_size=2, depth=1, width=6)
    assert model.get_layer("stem").output.shape == (None, 16, 6)
    assert "block_02" not in layer_names(model)
    block = model.get_layer("block_01")
    widths = {
        layer.units
        for layer in block._flatten_layers()
        if hasattr(layer, "units")
    }
    assert widths == {256, 16, 2048, 6}  # S/16's hidden sizes stay


def test_resnet_stages_halve_the_image():
    model = resnet((9, 12, 1), 3, depth=14, width=4)
    shapes = [model.get_layer(f"block_{i:02d}").output.shape for i in (2, 4, 6)]
    assert shapes == [(None, 9, 12, 4), (None, 5, 6, 8), (None, 3, 3, 16)]


@pytest.mark.jax
def test_vit_pooling(rng):
    x = rng.normal(size=(2, 8, 8, 1)).astype("float32")
    for pooling, tokens in [("token", 17), ("average", 16)]:
        model = vit((8, 8, 1), 3, depth=1, pooling=pooling)
        assert model.get_layer("stem").output.shape[1] == tokens
        norm, pool = (
            ops.convert_to_numpy(
                keras.Model(model.inputs[0], model.get_layer(name).output)(x)
            )
            for name in ("norm", "pool")
        )
        expected = norm[:, 0] if pooling == "token" else norm.mean(1)
        np.testing.assert_allclose(pool, expected, atol=1e-6)


@pytest.mark.jax
def test_gelu_is_exact():
    (layer,) = (x for x in parts.feed_forward(2, 2, 0.0) if x.name == "gelu")
    # x * Phi(x); the tanh approximation gives 0.841192.
    assert float(layer(np.ones((1, 1), "float32"))[0, 0]) == pytest.approx(
        0.841345, abs=2e-6
    )


@pytest.mark.jax
@pytest.mark.parametrize("build", [vit, mixer])
def test_dropout_acts_in_training_alone(build, rng):
    x = rng.normal(size=(2, 8, 8, 1)).astype("float32")
    model = build((8, 8, 1), 3, depth=1, dropout=0.5)
    first, again, training, other = (
        ops.convert_to_numpy(model(x, training=t))
        for t in (False, False, True, True)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(training, other)
    without = build((8, 8, 1), 3, depth=1)
    assert [w.shape for w in model.weights] == [
        w.shape for w in without.weights
    ]


@pytest.mark.jax
@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_mlp_initializer(gain):
    """Truncated normal: std gain / sqrt(fan_in) before cutting at 2 std."""
    model = mlp((400,), 2, hidden_sizes=(500,), init_gain=gain)
    kernel = np.asarray(model.get_layer("block_01").branch.kernel)
    std = gain / 400**0.5
    assert kernel.std() == pytest.approx(0.8796 * std, rel=0.01)
    assert np.abs(kernel).max() <= 2 * std * 1.0001


def test_mlp_penalty_is_on_the_hidden_kernels():
    model = mlp((12,), 2, variant="szt", l2=0.1, shortcut="projection")
    hidden = [
        np.asarray(layer.branch.kernel)
        for layer in model.layers
        if layer.name.startswith("block")
    ]
    expected = 0.1 * sum((kernel**2).sum() for kernel in hidden)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_mlp_is_that_of_shwartz_ziv_and_tishby(rng):
    model = mlp((12,), 2, variant="szt")
    widths = [layer.output.shape[-1] for layer in model.layers[1:]]
    assert widths == [12, 10, 7, 5, 4, 3, 2]
    x = rng.normal(size=(5, 12)).astype("float32")
    z = x
    for layer in model.layers[2:-1]:
        z = np.tanh(z @ np.asarray(layer.branch.kernel))
    z = z @ np.asarray(model.get_layer("head").kernel)
    np.testing.assert_allclose(ops.convert_to_numpy(model(x)), z, atol=1e-5)


IMAGE = (8, 8, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: resnet((8, 8), 10), r"input_shape=\(8, 8\)"),
        (lambda: vit((64,), 10), "keras_ib.models.mlp"),
        (lambda: mixer((None, None, 1), 10), "full shape"),
        (lambda: mlp((), 10), "full shape"),
        (lambda: mlp((0,), 10), "full shape"),
        (lambda: resnet((2, 8, 1), 10), "at least 4"),
        (lambda: vit(IMAGE, 10, patch_size=3), "patch_size=3.*1, 2, 4, 8"),
        (lambda: mixer(IMAGE, 10, variant="S/16"), "patch_size=16"),
        (lambda: vit(IMAGE, 10, patch_size=0), "patch_size"),
        (lambda: resnet(IMAGE, 0), "num_classes=0"),
        (lambda: mlp(IMAGE, -1), "num_classes=-1"),
        (
            lambda: resnet(IMAGE, 10, variant="resnet18"),
            "'resnet20', 'resnet32'",
        ),
        (lambda: vit(IMAGE, 10, variant="huge"), "'huge'.*'tiny', 'small'"),
        (lambda: resnet(IMAGE, 10, depth=18), r"6n \+ 2.*depth=18"),
        (lambda: resnet(IMAGE, 10, depth=2), "depth=2"),
        (lambda: vit(IMAGE, 10, depth=0), "depth=0"),
        (
            lambda: vit(IMAGE, 10, width=10, num_heads=4),
            "num_heads=4, width=10",
        ),
        (lambda: vit(IMAGE, 10, pooling="max"), "'token', 'average'"),
        (lambda: mixer(IMAGE, 10, token_dim=0.5), "token_dim=0.5"),
        (lambda: mlp(IMAGE, 10, hidden_sizes=()), "hidden layer"),
        (lambda: mlp(IMAGE, 10, hidden_sizes=(8, 0)), "hidden_sizes=0"),
        *(
            (lambda f=f: f(IMAGE, 10, shortcut="skip"), "shortcut='skip'")
            for f in FAMILIES.values()
        ),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
