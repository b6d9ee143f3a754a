"""The multilayer perceptron of the information-bottleneck literature."""

from collections.abc import Sequence
import math
from typing import Any

import keras
from keras import layers

from keras_ib import checks
from keras_ib.layers import Residual
from keras_ib.layers.shortcuts import Shortcut
from keras_ib.models import parts
from keras_ib.models.variants import sizes


def mlp(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    variant: str = "tiny",
    hidden_sizes: Sequence[int] | None = None,
    activation: Any = None,
    init_gain: float | None = None,
    l2: float = 0.0,
    shortcut: Shortcut = "none",
    shortcut_initializer: Any = "glorot_uniform",
    name: str = "mlp",
) -> keras.Model:
    """Builds a multilayer perceptron.

    A block is one dense layer with its activation; a shortcut is added after
    the activation: `x + activation(Wx + b)`. `variant="szt"` on 12 inputs and
    2 classes is the network 12-10-7-5-4-3-2 of [Shwartz-Ziv and Tishby
    2017](https://arxiv.org/abs/1703.00810). Kernels are drawn from a
    truncated normal distribution with standard deviation `init_gain /
    sqrt(inputs)`, as in its successors ([Chelombiev et al.
    2019](https://arxiv.org/abs/1902.09037)); biases are zero.

    Args:
        input_shape: Shape of a row, `(features,)` or any other: the stem
            flattens it.
        num_classes: Int, number of logits.
        variant: Name of a set of sizes: `"tiny"`, for images, `"szt"`, ...;
            see `keras_ib.models.VARIANTS["mlp"]`.
        hidden_sizes: Ints, one for each hidden layer.
        activation: Activation of the hidden layers, by name or function.
        init_gain: Float > 0. 1 suits tanh, `2**0.5` ReLU and its like.
        l2: Float >= 0, L2 penalty of the hidden layers' kernels: `l2 *
            sum(W**2)`. The head and projections have none. A weight decay
            that is quoted for half the squared norm is twice this value.
        shortcut: `"identity"`, `"projection"` or `"none"`, the original; see
            `keras_ib.layers.Residual`. Where a layer narrows, the identity
            keeps the first features.
        shortcut_initializer: Initializer of the projections.
        name: Name of the model.

    Returns:
        A `keras.Model`, `[batch, *input_shape]` to logits `[batch,
        num_classes]`. Taps: `stem` (the flat input), `block_01` ...
        (the hidden layers), `head`.

    Example:

    >>> mlp((12,), 2, variant="szt", activation="relu").output_shape
    (None, 2)
    """
    input_shape = parts.check_known(input_shape)
    num_classes, _ = parts.options(
        num_classes=num_classes, shortcut=shortcut, name=name
    )
    given = sizes(
        "mlp",
        variant,
        hidden_sizes=hidden_sizes,
        activation=activation,
        init_gain=init_gain,
    )
    gain = checks.positive("init_gain", given["init_gain"])
    l2 = checks.number("l2", l2)
    if l2 < 0:
        raise ValueError(
            f"A penalty is at least 0. Received: l2={l2}. Give 0 for none."
        )
    activation = checks.made(
        "activation", given["activation"], keras.activations.get, "relu"
    )
    widths = (math.prod(input_shape), *_hidden(given["hidden_sizes"]))

    def initializer(fan_in: int) -> keras.initializers.Initializer:
        return keras.initializers.TruncatedNormal(stddev=gain / fan_in**0.5)

    def block(name: str, fan_in: int, units: int) -> Residual:
        branch = layers.Dense(
            units,
            activation=activation,
            kernel_initializer=initializer(fan_in),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
            name="branch",
        )
        return Residual(branch, shortcut, shortcut_initializer, name=name)

    blocks = map(block, parts.block_names(len(widths) - 1), widths, widths[1:])
    head = parts.head(num_classes, kernel_initializer=initializer(widths[-1]))
    return parts.build(
        input_shape, [layers.Flatten(name="stem"), *blocks, head], name
    )


def _hidden(hidden_sizes: Sequence[int]) -> tuple:
    hidden_sizes = checks.sequence("hidden_sizes", hidden_sizes)
    if not hidden_sizes:
        raise ValueError(
            "A perceptron needs at least one hidden layer. Received: "
            f"hidden_sizes={hidden_sizes!r}. Give its sizes, such as (10, 7)."
        )
    return tuple(checks.count("hidden_sizes", size) for size in hidden_sizes)
