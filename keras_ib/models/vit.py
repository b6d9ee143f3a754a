"""The Vision Transformer."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import keras
from keras import layers

from keras_ib import checks
from keras_ib.layers import (
    Chain,
    ClassToken,
    FirstToken,
    Positions,
    Residual,
    SelfAttention,
)
from keras_ib.layers.shortcuts import Shortcut
from keras_ib.models import parts
from keras_ib.models.variants import sizes


def vit(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    variant: str = "tiny",
    patch_size: int | None = None,
    depth: int | None = None,
    width: int | None = None,
    num_heads: int | None = None,
    mlp_dim: int | None = None,
    pooling: Literal["token", "average"] | None = None,
    position_stddev: float | None = None,
    dropout: float = 0.0,
    shortcut: Shortcut = "identity",
    shortcut_initializer: Any = "glorot_uniform",
    name: str = "vit",
) -> keras.Model:
    """Builds a Vision Transformer.

    Patches, learned positions and, unless the patches are averaged in the
    end, a class token; blocks of self-attention and an MLP, both behind a
    layer norm and both with a shortcut; a final norm and logits. GELU is the
    exact one (erf). [Dosovitskiy et al.
    2021](https://arxiv.org/abs/2010.11929).

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Int, number of logits.
        variant: Name of a set of sizes: `"tiny"`, `"S/16"`, ...; see
            `keras_ib.models.VARIANTS["vit"]`.
        patch_size: Int, divides both sides of the image. `"tiny"` takes the
            largest that leaves at least 4 patches a side.
        depth: Int, number of blocks.
        width: Int, size of a token.
        num_heads: Int, number of attention heads; divides `width`.
        mlp_dim: Int, size of the MLP's hidden layer.
        pooling: `"token"` reads the class token, `"average"` the mean of the
            patches; there is no class token then. The published variants
            read the token.
        position_stddev: Float > 0, standard deviation of the positions at
            the start.
        dropout: Float in [0, 1), rate of dropout after the positions and
            after each dense layer of a block.
        shortcut: `"identity"`, `"projection"` or `"none"`, for both
            sub-layers of a block; see `keras_ib.layers.Residual`.
        shortcut_initializer: Initializer of the projections.
        name: Name of the model.

    Returns:
        A `keras.Model`, `[batch, height, width, channels]` to logits
        `[batch, num_classes]`. Taps: `stem`, `block_01` ..., `head`.

    Example:

    >>> vit((32, 32, 3), 10, patch_size=4).output_shape
    (None, 10)
    """
    input_shape = parts.check_image(input_shape)
    num_classes, dropout = parts.options(
        num_classes=num_classes, shortcut=shortcut, name=name, dropout=dropout
    )
    given = sizes(
        "vit",
        variant,
        patch_size=patch_size,
        depth=depth,
        width=width,
        num_heads=num_heads,
        mlp_dim=mlp_dim,
        pooling=pooling,
        position_stddev=position_stddev,
    )
    pooling, position_stddev = map(given.pop, ("pooling", "position_stddev"))
    patch_size = parts.patch_size_for(input_shape, given.pop("patch_size"))
    given = parts.counts(**given)
    checks.choice("pooling", pooling, ("token", "average"))
    checks.positive("position_stddev", position_stddev)
    with_token = pooling == "token"
    residual = partial(
        Residual, shortcut=shortcut, shortcut_initializer=shortcut_initializer
    )
    stem = [
        *parts.patches(patch_size, given["width"]),
        *([ClassToken(name="class_token")] if with_token else []),
        Positions(position_stddev, name="positions"),
        layers.Dropout(dropout, name="dropout"),
    ]
    pool = FirstToken if with_token else layers.GlobalAveragePooling1D
    return parts.build(
        input_shape,
        [
            Chain(stem, name="stem"),
            *(
                _block(residual, given, dropout, block)
                for block in parts.block_names(given["depth"])
            ),
            parts.norm(),
            pool(name="pool"),
            parts.head(num_classes),
        ],
        name,
    )


def _block(residual: Any, sizes: dict, dropout: float, name: str) -> Chain:
    attention = [
        parts.norm(),
        SelfAttention(sizes["num_heads"], dropout, name="attention"),
        layers.Dropout(dropout, name="dropout"),
    ]
    mlp = [
        parts.norm(),
        *parts.feed_forward(sizes["mlp_dim"], sizes["width"], dropout),
    ]
    return Chain(
        [
            residual(Chain(attention, name="branch"), name="attention"),
            residual(Chain(mlp, name="branch"), name="mlp"),
        ],
        name=name,
    )
