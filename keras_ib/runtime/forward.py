"""The forward pass of the watched model, and the samples of each replica."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from keras_ib import taps as taps_module

# Batches of inputs up to this size: a model that trains has room for them.
BATCH_BYTES = 16 * 2**20
MAX_BATCH = 512
MIN_BATCH = 8


def captured(
    model: Any, taps: dict, x: Any, is_reachable: Callable
) -> dict[str, Any]:
    """Outputs of the taps in inference mode, in the order of the calls.

    Args:
        model: A Keras model or layer.
        taps: `{name: layer}`.
        x: What the model takes, tensors.
        is_reachable: Tells a tensor from one of an inner graph, such as the
            body of a loop, which does not exist outside of it.
    """
    with taps_module.capture(taps) as outputs:
        call(model, x)
    return {n: z for n, z in outputs.items() if is_reachable(z)}


def by_tap(outputs: dict[str, Any], taps: Iterable[str]) -> dict[str, Any]:
    """Outputs in the order of their taps."""
    return {
        name: z
        for tap in taps
        for name, z in outputs.items()
        if taps_module.tap_of(name) == tap
    }


def call(model: Any, x: Any) -> Any:
    """Calls a model or a layer in inference mode."""
    if getattr(model, "_call_has_training_arg", True):
        return model(x, training=False)
    return model(x)


def is_built(model: Any) -> bool:
    """Whether all layers have their weights.

    A model that was built by `build` alone says that it is, and has layers
    that are not.
    """
    return all(layer.built for layer in model._flatten_layers())


def batch_size(model: Any, x: Any) -> int:
    """Samples of a batch: the model's own number, or what memory allows."""
    fixed = _fixed_batch(model)
    if fixed:
        return fixed
    arrays = keras.tree.flatten(x)
    num_samples = len(arrays[0])
    a_sample = sum(array.nbytes for array in arrays) / max(num_samples, 1)
    fitting = int(BATCH_BYTES / max(a_sample, 1))
    return min(max(fitting, MIN_BATCH), MAX_BATCH, num_samples)


def replica_batch(model: Any, size: int, share: int) -> int:
    """Samples of a batch on a replica that has `share` of them in all."""
    return _fixed_batch(model) or min(size, share)


def _fixed_batch(model):
    """The batch size of a model with `batch_shape`; None for most."""
    inputs = getattr(model, "inputs", None) or ()
    sizes = {tensor.shape[0] for tensor in inputs if len(tensor.shape)}
    sizes.discard(None)
    return max(sizes, default=None)


def shares(num_rows: int, count: int) -> np.ndarray:
    """Which rows each of `count` replicas takes, `[count, share]`.

    Where they do not divide the rows, the first ones come again at the end.
    """
    return np.resize(np.arange(num_rows), (count, -(-num_rows // count)))


def batches_of(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows `[share]` in batches of equal size, `[num_batches, size]`.

    The last batch is filled up with rows that are cut off again.
    """
    return np.resize(rows, (-(-len(rows) // size), size))


def symbols(x: Any, num_samples: int) -> Any:
    """Keras tensors of the shapes and types of `x`, of so many samples."""
    return keras.tree.map_structure(
        lambda array: keras.KerasTensor(
            (num_samples, *array.shape[1:]), type_name(array)
        ),
        x,
    )


def type_name(array: np.ndarray) -> str:
    """The type of an array, as Keras calls it; `"string"` of all strings."""
    return "string" if array.dtype.kind in "OSU" else array.dtype.name


def trial_size(model: Any) -> int:
    """Samples of the call that shows shapes: no usual number of tokens."""
    return _fixed_batch(model) or 13
