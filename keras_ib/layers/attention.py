"""Attention of a sequence of tokens to itself."""

from typing import Any

import keras

from keras_ib import checks


@keras.saving.register_keras_serializable(package="keras_ib")
class SelfAttention(keras.layers.Layer):
    """Multi-head attention of the tokens to each other.

    `keras.layers.MultiHeadAttention` with one input for query, key and value,
    and heads that share the width. [Vaswani et al.
    2017](https://arxiv.org/abs/1706.03762).

    Args:
        num_heads: Int, divides the width.
        dropout: Float in [0, 1), dropout of the attention weights.

    Input shape:
        `(batch, tokens, width)`.

    Output shape:
        `(batch, tokens, width)`.

    Example:

    >>> tuple(SelfAttention(num_heads=2)(keras.ops.ones((1, 5, 8))).shape)
    (1, 5, 8)
    """

    def __init__(self, num_heads: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.num_heads = checks.integer("num_heads", num_heads)
        self.dropout = checks.rate("dropout", dropout)

    def build(self, input_shape: tuple) -> None:
        width = input_shape[-1]
        if self.num_heads < 1 or width % self.num_heads:
            raise ValueError(
                "The heads must share the width evenly. Received: "
                f"num_heads={self.num_heads}, width={width}. Choose a width "
                "that is a multiple of num_heads."
            )
        self.attention = keras.layers.MultiHeadAttention(
            self.num_heads,
            key_dim=width // self.num_heads,
            dropout=self.dropout,
            dtype=self.dtype_policy,
            name="attention",
        )
        self.attention.build(input_shape, input_shape)

    def call(self, x: Any) -> Any:
        return self.attention(x, x)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "dropout": self.dropout,
        }
