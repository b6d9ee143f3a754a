"""The three shortcuts in whole models."""

import math

import keras
from keras import ops
import numpy as np
import pytest

from keras_ib.layers import Residual
from keras_ib.models import mixer, mlp, resnet, vit

pytestmark = pytest.mark.jax

FAMILIES = {
    "resnet": lambda **kw: resnet((8, 8, 1), 3, depth=14, width=4, **kw),
    "vit": lambda **kw: vit((8, 8, 1), 3, depth=2, width=8, **kw),
    "mixer": lambda **kw: mixer((8, 8, 1), 3, depth=2, width=8, **kw),
    "mlp": lambda **kw: mlp((12,), 2, variant="szt", **kw),
}


@pytest.fixture(params=FAMILIES)
def create(request):
    return FAMILIES[request.param]


def shapes(model):
    return {w.path: tuple(w.shape) for w in model.weights}


def residuals(model):
    found = [x for x in model._flatten_layers() if isinstance(x, Residual)]
    return {layer.path: layer for layer in found}


def test_a_projection_model_is_its_identity_twin_and_its_projections(create):
    identity = shapes(create(shortcut="identity"))
    projection = shapes(create(shortcut="projection"))
    assert identity.items() <= projection.items()
    added = projection.keys() - identity.keys()
    # One kernel without bias in every block, also where the shape stays.
    blocks = residuals(create(shortcut="projection"))
    assert added == {f"{path}/projection/kernel" for path in blocks}


def test_identity_costs_no_parameter(create):
    identity = create(shortcut="identity")
    assert shapes(identity) == shapes(create(shortcut="none"))
    assert all(b.projection is None for b in residuals(identity).values())


@pytest.mark.parametrize(
    ("family", "num_projections"),
    [("resnet", 6), ("vit", 4), ("mixer", 4), ("mlp", 5)],
)
def test_every_sub_layer_has_its_shortcut(family, num_projections):
    blocks = residuals(FAMILIES[family](shortcut="projection"))
    assert len(blocks) == num_projections
    assert {b.shortcut for b in blocks.values()} == {"projection"}


def silence(model):
    """Makes every branch return zero: what is left are the shortcuts."""
    for layer in residuals(model).values():
        for weight in layer.branch.weights:
            if "variance" not in weight.path:
                weight.assign(np.zeros(weight.shape))


def tap(model, name, x):
    z = keras.Model(model.inputs[0], model.get_layer(name).output)(x)
    return ops.convert_to_numpy(z)


def test_resnet_shortcuts_alone(rng):
    x = rng.normal(size=(2, 9, 9, 1)).astype("float32")
    model = resnet((9, 9, 1), 3, depth=14, width=4)
    silence(model)
    stem = tap(model, "stem", x)  # after a ReLU: not negative
    np.testing.assert_array_equal(tap(model, "block_02", x), stem)
    expected = np.zeros((2, 3, 3, 16), "float32")
    expected[..., :4] = stem[:, ::2, ::2][:, ::2, ::2]
    np.testing.assert_array_equal(tap(model, "block_06", x), expected)


@pytest.mark.parametrize("family", ["vit", "mixer"])
def test_token_shortcuts_alone(family, rng):
    x = rng.normal(size=(2, 8, 8, 1)).astype("float32")
    model = FAMILIES[family](shortcut="identity")
    silence(model)
    stem = tap(model, "stem", x)
    np.testing.assert_array_equal(tap(model, "block_02", x), stem)


def test_without_shortcuts_nothing_passes_a_silent_branch(create, rng):
    model = create(shortcut="none")
    x = rng.normal(size=(2, *model.input_shape[1:])).astype("float32")
    silence(model)
    assert not tap(model, "block_02", x).any()


def test_initializer_reaches_every_projection():
    model = vit(
        (8, 8, 1),
        3,
        width=8,
        depth=2,
        shortcut="projection",
        shortcut_initializer=keras.initializers.Orthogonal(),
    )
    kernels = [
        np.asarray(b.projection.kernel) for b in residuals(model).values()
    ]
    for kernel in kernels:
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(8), atol=1e-5)
    assert np.abs(kernels[0] - kernels[1]).max() > 0.01


def test_identity_initializer_starts_as_the_identity_twin(create):
    outputs = []
    for shortcut in ("identity", "projection"):
        keras.utils.set_random_seed(0)
        model = create(shortcut=shortcut, shortcut_initializer="identity")
        for weight in model.weights:
            if "projection" not in weight.path:
                seeded = np.random.default_rng(math.prod(weight.shape))
                weight.assign(seeded.uniform(0.1, 0.2, weight.shape))
        rng = np.random.default_rng(0)
        x = rng.normal(size=(2, *model.input_shape[1:])).astype("float32")
        outputs.append(ops.convert_to_numpy(model(x)))
    np.testing.assert_allclose(*outputs, rtol=1e-5, atol=1e-5)
