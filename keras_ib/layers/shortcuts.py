"""How a block's input is brought to the shape of the block's output.

Both shortcuts start with the same strided subsampling; what is left is the
number of channels. `option_a` settles it without any parameter, and
`Residual` settles it by a learned map for `shortcut="projection"`.

Reference: He et al. 2016, section 3.3, https://arxiv.org/abs/1512.03385
"""

from typing import Any, Literal, get_args

from keras import ops

Shortcut = Literal["identity", "projection", "none"]

SHORTCUTS = get_args(Shortcut)


def strides_between(input_shape: tuple, output_shape: tuple) -> tuple:
    """Strides that subsample one shape to the other, axis by axis.

    A stride `s` keeps the positions 0, s, 2s, ... and so turns n of them into
    `ceil(n / s)`, as a convolution with `padding="same"` does. The first axis
    (batch) and the last one (channels) are left alone.

    Args:
        input_shape: Shape `(batch, *positions, channels)`.
        output_shape: Shape of the same rank, with as many positions or fewer.

    Returns:
        Tuple of ints, one for each axis of positions.
    """
    sizes = (*input_shape[1:], *output_shape[1:])
    if len(input_shape) == len(output_shape) and all(sizes):
        axes = list(zip(input_shape, output_shape, strict=True))[1:-1]
        # The smallest stride that leaves no more than the wanted positions;
        # if it leaves fewer, no stride fits.
        strides = tuple(-(-n // m) for n, m in axes)
        if all(
            m == -(-n // s) for (n, m), s in zip(axes, strides, strict=True)
        ):
            return strides
    raise ValueError(
        "A shortcut needs fully known shapes of equal rank, and a stride that "
        "leads from the input's positions to the branch's. Received: "
        f"input_shape={tuple(input_shape)}, branch output "
        f"shape={tuple(output_shape)}. Let the branch keep the positions or "
        "divide them by a stride (padding='same'), or use shortcut='none'."
    )


def subsample(x: Any, strides: tuple) -> Any:
    """Keeps every `strides[i]`-th position of axis `i + 1`."""
    if all(stride == 1 for stride in strides):
        return x
    steps = (slice(None, None, stride) for stride in strides)
    return x[(slice(None), *steps)]


def option_a(x: Any, strides: tuple, channels: int) -> Any:
    """He et al.'s option A: the identity, fitted to another shape.

    Positions are subsampled. Missing channels are appended as zeros; of too
    many, which the paper does not meet, the first `channels` are kept.

    Args:
        x: `[batch, *positions, channels_in]`.
        strides: From `strides_between`.
        channels: Number of channels that the result has.

    Returns:
        `[batch, *subsampled_positions, channels]`. Without any change of
        shape it is `x`.
    """
    x = subsample(x, strides)
    missing = channels - x.shape[-1]
    if missing < 0:
        return x[..., :channels]
    if missing > 0:
        return ops.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, missing)])
    return x
