"""What a transformer adds to its patches: a class token, and positions.

Reference: Dosovitskiy et al. 2021, section 3.1,
https://arxiv.org/abs/2010.11929
"""

from typing import Any

import keras
from keras import ops

from keras_ib import checks


@keras.saving.register_keras_serializable(package="keras_ib")
class ClassToken(keras.layers.Layer):
    """Puts one learned token, zero at first, before the others.

    Input shape:
        `(batch, tokens, width)`.

    Output shape:
        `(batch, 1 + tokens, width)`.

    Example:

    >>> tuple(ClassToken()(keras.ops.ones((2, 4, 8))).shape)
    (2, 5, 8)
    """

    def build(self, input_shape: tuple) -> None:
        self.token = self.add_weight(
            shape=(1, 1, input_shape[-1]), initializer="zeros", name="token"
        )

    def call(self, x: Any) -> Any:
        # Repeated along the batch, whose size may be known at run time only.
        token = ops.tile(self.token, (ops.shape(x)[0], 1, 1))
        return ops.concatenate([token, x], axis=1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, tokens, width = input_shape
        return (batch, tokens + 1, width)


@keras.saving.register_keras_serializable(package="keras_ib")
class FirstToken(keras.layers.Layer):
    """Reads the first token, where `ClassToken` has put its own.

    Input shape:
        `(batch, tokens, width)`.

    Output shape:
        `(batch, width)`.

    Example:

    >>> tuple(FirstToken()(keras.ops.ones((2, 5, 8))).shape)
    (2, 8)
    """

    def call(self, x: Any) -> Any:
        return x[:, 0]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package="keras_ib")
class Positions(keras.layers.Layer):
    """Adds a learned vector to each token, one for each position.

    Args:
        stddev: Float > 0, standard deviation of the normal distribution that
            the vectors are drawn from. Default: that of the published code
            of the Vision Transformer.

    Input shape:
        `(batch, tokens, width)`; the number of tokens is fixed.

    Output shape:
        `(batch, tokens, width)`.

    Example:

    >>> tuple(Positions()(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)
    """

    def __init__(self, stddev: float = 0.02, **kwargs: Any):
        super().__init__(**kwargs)
        self.stddev = checks.positive("stddev", stddev)

    def build(self, input_shape: tuple) -> None:
        self.positions = self.add_weight(
            shape=(1, *input_shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=self.stddev),
            name="positions",
        )

    def call(self, x: Any) -> Any:
        return x + self.positions

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "stddev": self.stddev}
