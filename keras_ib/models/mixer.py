"""MLP-Mixer."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from keras_ib.layers import Chain, Residual
from keras_ib.layers.shortcuts import Shortcut
from keras_ib.models import parts
from keras_ib.models.variants import sizes


def mixer(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    variant: str = "tiny",
    patch_size: int | None = None,
    depth: int | None = None,
    width: int | None = None,
    token_dim: int | None = None,
    channel_dim: int | None = None,
    dropout: float = 0.0,
    shortcut: Shortcut = "identity",
    shortcut_initializer: Any = "glorot_uniform",
    name: str = "mixer",
) -> keras.Model:
    """Builds an MLP-Mixer.

    Patches; blocks of an MLP across the patches, for each channel alike, and
    an MLP across the channels, for each patch alike, each behind its own
    layer norm and each with a shortcut; a final norm, average pooling,
    logits. GELU is the exact one (erf). [Tolstikhin et al.
    2021](https://arxiv.org/abs/2105.01601).

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Int, number of logits.
        variant: Name of a set of sizes: `"tiny"`, `"S/16"`, ...; see
            `keras_ib.models.VARIANTS["mixer"]`.
        patch_size: Int, divides both sides of the image. `"tiny"` takes the
            largest that leaves at least 4 patches a side.
        depth: Int, number of blocks.
        width: Int, number of channels of a patch.
        token_dim: Int, hidden size of the MLP across patches.
        channel_dim: Int, hidden size of the MLP across channels.
        dropout: Float in [0, 1), rate of dropout after each dense layer of a
            block.
        shortcut: `"identity"`, `"projection"` or `"none"`, for both
            sub-layers of a block; see `keras_ib.layers.Residual`.
        shortcut_initializer: Initializer of the projections.
        name: Name of the model.

    Returns:
        A `keras.Model`, `[batch, height, width, channels]` to logits
        `[batch, num_classes]`. Taps: `stem`, `block_01` ..., `head`.

    Example:

    >>> mixer((28, 28, 1), 10, depth=2).output_shape
    (None, 10)
    """
    input_shape = parts.check_image(input_shape)
    num_classes, dropout = parts.options(
        num_classes=num_classes, shortcut=shortcut, name=name, dropout=dropout
    )
    given = sizes(
        "mixer",
        variant,
        patch_size=patch_size,
        depth=depth,
        width=width,
        token_dim=token_dim,
        channel_dim=channel_dim,
    )
    patch_size = parts.patch_size_for(input_shape, given.pop("patch_size"))
    given = parts.counts(**given)
    num_patches = input_shape[0] * input_shape[1] // patch_size**2
    residual = partial(
        Residual, shortcut=shortcut, shortcut_initializer=shortcut_initializer
    )
    return parts.build(
        input_shape,
        [
            Chain(parts.patches(patch_size, given["width"]), name="stem"),
            *(
                _block(residual, num_patches, given, dropout, block)
                for block in parts.block_names(given["depth"])
            ),
            parts.norm(),
            layers.GlobalAveragePooling1D(name="pool"),
            parts.head(num_classes),
        ],
        name,
    )


def _block(
    residual: Any, num_patches: int, sizes: dict, dropout: float, name: str
) -> Chain:
    token_mixing = [
        parts.norm(),
        layers.Permute((2, 1), name="to_channels"),
        *parts.feed_forward(sizes["token_dim"], num_patches, dropout),
        layers.Permute((2, 1), name="to_tokens"),
    ]
    channel_mixing = [
        parts.norm(),
        *parts.feed_forward(sizes["channel_dim"], sizes["width"], dropout),
    ]
    return Chain(
        [
            residual(Chain(token_mixing, name="branch"), name="token_mixing"),
            residual(
                Chain(channel_mixing, name="branch"), name="channel_mixing"
            ),
        ],
        name=name,
    )
