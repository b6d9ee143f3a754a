"""Where samples come from: arrays, datasets, loaders, generators.

source = read((x, y), enough=2048)
source.num_samples, source.take(rows)
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_ib.probe.batches import is_iterable, read_batches
from keras_ib.probe.inputs import PADDING
from keras_ib.probe.leaves import (
    dense,
    is_plain_array,
    length,
    num_axes,
    stacked,
    take,
    tidy,
)
from keras_ib.probe.notices import Notes

# Name of the probe set in the log where the user gives only one.
UNNAMED = "probe"


@dataclass(frozen=True, eq=False)
class Source:
    """Samples to draw from; arrays are not read before they are drawn.

    Attributes:
        x: Array or structure of arrays, or None.
        y: The same, or None without labels.
        weights: Sample weights, or None.
        num_samples: How many there are.
        is_prefix: Whether these are only the first of more samples.
    """

    x: object
    y: object
    weights: object
    num_samples: int
    is_prefix: bool = False

    def take(self, rows: np.ndarray) -> tuple[Any, Any]:
        """Reads `(x, y)` of these samples alone."""
        x, y, weights = keras.tree.map_structure(
            lambda leaf: None if leaf is None else take(leaf, rows),
            (self.x, self.y, self.weights),
        )
        return x, _without_unweighted(y, weights)

    def weighted(self) -> np.ndarray:
        """`[n]` bool: samples whose weight is not 0."""
        counts = np.zeros(self.num_samples, bool)
        weights = [w for w in keras.tree.flatten(self.weights) if w is not None]
        for leaf in weights:
            flat = dense(leaf).reshape(self.num_samples, -1)
            counts |= (flat != 0).any(axis=1)
        return counts if weights else ~counts


def sets_of(data: Any) -> dict:
    """The sets that a user gives, `{name: data}`.

    A dict is one of sets if each of its values is `(x, y)` or a dataset;
    otherwise it holds the inputs of one set.
    """
    if isinstance(data, dict) and data and all(map(_is_set, data.values())):
        bad = [name for name in data if not isinstance(name, str) or not name]
        if bad:
            raise ValueError(
                "Sets of probe data are named by strings. Received: "
                f"data={{{bad[0]!r}: ...}}. Give names, as "
                '{"train": (x, y)}.'
            )
        return data
    return {UNNAMED: data}


def _is_set(value):
    if is_iterable(value):
        return True
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        return False
    first = tidy(value[0])
    return not is_plain_array(value) and (
        is_iterable(first)
        or all(num_axes(leaf) > 0 for leaf in keras.tree.flatten(first))
    )


def read(
    data: Any, *, enough: int, notes: Notes, num_samples: int | None = None
) -> Source:
    """Finds the samples in what a user gives.

    Args:
        data: Arrays, `(x,)`, `(x, y)`, `(x, y, sample_weight)`, or batches
            of these.
        enough: How many samples of batches are read.
        notes: Where padding is noted.
        num_samples: Number of samples of Z, where it is known.

    Raises:
        ValueError: If there are no arrays, or their lengths differ.
    """
    if isinstance(data, (tuple, list)) and len(data) in (1, 2, 3):
        first, *rest = data
        if is_iterable(first) and not any(r is not None for r in rest):
            data = first
    if is_iterable(data):
        x, y, weights, is_prefix = read_batches(data, enough, notes)
        count = _num_samples(x, y, weights, None)
        return Source(x, y, weights, count, is_prefix)
    if is_plain_array(data):
        data = (data,)
    if not isinstance(data, (tuple, list)):
        data = (data,)
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Probe data are (x, y), (x,) or (x, y, sample_weight). Received: "
            f"a {type(data).__name__} of {len(data)}. Give data=(x, y), with "
            "several inputs as a dict or a list in the place of x."
        )
    if is_iterable(data[0]):
        raise ValueError(
            "A dataset holds the labels of its samples. Received: a "
            f"{type(data[0]).__name__} with labels beside it. Give "
            "data=dataset alone."
        )
    x, y, weights = (*map(tidy, data), None, None)[:3]
    x = _as_samples(x, y)
    return Source(x, y, weights, _num_samples(x, y, weights, num_samples))


def _as_samples(x, y):
    """One array of a list that has an array for each sample, not input."""
    heads = [leaf for leaf in keras.tree.flatten(y) if leaf is not None]
    if isinstance(x, list) and len(x) > 1 and heads:
        count = length(heads[0])
        if len(x) == count and any(length(leaf) != count for leaf in x):
            return stacked(x)
    return x


def _num_samples(x, y, weights, num_samples):
    parts = {"inputs": x, "labels": y, "sample weights": weights}
    lengths = {
        name: {length(a) for a in keras.tree.flatten(part) if a is not None}
        for name, part in parts.items()
    }
    if x is not None and (
        not lengths["inputs"] or 0 in map(num_axes, keras.tree.flatten(x))
    ):
        raise ValueError(
            "The probe data hold no array of inputs. Received: x of type "
            f"{type(x).__name__}. Give data=(x, y) with x of shape [n, ...] "
            "as the model takes it."
        )
    if num_samples is not None:
        lengths["samples of z"] = {num_samples}
    found = set().union(*lengths.values())
    if len(found) > 1:
        said = ", ".join(
            f"{' or '.join(map(str, sorted(n)))} {name}"
            for name, n in lengths.items()
            if n
        )
        raise ValueError(
            "Inputs and labels must have one entry a sample. Received: "
            f"{said}. Give arrays of one length."
        )
    return found.pop() if found else 0


def _without_unweighted(y, weights):
    """Marks labels at positions of weight 0, which are padding."""
    if not isinstance(y, np.ndarray) or not isinstance(weights, np.ndarray):
        return y
    shape = weights.shape
    if weights.ndim < 2 or y.dtype.kind not in "iub" or y.size != weights.size:
        return y
    if shape[1:] == (1,) * (weights.ndim - 1):
        return y
    kept = (weights != 0).reshape(y.shape)
    return y if kept.all() else np.where(kept, y.astype("int64"), PADDING)
