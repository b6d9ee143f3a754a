"""What the builders share: checks, names, and the pieces of a block."""

from collections.abc import Iterable
import math
from typing import Any

import keras
from keras import layers

from keras_ib import checks
from keras_ib.layers.shortcuts import SHORTCUTS

# More numbers of an input have no index.
MAX_SIZE = 2**63 - 1


def counts(**given: Any) -> dict[str, int]:
    """The named sizes as Python integers of 1 or more."""
    return {name: checks.count(name, size) for name, size in given.items()}


def options(
    *, num_classes: Any, shortcut: Any, name: Any, dropout: Any = 0.0
) -> tuple[int, float]:
    """What every builder is given, checked before anything is built.

    Returns:
        The number of classes and the rate of dropout, as Python numbers.
    """
    checks.choice("shortcut", shortcut, SHORTCUTS)
    checks.layer_name("name", name)
    rate = checks.rate("dropout", dropout)
    return checks.count("num_classes", num_classes), rate


def check_known(input_shape: Iterable[int]) -> tuple:
    """The shape as a tuple, if it is known and not empty."""
    shape = tuple(checks.sequence("input_shape", input_shape))
    if (
        not shape
        or any(
            size is None or checks.integer("input_shape", size) < 1
            for size in shape
        )
        or math.prod(map(int, shape)) > MAX_SIZE
    ):
        raise ValueError(
            "A model needs the full shape of one input. Received: "
            f"input_shape={shape}. Give whole numbers without the batch, "
            "such as (height, width, channels)."
        )
    return tuple(map(int, shape))


def check_image(input_shape: Iterable[int], smallest: int = 1) -> tuple:
    """The shape as a tuple, if it is that of an image large enough."""
    shape = check_known(input_shape)
    if len(shape) != 3 or min(shape[:2]) < smallest:
        raise ValueError(
            "The input must be images (height, width, channels) with sides "
            f"of at least {smallest}. Received: input_shape={shape}. Reshape "
            "or resize the data, or use keras_ib.models.mlp, which takes any "
            "shape."
        )
    return shape


def default_patch(input_shape: tuple) -> int:
    """The largest patch that tiles the image and leaves 4 or more a side.

    2 for 8x8 images, 7 for 28x28, 8 for 32x32; 1 if nothing else fits.
    """
    common = math.gcd(*input_shape[:2])
    largest = max(min(input_shape[:2]) // 4, 1)
    return max(p for p in range(1, largest + 1) if common % p == 0)


def patch_size_for(input_shape: tuple, patch_size: int | None) -> int:
    """The patch size that is given, if it tiles the image; or the default."""
    if patch_size is None:
        return default_patch(input_shape)
    patch_size = checks.integer("patch_size", patch_size)
    common = math.gcd(*input_shape[:2])
    fitting = [p for p in range(1, common + 1) if common % p == 0]
    if patch_size not in fitting:
        raise ValueError(
            "Patches must tile the image. Received: "
            f"patch_size={patch_size}, input_shape={input_shape}. Sizes that "
            f"fit: {', '.join(map(str, fitting))}; or resize the images."
        )
    return patch_size


def block_names(num_blocks: int) -> list[str]:
    """`block_01, block_02, ...`, padded so that they sort as they run."""
    digits = max(2, len(str(num_blocks)))
    return [f"block_{i:0{digits}d}" for i in range(1, num_blocks + 1)]


def patches(patch_size: int, width: int) -> list[layers.Layer]:
    """Cuts images into patches and embeds each: `[batch, patches, width]`."""
    # Unlike the default, LeCun's initializer does not count a patch's
    # positions as outputs: each embedding starts with the variance of X.
    return [
        layers.Conv2D(
            width,
            patch_size,
            strides=patch_size,
            kernel_initializer="lecun_normal",
            name="patches",
        ),
        layers.Reshape((-1, width), name="tokens"),
    ]


def feed_forward(hidden: int, out: int, dropout: float) -> list[layers.Layer]:
    """Two dense layers on the last axis with an exact (erf) GELU between."""
    return [
        layers.Dense(hidden, name="expand"),
        layers.Activation("gelu", name="gelu"),
        layers.Dropout(dropout, name="dropout_hidden"),
        layers.Dense(out, name="contract"),
        layers.Dropout(dropout, name="dropout"),
    ]


def norm(name: str = "norm") -> layers.Layer:
    """The layer norm of ViT and Mixer: their epsilon is 1e-6."""
    return layers.LayerNormalization(epsilon=1e-6, name=name)


def head(num_classes: int, **options: Any) -> layers.Layer:
    """The logits, in float32 whatever the policy: softmax needs the digits."""
    return layers.Dense(num_classes, dtype="float32", name="head", **options)


def build(
    input_shape: tuple, stages: list[layers.Layer], name: str
) -> keras.Model:
    """One layer after the other: each is a top-level layer, hence a tap."""
    inputs = x = keras.Input(input_shape, name="input")
    for stage in stages:
        x = stage(x)
    return keras.Model(inputs, x, name=name)
