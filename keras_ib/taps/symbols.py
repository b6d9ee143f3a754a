"""Which inputs of a model are symbols: ids and strings, not amounts."""

from typing import Any

import keras

# Layers that look a symbol up: their input has no order and no distance.
LOOKUPS = (
    keras.layers.Embedding,
    keras.layers.CategoryEncoding,
    keras.layers.HashedCrossing,
    keras.layers.Hashing,
    keras.layers.IntegerLookup,
    keras.layers.StringLookup,
    keras.layers.TextVectorization,
)


def symbol_inputs(model: Any) -> list[bool] | bool:
    """Which inputs go into a lookup.

    Returns:
        For a functional model one boolean an input, in the order of
        `model.inputs`; else whether the model has a lookup at all, which
        makes its inputs of integers symbols.
    """
    inputs = getattr(model, "inputs", None)
    if inputs and hasattr(model, "operations"):
        return [_is_looked_up(tensor) for tensor in inputs]
    layers = (
        model._flatten_layers() if hasattr(model, "_flatten_layers") else ()
    )
    return any(isinstance(layer, LOOKUPS) for layer in layers)


def _is_looked_up(tensor):
    """Whether a layer that an input goes into at once is a lookup."""
    operation = tensor._keras_history.operation
    return any(
        _holds_lookup(node.operation)
        for made in operation._inbound_nodes
        for output in made.outputs
        for node in _consumers(operation, output)
    )


def _consumers(operation, tensor):
    return [
        node
        for node in operation._outbound_nodes
        if any(t is tensor for t in node.arguments.keras_tensors)
    ]


def _holds_lookup(operation):
    if isinstance(operation, keras.layers.Layer):
        return any(
            isinstance(layer, LOOKUPS) for layer in operation._flatten_layers()
        )
    return False
