"""What flows around a branch: identity, projection or nothing."""

from typing import Any

import keras

from keras_ib import checks
from keras_ib.layers.chain import serialize_unbuilt
from keras_ib.layers.shortcuts import (
    SHORTCUTS,
    Shortcut,
    option_a,
    strides_between,
    subsample,
)


@keras.saving.register_keras_serializable(package="keras_ib")
class Residual(keras.layers.Layer):
    """Adds a shortcut to a branch: `activation(shortcut(x) + branch(x))`.

    The one place of the shortcut option:

    - `"identity"`: parameter-free in every block (option A of [He et al.
      2016](https://arxiv.org/abs/1512.03385)). Where the branch changes the
      shape, positions are subsampled with the branch's stride, missing
      channels are zeros, and surplus channels are dropped.
    - `"projection"`: a learned linear map in every block, also where the
      shape stays (option C): a 1x1 convolution on feature maps, a `Dense`
      layer on tokens and vectors, on the same subsampled positions. It has
      no bias and no normalisation. That is our choice (ResNets are often
      shipped with batch normalisation there): a projection model then
      differs from its identity twin by exactly these kernels.
    - `"none"`: the control, `activation(branch(x))`.

    Args:
        branch: Keras layer. Its output has the rank of its input.
        shortcut: `"identity"`, `"projection"` or `"none"`.
        shortcut_initializer: Initializer of the projection's kernel, by name
            or object. It is given the shape `(channels_in, channels_out)`
            also for a 1x1 convolution, so `"orthogonal"` and `"identity"`
            mean what they say; `"identity"` of a kernel that is not square
            is option A. Without its own seed, every layer draws anew.
        activation: Activation after the addition, such as the ReLU of the
            original ResNet. Default: none.

    Input shape:
        `(batch, *positions, channels)`, channels last, fully known but for
        the batch.

    Output shape:
        That of the branch.

    Attributes:
        projection: The projecting layer, once built with
            `shortcut="projection"`; otherwise `None`.

    Example:

    >>> layer = Residual(keras.layers.Dense(8), shortcut="projection")
    >>> tuple(layer(keras.ops.ones((2, 4))).shape)
    (2, 8)
    >>> tuple(layer.projection.kernel.shape)
    (4, 8)
    """

    def __init__(
        self,
        branch: keras.layers.Layer,
        shortcut: Shortcut = "identity",
        shortcut_initializer: Any = "glorot_uniform",
        activation: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not isinstance(branch, keras.layers.Layer):
            raise ValueError(
                f"The branch must be a Keras layer. Received: {branch!r}. "
                "Wrap a function in keras.layers.Lambda, or several layers "
                "in keras_ib.layers.Chain."
            )
        self.branch = branch
        self.shortcut = checks.choice("shortcut", shortcut, SHORTCUTS)
        self.shortcut_initializer = _own_initializer(shortcut_initializer)
        self.activation = checks.made(
            "activation", activation, keras.activations.get, "relu"
        )
        self.projection: keras.layers.Layer | None = None

    def build(self, input_shape: tuple) -> None:
        if not self.branch.built:
            self.branch.build(input_shape)
        if self.shortcut == "none":
            return
        output_shape = self.branch.compute_output_shape(input_shape)
        self.strides = strides_between(input_shape, output_shape)
        self.channels = output_shape[-1]
        if self.shortcut == "projection":
            projection = self._make_projection(rank=len(input_shape))
            projection.build((*output_shape[:-1], input_shape[-1]))
            self.projection = projection

    def _make_projection(self, rank: int) -> keras.layers.Layer:
        options = {
            "use_bias": False,
            "kernel_initializer": self._initialize_as_matrix,
            "dtype": self.dtype_policy,
            "name": "projection",
        }
        if rank == 4:
            return keras.layers.Conv2D(self.channels, 1, **options)
        return keras.layers.Dense(self.channels, **options)

    def _initialize_as_matrix(self, shape: tuple, dtype: Any = None) -> Any:
        # A 1x1 convolution is a matrix; Identity and Orthogonal need to see
        # it as one.
        try:
            matrix = self.shortcut_initializer(shape[-2:], dtype=dtype)
            return keras.ops.reshape(matrix, shape)
        except Exception as error:  # Whatever a user's function raises.
            raise ValueError(
                "shortcut_initializer does not make a kernel. Received: "
                f"{checks.short(self.shortcut_initializer)}. Give a function "
                f"of (shape, dtype=) that returns an array {shape[-2:]}. What "
                f"was raised: {checks.short(error)}."
            ) from error

    def call(self, x: Any) -> Any:
        z = self.branch(x)
        if self.shortcut == "identity":
            z = z + option_a(x, self.strides, self.channels)
        elif self.projection is not None:
            z = z + self.projection(subsample(x, self.strides))
        return self.activation(z)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return self.branch.compute_output_shape(input_shape)

    def get_config(self) -> dict:
        initializer = self.shortcut_initializer
        return {
            **super().get_config(),
            "branch": serialize_unbuilt(self.branch),
            "shortcut": self.shortcut,
            "shortcut_initializer": keras.initializers.serialize(initializer),
            "activation": keras.activations.serialize(self.activation),
        }

    @classmethod
    def from_config(cls, config: dict) -> "Residual":
        branch = keras.saving.deserialize_keras_object(config["branch"])
        return cls(**{**config, "branch": branch})


def _own_initializer(identifier: Any) -> Any:
    # An unseeded Keras initializer that is shared would give every block
    # the same values: each block takes its own copy.
    initializer = checks.made(
        "shortcut_initializer",
        identifier,
        keras.initializers.get,
        "glorot_uniform",
    )
    return getattr(initializer, "clone", lambda: initializer)()
