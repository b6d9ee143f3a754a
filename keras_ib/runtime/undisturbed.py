"""What a forward pass changes in a model's Python objects, put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.backend.common import global_state

SIMPLE = (bool, int, float, str, tuple, type(None))


def state_variables(model: Any) -> list:
    """The variables that a forward pass in inference mode may change.

    Moving averages, seeds, metrics that layers update, states of recurrent
    layers, and the state of Keras' global generator.
    """
    found = [
        *model.non_trainable_variables,
        *getattr(model, "metrics_variables", ()),
    ]
    # Keras has no public name for it. It is made at its first use.
    generator = global_state.get_global_attribute("global_seed_generator")
    if generator is not None:
        found.append(generator.state)
    return list({id(variable): variable for variable in found}.values())


@contextmanager
def attributes_kept(model: Any) -> Iterator[None]:
    """Keeps counters and losses of all layers as they are.

    A user's layer may count its calls in Python, and `add_loss` appends to a
    list of the layer.
    """
    layers = [model, *_layers_inside(model)]
    before = [
        (layer, _simple(layer), list(getattr(layer, "_losses", ())))
        for layer in layers
    ]
    try:
        yield
    finally:
        for layer, attributes, losses in before:
            _put_back(layer, attributes)
            if hasattr(layer, "_losses"):
                layer._losses[:] = losses


def _layers_inside(model):
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, keras.layers.Layer)
    ]


def _simple(layer):
    return {k: v for k, v in vars(layer).items() if isinstance(v, SIMPLE)}


def _put_back(layer, attributes):
    # Past Keras' attribute tracking, which has no business with this.
    now = vars(layer)
    for name, value in list(_simple(layer).items()):
        if name not in attributes:
            del now[name]
        elif attributes[name] is not value:
            now[name] = attributes[name]
    for name in attributes.keys() - now.keys():
        now[name] = attributes[name]
