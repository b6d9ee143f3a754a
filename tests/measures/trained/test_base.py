"""Networks that decode: what they read, how they are trained, and together."""

import json

import keras
from keras import ops
from measures import trained_oracle
from measures.samples import sample
import numpy as np
import pytest

import keras_ib
from keras_ib import runtime
from keras_ib.measures import ZX, ZY, evaluate_trained
from keras_ib.measures.trained.loop import Rows
from keras_ib.measures.trained.networks import MLP, Upsampling

NETWORKS = (ZX("network", 100), ZY("network", 100))


def floats(fields):
    return {name: float(value) for name, value in fields.items()}


def learned(measures, *taps, x=None, y=None):
    """What measures give at taps of one probe set, compiled."""

    def compute(taps):
        samples = [[sample(z, x, y)] for z in taps]
        return evaluate_trained(measures, samples)

    def sample(z, x, y):
        rows = made(z, x, y)
        return type(rows)(
            z,
            rows.x,
            y=rows.y,
            y_class=rows.y_class,
            num_fit=rows.num_fit,
            variable=rows.variable,
            operations=runtime.backend.operations(),
        )

    found = runtime.backend.compiled(compute)(
        [ops.convert_to_tensor(z) for z in taps]
    )
    return [{n: floats(f) for n, f in tap.items()} for (tap,) in found]


def made(z, x, y):
    return sample(np.zeros((len(x), 1)), x, y)


@pytest.fixture
def xor(rng):
    x = rng.normal(size=(1600, 2)).astype("float32")
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def test_a_network_reads_an_exclusive_or_and_a_line_does_not(xor):
    x, y = xor
    found = keras_ib.measure(x, y=y, measures=["zy", "zy_kernel", "zy_network"])
    assert abs(found["zy"]["usable"]) < 0.02
    assert found["zy_kernel"]["accuracy"] > 0.9
    assert found["zy_network"]["accuracy"] > 0.9
    assert found["zy_network"]["usable"] < np.log(2)


def test_a_curve_is_decoded_by_networks_and_kernels(rng):
    """X on a circle, Z its angle: a line sees half of a coordinate."""
    z = rng.uniform(-np.pi, np.pi, size=(1600, 1))
    x = np.concatenate([np.cos(z), np.sin(z)], axis=1)
    found = keras_ib.measure(z, x, measures=["zx", "zx_kernel", "zx_network"])
    assert found["zx"]["fvu"] > 0.5
    assert found["zx_kernel"]["fvu"] < 0.02
    assert found["zx_network"]["fvu"] < 0.02


def test_independent_z_tells_a_network_nothing(rng):
    x = rng.normal(size=(800, 4))
    y = rng.integers(3, size=800)
    found = keras_ib.measure(rng.normal(size=(800, 6)), x, y, measures=NETWORKS)
    assert found["zx_network"]["fvu"] == pytest.approx(1, abs=0.05)
    assert found["zy_network"]["usable"] < 0.02


def test_a_budget_of_several_is_a_learning_curve(xor):
    x, _ = xor
    z = x @ np.array([[1.0, 0.0], [0.0, 0.05]])
    (found,) = keras_ib.measure(
        z, x, measures=ZX("network", (20, 100, 400))
    ).values()
    assert found["fvu_at_20"] > found["fvu_at_100"] > found["fvu"]
    single = keras_ib.measure(z, x, measures=ZX("network", 100))["zx_network"]
    assert single["fvu"] == pytest.approx(found["fvu_at_100"], abs=1e-5)


def test_an_ill_conditioned_z_looks_lost_to_few_steps(rng):
    """The same information; what is left is the budget's, not the layer's."""
    x = rng.normal(size=(2000, 16))
    z = x * np.geomspace(1, 0.02, 16)
    found = keras_ib.measure(
        z, x, measures=["zx", ZX("network", (100, 400, 2000))]
    )
    assert found["zx"]["fvu"] < 1e-4
    network = found["zx_network"]
    assert network["fvu_at_100"] > network["fvu_at_400"] > network["fvu"]
    assert network["fvu"] > 20 * found["zx"]["fvu"]


def test_training_stops_when_nothing_is_gained(rng):
    x = rng.normal(size=(200, 3))
    y = rng.integers(2, size=200)
    found = keras_ib.measure(
        rng.normal(size=(200, 50)), x, y, measures=ZY("network", 2000)
    )
    assert found["zy_network"]["steps"] <= 100


@pytest.mark.jax
@pytest.mark.slow
def test_every_tap_gets_what_it_would_get_alone(xor):
    """Taps of two shapes and two measures, in one loop and one by one."""
    x, y = xor
    taps = [x, np.tanh(2 * x), np.concatenate([x, x**2], axis=1)]
    together = learned(NETWORKS, *taps, x=x, y=y)
    for z, found in zip(taps, together, strict=True):
        (alone,) = learned(NETWORKS, z, x=x, y=y)
        for name, fields in alone.items():
            assert found[name] == pytest.approx(fields, abs=1e-4)


@pytest.mark.jax
def test_every_measurement_is_the_same(xor):
    x, y = xor
    assert learned(NETWORKS, x, x=x, y=y) == learned(NETWORKS, x, x=x, y=y)


@pytest.mark.parametrize("budget", [20, 300])
def test_training_is_what_it_says(rng, budget):
    """Step for step against NumPy, early stopping included."""
    x = rng.normal(size=(160, 3)).astype("float32")
    z = np.tanh(x @ rng.normal(size=(3, 5))).astype("float32")
    y = (x[:, 0] > 0) + (x[:, 1] > 0) * 1
    (found,) = learned(
        (ZX("network", budget), ZY("network", budget)), z, x=x, y=y
    )
    for name, oracle in (
        ("zx_network", trained_oracle.zx),
        ("zy_network", trained_oracle.zy),
    ):
        assert found[name] == pytest.approx(
            oracle(*(a.astype("float64") for a in (z, x)), y, budget),
            rel=5e-3,
            abs=5e-3,
        )


def test_usable_information_on_x_is_that_of_normal_variables(rng):
    """For X and Z normal, -log(1 - rho^2) / 2 for each dimension."""
    x = rng.normal(size=(8000, 3))
    z = 0.6 * x + 0.8 * rng.normal(size=x.shape)
    usable = keras_ib.measure(z, x, measures="zx")["zx"]["usable"]
    assert usable == pytest.approx(-1.5 * np.log(1 - 0.36), abs=0.03)


@pytest.mark.parametrize("size", [8, 7])
def test_upsampling_is_a_convolution_and_a_transposed_one(rng, size):
    """Against Keras' own, with the same weights; 7 is cut from 8."""
    network = Upsampling((4, 4, 3), (size, size, 2))
    z = rng.normal(size=(5, 4, 4, 3)).astype("float32")
    parameters = network.start(1)
    first, bias, last, last_bias = map(ops.convert_to_numpy, parameters)
    hidden = keras.ops.relu(
        keras.ops.conv(z, first.reshape(3, 3, 3, -1), padding="same") + bias[0]
    )
    kernel = last[0].T.reshape(2, 2, 2, -1)
    images = keras.ops.conv_transpose(hidden, kernel, strides=2)
    images = (
        images
        + last_bias.reshape(2, 2, 2)[
            np.arange(8)[:, None] % 2, np.arange(8) % 2
        ]
    )
    found = network(parameters, Rows(ops.convert_to_tensor(z)[None], None))
    np.testing.assert_allclose(
        ops.convert_to_numpy(found)[0],
        ops.convert_to_numpy(images)[:, :size, :size].reshape(5, -1),
        atol=1e-5,
    )


def test_feature_maps_are_decoded_in_place(rng):
    """An image that was pooled comes back in blocks; a dense decoder has to
    learn every pixel by itself."""
    x = rng.normal(size=(400, 4, 4, 1)).repeat(2, axis=1).repeat(2, axis=2)
    z = np.concatenate([x[:, ::2, ::2], 0.1 * x[:, ::2, ::2] ** 2], axis=3)
    maps, rows = (
        keras_ib.measure(array, x, measures=ZX("network", 200))["zx_network"]
        for array in (z, z.reshape(400, -1))
    )
    assert 2 * maps["fvu"] < rows["fvu"]


def test_first_weights_have_the_scale_that_was_asked_for():
    first, _, last, _ = map(ops.convert_to_numpy, MLP((400,), 10).start(2))
    np.testing.assert_array_equal(first[0], first[1])
    assert first.std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)
    assert last.std() == pytest.approx(0.1 / 16, rel=0.1)
    # Rows are stretches of one pool: no two are alike.
    assert np.abs(np.corrcoef(first[0]) - np.eye(400)).max() < 0.7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"decoder": "tree"}, "Unknown decoder"),
        ({"budget": 100}, "nothing to train"),
        ({"decoder": "network", "budget": 30}, "multiple of 20"),
        ({"decoder": "network", "budget": 0}, "multiple of 20"),
        ({"decoder": "network", "budget": (400, 100)}, "ascending"),
        ({"decoder": "network", "budget": ()}, "ascending"),
    ],
)
@pytest.mark.parametrize("measure", [ZX, ZY])
def test_bad_arguments_say_what_is_expected(measure, arguments, words):
    with pytest.raises(ValueError, match=words):
        measure(**arguments)


def test_the_log_says_the_decoder_the_budget_and_the_curve():
    measure = ZX("network", (100, 400))
    assert measure.name == "zx_network"
    assert list(measure.fields) == [
        *("fvu", "fvu_se", "mse", "usable", "steps", "fvu_at_100")
    ]
    config = json.loads(json.dumps(measure.get_config()))
    assert config == {
        "decoder": "network",
        "budget": [100, 400],
        "scale": "none",
    }
    assert ZX(**config) == measure != ZX("network")
