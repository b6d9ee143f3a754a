"""Decides what labels are: classes, quantities, labels, or by position."""

from typing import NamedTuple

import numpy as np

from keras_ib.probe.inputs import PADDING
from keras_ib.probe.losses import Hint

# Integers of up to so many values are classes where no loss says otherwise.
FEW = 20
# Wider 0/1 matrices are taken as quantities: one classifier a label would be
# trained for each of them.
MAX_LABELS = 256
# More zeros than that are no padding of one-hot labels, but a sparse mask.
MAX_PADDING = 0.75


class Decided(NamedTuple):
    """What labels were taken for.

    Attributes:
        kind: "classes", "values", "labels", or "positions" (a class a
            position).
        y: Classes `[n]` of any type, values `[n, ...]`, labels `[n, L]` bool,
            or `[n, *p]` classes where -1 (or "") is padding.
        why: The reason, in words.
    """

    kind: str
    y: np.ndarray
    why: str


def decide(y: np.ndarray, hint: Hint, is_input: bool = False) -> Decided:
    """Decides from the array and the loss.

    Args:
        y: `[n, ...]` labels of one head.
        hint: What the loss says.
        is_input: Whether they are an input of the model, as those of an
            autoencoder.
    """
    if y.dtype.kind in "mM":
        return Decided("values", y.astype("int64"), "times")
    is_copy = is_input and y.ndim > 1 and y.dtype.kind in "fiub"
    if is_copy and not hint.is_sparse:
        return Decided("values", y, "equal to an input")
    squeezed = _squeezed(y)
    if squeezed.ndim == 1:
        return _of_vector(squeezed, hint)
    if y.dtype.kind in "OUS":
        return Decided("positions", _as_strings(squeezed), "strings")
    if y.dtype.kind not in "fiub":
        return Decided("values", y, f"numbers of type {y.dtype}")
    if y.ndim == 2:
        return _of_matrix(y, hint)
    return _of_positions(y, squeezed, hint)


def _squeezed(y):
    while y.ndim > 1 and y.shape[-1] == 1:
        y = y[..., 0]
    return y


def _as_strings(y):
    if y.dtype.kind != "O":
        return y
    decoded = [
        v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
        for v in y.flat
    ]
    return np.array(decoded).reshape(y.shape)


def _of_vector(y, hint):
    if y.dtype.kind in "OUS":
        return Decided("classes", _as_strings(y), "strings")
    if y.dtype.kind == "b":
        return Decided("classes", y, "booleans")
    if y.dtype.kind not in "fiu":
        return Decided("values", y, f"numbers of type {y.dtype}")
    distinct = np.unique(y)
    if not is_whole(y):
        if hint.kind == "classes" and len(distinct) <= 2:
            return Decided("classes", y, "two values, with a loss of classes")
        return Decided("values", y, "not integers")
    if hint.kind == "values" and len(distinct) > 2:
        return Decided("values", y, f"integers, with the loss {hint.name}")
    if hint.kind == "classes":
        return Decided("classes", y, f"integers, with the loss {hint.name}")
    return _by_count(y, distinct)


def _by_count(y, distinct):
    count, num = len(distinct), len(y)
    if count <= 2:
        return Decided("classes", y, "integers of few values")
    few = count <= max(FEW, np.sqrt(num))
    if few and count <= num / 2:
        return Decided("classes", y, "integers of few values")
    # Numbers of classes leave no gaps; counts and amounts do.
    span = distinct[-1] - distinct[0] + 1
    is_full = distinct[0] in (0, 1) and count >= 0.9 * span
    if y.dtype.kind in "iu" and is_full and num >= 4 * count:
        return Decided("classes", y, "integers without gaps")
    return Decided("values", y, "integers, many and ordered")


def _of_matrix(y, hint):
    if hint.is_sparse and is_whole(y):
        return Decided("positions", y, f"integers, with the loss {hint.name}")
    if is_one_hot(y):
        return Decided("classes", y.argmax(axis=1), "one-hot")
    if is_soft(y):
        return Decided("classes", y.argmax(axis=1), "soft; the largest counts")
    labels = _labels(y, hint)
    if labels is not None and y.shape[1] <= MAX_LABELS:
        return Decided("labels", labels, "columns of two values")
    is_integer = y.dtype.kind in "iu" and labels is None
    if is_integer and hint.kind != "values":
        return Decided("positions", y, "integers")
    return Decided("values", y, "several numbers a sample")


def _labels(y, hint):
    """`[n, L]` bool where the columns are labels, else None."""
    values = np.unique(y)
    if np.isin(values, (0, 1)).all():
        return y == 1
    if hint.kind != "classes":
        return None
    if np.isin(values, (-1, 1)).all():
        return y == 1
    is_smoothed = len(values) == 2 and values[0] >= 0 and values[1] <= 1
    return y > 0.5 if is_smoothed else None


def _of_positions(y, squeezed, hint):
    if y.shape[-1] > 1 and not hint.is_sparse:
        why = _one_hot_reason(y, hint)
        if why is not None:
            classes = np.where(_is_zero(y), PADDING, y.argmax(axis=-1))
            return Decided("positions", classes, why)
    if hint.kind != "values" and is_whole(squeezed):
        count = len(np.unique(squeezed))
        is_picture = y.dtype.kind == "f" or y.dtype == "uint8"
        few = count <= FEW or not is_picture
        if hint.is_sparse or few:
            return Decided("positions", squeezed, "integers a position")
    return Decided("values", y, "numbers at positions")


def _one_hot_reason(y, hint):
    """Whether the last axis is one of classes; zeros there are padding."""
    is_padding = _is_zero(y)
    if is_padding.mean() > MAX_PADDING:
        return None
    if is_one_hot(y[~is_padding]):
        return "one-hot a position"
    if hint.kind != "values" and is_soft(y[~is_padding]):
        return "soft a position; the largest counts"
    return None


def _is_zero(y):
    return (y == 0).all(axis=-1)


def is_whole(y: np.ndarray) -> bool:
    """Whether all are integers, in whatever type."""
    if y.dtype.kind in "iub":
        return True
    return bool(np.isfinite(y).all() and (y == np.floor(y)).all())


def is_one_hot(y: np.ndarray) -> bool:
    """Whether the last axis has one 1 and zeros everywhere."""
    if not y.size or not ((y == 0) | (y == 1)).all():
        return False
    return bool((np.sum(y, axis=-1, dtype="f8") == 1).all())


def is_soft(y: np.ndarray) -> bool:
    """Whether the last axis holds probabilities."""
    if not y.size or y.dtype.kind != "f" or not np.all(y >= 0):
        return False
    return bool(np.allclose(np.sum(y, axis=-1, dtype="f8"), 1, atol=2e-3))
