"""One array of samples, whatever its type: how long it is, how it is read.

Types of other packages are told by what they have, never by an import.
"""

from collections.abc import Sequence
import numbers
from typing import Any

import numpy as np


def tidy(values: Any) -> Any:
    """Turns lists of plain numbers or strings into arrays; keeps the rest."""
    if isinstance(values, dict):
        return {key: tidy(value) for key, value in values.items()}
    if not isinstance(values, (list, tuple)):
        return values
    if _is_plain(values):
        return stacked(values)
    parts = [tidy(value) for value in values]
    return tuple(parts) if isinstance(values, tuple) else parts


def _is_plain(value):
    while isinstance(value, (list, tuple)):
        if not len(value):
            return True
        value = value[0]
    return isinstance(value, (str, bytes, numbers.Number, np.generic))


def is_plain_array(values: Any) -> bool:
    """Whether a list is one array: numbers in lists of equal depth."""
    if not isinstance(values, list) or not _is_plain(values):
        return False
    return len(set(map(_depth, values))) <= 1


def _depth(value):
    depth = 0
    while isinstance(value, (list, tuple)) and len(value):
        depth, value = depth + 1, value[0]
    return depth


def stacked(values: Sequence) -> np.ndarray:
    """Samples in a list as one array, padded where their lengths differ."""
    try:
        return np.asarray(values)
    except ValueError:
        return concatenated([dense(tidy(value))[None] for value in values])


def length(leaf: Any) -> int:
    """Number of samples; 0 for what has no axis of samples."""
    shape = getattr(leaf, "shape", None)
    if shape is None:
        return len(leaf) if hasattr(leaf, "__len__") else 0
    return int(shape[0]) if len(shape) else 0


def num_axes(leaf: Any) -> int:
    """Number of axes; 1 for a sequence of whatever."""
    if leaf is None or not hasattr(leaf, "shape"):
        is_sequence = hasattr(leaf, "__len__") and not isinstance(leaf, str)
        return int(leaf is None or is_sequence)
    return len(leaf.shape)


def take(leaf: Any, rows: np.ndarray) -> np.ndarray:
    """Reads these samples and no others, in this order."""
    if hasattr(leaf, "dense_shape"):
        return _from_sparse(leaf, rows)
    if hasattr(leaf, "nested_row_splits"):
        return _from_ragged(leaf, rows)
    if hasattr(leaf, "iloc"):
        return dense(leaf.iloc[rows])
    if hasattr(leaf, "tocsr"):
        return leaf.tocsr()[rows].toarray()
    if _is_tensor(leaf):
        return dense(leaf)[rows]
    if isinstance(leaf, np.ndarray) and not isinstance(leaf, np.memmap):
        return dense(leaf[rows])
    # Files on disk are read in their own order; some allow no other.
    order = np.argsort(rows)
    read = dense(leaf[rows[order]])
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return read[back]


def _is_tensor(leaf):
    return hasattr(leaf, "numpy") or not hasattr(leaf, "__getitem__")


def dense(leaf: Any) -> np.ndarray:
    """A NumPy array of all of it, sparse and ragged ones filled up."""
    if isinstance(leaf, np.ma.MaskedArray):
        leaf = _without_masked(leaf)
    elif hasattr(leaf, "dense_shape"):
        leaf = _from_sparse(leaf, np.arange(length(leaf)))
    elif hasattr(leaf, "nested_row_splits"):
        leaf = leaf.to_tensor().numpy()
    elif hasattr(leaf, "toarray"):
        leaf = leaf.toarray()
    elif hasattr(leaf, "to_numpy"):
        leaf = leaf.to_numpy()
    elif hasattr(leaf, "detach"):
        leaf = leaf.detach().cpu().numpy()
    elif hasattr(leaf, "numpy"):
        leaf = leaf.numpy()
    array = np.asarray(leaf)
    return _without_objects(array) if array.dtype == object else array


def _without_masked(array):
    if array.dtype.kind not in "fiub":
        return array.filled()
    kind = array.dtype if array.dtype.kind == "f" else "float64"
    return array.astype(kind).filled(np.nan)


def _without_objects(array):
    """Numbers and arrays that stand in an array of objects."""
    flat = array.ravel().tolist()
    if any(isinstance(value, (np.ndarray, list, tuple)) for value in flat):
        return stacked(flat)
    if all(isinstance(v, numbers.Number) or v is None for v in flat):
        if any(isinstance(v, complex) for v in flat):
            return array.astype("complex128")
        return array.astype("float64" if len(flat) else "float32")
    return array


def _from_sparse(leaf, rows):
    """Rows of a sparse tensor (`indices`, `values`, `dense_shape`)."""
    indices, values = np.asarray(leaf.indices), np.asarray(leaf.values)
    shape = [int(s) for s in np.asarray(leaf.dense_shape)]
    place = np.full(shape[0], -1)
    place[rows] = np.arange(len(rows))
    wanted = place[indices[:, 0]] >= 0
    found = np.zeros((len(rows), *shape[1:]), values.dtype)
    at = (place[indices[wanted, 0]], *indices[wanted, 1:].T)
    found[at] = values[wanted]
    return found


def _from_ragged(leaf, rows):
    """Rows of a ragged tensor, padded to the longest of them."""
    splits = [np.asarray(s) for s in leaf.nested_row_splits]
    if len(splits) > 1:
        return leaf.to_tensor().numpy()[rows]
    values = leaf.flat_values.numpy()
    return concatenated(
        [values[splits[0][r] : splits[0][r + 1]][None] for r in rows]
    )


def concatenated(parts: Sequence[np.ndarray], fill: int = 0) -> np.ndarray:
    """Joins arrays along the samples; shorter ones are filled at the end."""
    if len(parts) == 1:
        return parts[0]
    shape = np.max([part.shape[1:] for part in parts], axis=0)
    shape = tuple(int(size) for size in np.atleast_1d(shape))
    return np.concatenate([_filled(part, shape, fill) for part in parts])


def _filled(part, shape, fill):
    if part.shape[1:] == shape:
        return part
    missing = [(0, s - p) for s, p in zip(shape, part.shape[1:], strict=True)]
    if part.dtype.kind in "OUS":
        fill = b"" if _holds_bytes(part) else ""
    elif fill and part.dtype.kind in "ub":
        part = part.astype("int64")
    elif part.dtype.kind == "f":
        fill = 0
    return np.pad(part, [(0, 0), *missing], constant_values=fill)


def _holds_bytes(part):
    first = part.flat[0] if part.size else b""
    return isinstance(first, bytes)
