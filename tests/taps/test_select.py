"""Selecting, naming and capturing what layers return."""

import keras
from keras import layers
import numpy as np
import pytest
import zoo

from keras_ib import taps
from keras_ib.taps.auto import MAX_AUTO_TAPS

pytestmark = pytest.mark.jax


def built(kind):
    model = zoo.compiled(kind)
    model(np.zeros((2, 6), "float32"))
    return model


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_auto_takes_layers_with_weights_in_every_kind_of_model(kind):
    assert list(taps.select(built(kind))) == zoo.TAPS


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_captures_what_the_layers_return(kind):
    model = built(kind)
    x = zoo.data()[0]
    with taps.capture(taps.select(model)) as outputs:
        result = model(x, training=False)
    assert list(outputs) == zoo.TAPS
    np.testing.assert_array_equal(outputs["logits"], result)
    first = taps.named_layers(model)["first"]
    np.testing.assert_array_equal(outputs["first"], first(x))


def test_leaves_the_layers_as_they_were():
    model = built("functional")
    before = [set(vars(layer)) for layer in model.layers]
    with pytest.raises(KeyError), taps.capture(taps.select(model)):
        raise KeyError
    assert [set(vars(layer)) for layer in model.layers] == before


def test_by_name_pattern_object_and_path():
    model = built("functional")
    assert list(taps.select(model, "second")) == ["second"]
    # In the order of the model, whatever the order of asking.
    assert list(taps.select(model, ["sec*", "first"])) == ["first", "second"]
    assert list(taps.select(model, model.layers[1])) == ["first"]


def test_a_pattern_does_not_reach_into_a_layer():
    inner = keras.Sequential([layers.Dense(2, name="same")], name="block_01")
    other = keras.Sequential([layers.Dense(2, name="same")], name="block_02")
    model = keras.Sequential([keras.Input((6,)), inner, other])
    assert list(taps.select(model, "block_*")) == ["block_01", "block_02"]
    paths = ["block_01/same", "block_02/same"]
    assert list(taps.select(model, "block_*/*")) == paths


def test_names_that_are_not_unique_become_paths():
    def branch(name):
        return keras.Sequential(
            [keras.Input((6,)), layers.Dense(4, name="dense")], name=name
        )

    inputs = keras.Input((6,))
    outputs = [branch("left")(inputs), branch("right")(inputs)]
    model = keras.Model(inputs, outputs)
    assert list(taps.select(model)) == ["left/dense", "right/dense"]


def test_a_layer_that_is_called_again_is_told_apart():
    shared = layers.Dense(6, name="shared")
    inputs = keras.Input((6,))
    model = keras.Model(inputs, shared(shared(inputs)))
    with taps.capture({"shared": shared}) as outputs:
        model(np.ones((2, 6), "float32"))
    assert list(outputs) == ["shared", "shared#2"]


def test_auto_takes_the_shortcuts_of_a_residual_network():
    x = inputs = keras.Input((6,))
    for _ in range(3):
        x = layers.Add()([x, layers.Dense(6)(x)])
    model = keras.Model(inputs, layers.Dense(2, name="out")(x))
    selected = list(taps.select(model).values())
    assert [type(layer) for layer in selected[:3]] == [layers.Add] * 3
    assert selected[3].name == "out"


def test_auto_thins_a_deep_model_evenly():
    names = [f"layer_{i}" for i in range(40)]
    model = keras.Sequential(
        [keras.Input((2,)), *(layers.Dense(2, name=name) for name in names)]
    )
    selected = list(taps.select(model))
    assert len(selected) == MAX_AUTO_TAPS
    assert (selected[0], selected[-1]) == (names[0], names[-1])
    gaps = np.diff([names.index(name) for name in selected])
    assert set(gaps) <= {2, 3}


@pytest.mark.parametrize(
    "wanted", ["nope", ["first", "no-*"], [], layers.ReLU()]
)
def test_says_which_layers_there_are(wanted):
    with pytest.raises(ValueError, match="first, norm, drop, second, logits"):
        taps.select(built("functional"), wanted)


def test_a_model_without_weights_needs_names():
    model = keras.Sequential([keras.Input((6,)), layers.ReLU(name="relu")])
    with pytest.raises(ValueError, match="No layer of"):
        taps.select(model)
    assert list(taps.select(model, "relu")) == ["relu"]
