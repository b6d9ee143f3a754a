"""Several layers that act as one."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_ib import checks


@keras.saving.register_keras_serializable(package="keras_ib")
class Chain(keras.layers.Layer):
    """Applies layers one after the other, as one layer.

    The branch of a `Residual` and the blocks of a model are chains: a block
    is then one layer of the model, and has one tap. Unlike a
    `keras.Sequential` it is a plain layer, without a graph of its own.

    Args:
        layers: Non-empty sequence of Keras layers, in their order. Each keeps
            its own dtype policy.

    Input shape:
        That of the first layer.

    Output shape:
        That of the last layer.

    Example:

    >>> chain = Chain([keras.layers.Dense(8), keras.layers.ReLU()])
    >>> tuple(chain(keras.ops.ones((2, 4))).shape)
    (2, 8)
    """

    def __init__(self, layers: Sequence[keras.layers.Layer], **kwargs: Any):
        super().__init__(**kwargs)
        self.layers = checks.sequence("layers", layers)
        wrong = [
            layer
            for layer in self.layers
            if not isinstance(layer, keras.layers.Layer)
        ]
        if wrong or not self.layers:
            raise ValueError(
                "A Chain takes one Keras layer or more. Received: "
                f"layers={checks.short(layers)}. Wrap a function in "
                "keras.layers.Lambda."
            )

    def build(self, input_shape: tuple) -> None:
        for layer in self.layers:
            if not layer.built:
                layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict:
        layers = [serialize_unbuilt(layer) for layer in self.layers]
        return {**super().get_config(), "layers": layers}

    @classmethod
    def from_config(cls, config: dict) -> "Chain":
        layers = map(keras.saving.deserialize_keras_object, config["layers"])
        return cls(**{**config, "layers": list(layers)})


def serialize_unbuilt(layer: keras.layers.Layer) -> dict:
    """The layer's configuration, without the shape it was built for.

    With that shape Keras would build it as soon as it is read, outside its
    parent, and its weights would lose the parent's name from their paths.
    """
    config = keras.saving.serialize_keras_object(layer)
    return {key: config[key] for key in config if key != "build_config"}
