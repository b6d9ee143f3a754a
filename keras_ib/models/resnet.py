"""The residual network for small images."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from keras_ib.layers import Chain, Residual
from keras_ib.layers.shortcuts import Shortcut
from keras_ib.models import parts
from keras_ib.models.variants import sizes


def resnet(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    variant: str = "tiny",
    depth: int | None = None,
    width: int | None = None,
    shortcut: Shortcut = "identity",
    shortcut_initializer: Any = "glorot_uniform",
    name: str = "resnet",
) -> keras.Model:
    """Builds the CIFAR ResNet: `6n + 2` layers in three stages.

    A 3x3 stem, three stages of `n` basic blocks with `width`, `2 * width` and
    `4 * width` filters, the second and the third halving the image, average
    pooling, logits. Batch normalisation after every convolution but the
    projections', ReLU after the addition, He initialisation. [He et al. 2016,
    section 4.2](https://arxiv.org/abs/1512.03385). Weight decay belongs to
    the optimizer.

    Args:
        input_shape: `(height, width, channels)`, sides of at least 4.
        num_classes: Int, number of logits.
        variant: Name of a set of sizes: `"tiny"`, `"resnet20"`, ...; see
            `keras_ib.models.VARIANTS["resnet"]`.
        depth: Int `6n + 2`, number of convolutions and the final layer.
        width: Int, number of filters of the first stage.
        shortcut: `"identity"`, `"projection"` or `"none"`; see
            `keras_ib.layers.Residual`.
        shortcut_initializer: Initializer of the projections.
        name: Name of the model.

    Returns:
        A `keras.Model`, `[batch, height, width, channels]` to logits
        `[batch, num_classes]`. Taps: `stem`, `block_01` ..., `head`.

    Example:

    >>> model = resnet((32, 32, 3), 10, variant="resnet20")
    >>> model.output_shape
    (None, 10)
    """
    input_shape = parts.check_image(input_shape, smallest=4)
    num_classes, _ = parts.options(
        num_classes=num_classes, shortcut=shortcut, name=name
    )
    given = parts.counts(**sizes("resnet", variant, depth=depth, width=width))
    depth, width = given["depth"], given["width"]
    if depth < 8 or depth % 6 != 2:
        raise ValueError(
            "A CIFAR ResNet has 6n + 2 layers. Received: "
            f"depth={depth}. Choose 8, 14, 20, 26, 32, ..."
        )
    blocks_per_stage = (depth - 2) // 6
    names = parts.block_names(3 * blocks_per_stage)
    blocks = [
        Residual(
            _branch(
                filters=width * 2 ** (i // blocks_per_stage),
                strides=2
                if i in (blocks_per_stage, 2 * blocks_per_stage)
                else 1,
            ),
            shortcut,
            shortcut_initializer,
            activation="relu",
            name=block,
        )
        for i, block in enumerate(names)
    ]
    return parts.build(
        input_shape,
        [
            Chain([*_convolution("0", width), _relu("0")], name="stem"),
            *blocks,
            layers.GlobalAveragePooling2D(name="pool"),
            parts.head(num_classes),
        ],
        name,
    )


def _branch(filters: int, strides: int) -> Chain:
    return Chain(
        [
            *_convolution("0", filters, strides),
            _relu("0"),
            *_convolution("1", filters),
        ],
        name="branch",
    )


def _convolution(index: str, filters: int, strides: int = 1) -> list:
    return [
        layers.Conv2D(
            filters,
            3,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"conv_{index}",
        ),
        layers.BatchNormalization(name=f"norm_{index}"),
    ]


def _relu(index: str) -> layers.Layer:
    return layers.ReLU(name=f"relu_{index}")
