"""Samples that come in batches: datasets, loaders, generators."""

from collections.abc import Iterable, Iterator
import itertools
from typing import Any

import keras

from keras_ib.probe.inputs import joined
from keras_ib.probe.leaves import dense, length, num_axes, tidy
from keras_ib.probe.notices import Notes


def is_iterable(data: Any) -> bool:
    """Whether samples come in batches, as from a dataset or a generator."""
    if isinstance(data, (keras.utils.PyDataset, Iterator)):
        return True
    if isinstance(data, (dict, list, tuple, str, bytes)):
        return False
    if hasattr(data, "shape") or hasattr(data, "__array__"):
        return False
    return isinstance(data, Iterable) or hasattr(data, "__getitem__")


def read_batches(
    data: Any, enough: int, notes: Notes
) -> tuple[Any, Any, Any, bool]:
    """Reads batches until there are enough samples, and not one more.

    Args:
        data: What is iterated over.
        enough: Number of samples wanted.
        notes: Where padding is noted.

    Returns:
        `(x, y, sample_weight, is_prefix)`: NumPy arrays, and whether more
        samples may come.
    """
    batches, count = [], 0
    for element in _elements(data):
        batch = _three(element)
        if not _is_batched(data, batch):
            batch = keras.tree.map_structure(_with_axis, batch)
        batches.append(batch)
        count += length(dense(keras.tree.flatten(batch[0])[0]))
        if count >= enough:
            break
    if not batches:
        raise ValueError(
            f"The probe data give no batch. Received: a {type(data).__name__}."
            " Give a dataset with samples in it."
        )
    x, (y, weights) = joined(
        [(x, (y, weights)) for x, y, weights in batches], enough, notes
    )
    is_prefix = count >= enough and _num_batches(data) != len(batches)
    return x, y, weights, is_prefix or count > enough


def _num_batches(data):
    try:
        return len(data)
    # Datasets of unknown length raise it, too.
    except TypeError:
        return None


def _elements(data):
    if isinstance(data, keras.utils.PyDataset):
        count = data.num_batches
        indices = itertools.count() if count is None else range(count)
        return (data[i] for i in indices)
    return iter(data)


def _three(element):
    if isinstance(element, list):
        element = tuple(element)
    x, y, weights = keras.utils.unpack_x_y_sample_weight(element)
    return tidy(x), tidy(y), tidy(weights)


def _with_axis(leaf):
    return None if leaf is None else dense(leaf)[None]


def _is_batched(data, batch):
    """Whether an element is a batch, or one sample.

    Sizes that differ are those of one sample. Where they are equal, as of an
    input and a target of 16 numbers, it is a batch, unless a tf.data.Dataset
    was never batched.
    """
    arrays = [leaf for leaf in keras.tree.flatten(batch) if leaf is not None]
    if any(num_axes(leaf) == 0 for leaf in arrays):
        return False
    if len({length(leaf) for leaf in arrays}) > 1:
        return False
    return not hasattr(data, "element_spec") or _was_batched(data)


def _was_batched(data):
    spec = keras.tree.flatten(data.element_spec)
    shapes = [getattr(one, "shape", None) for one in spec]
    if all(s is None or s.rank is None or s[0] is None for s in shapes):
        return True
    queue = [data]
    while queue:
        one = queue.pop()
        if any(w in type(one).__name__ for w in ("Batch", "Generator", "Load")):
            return True
        queue += getattr(one, "_inputs", list)()
    return False
