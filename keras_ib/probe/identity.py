"""Which samples are equal, told from the arrays as they were given."""

import hashlib

import keras
import numpy as np


def digests(structure) -> np.ndarray:
    """`[n]` of 16 bytes, equal where samples are equal in every array.

    No cast comes before: identifiers above 2**24 and 1 + 1e-9 stay apart. -0.
    is 0., and one NaN is as good as another.
    """
    arrays = [_comparable(a) for a in keras.tree.flatten(structure)]
    found = [
        hashlib.blake2b(b"".join(row), digest_size=16).digest()
        for row in zip(*(_rows(array) for array in arrays), strict=True)
    ]
    return np.array(found, "S16") if found else np.zeros(0, "S16")


def _rows(array):
    return (np.ascontiguousarray(row).tobytes() for row in array)


def _comparable(array):
    """Values that are equal have equal bytes."""
    kind = array.dtype.kind
    if kind == "O" or array.dtype.char in "gG":
        values = array.astype(str) if kind == "O" else array
        return np.unique(values, return_inverse=True)[1].reshape(array.shape)
    if kind == "f":
        return np.where(np.isnan(array), np.nan, array + array.dtype.type(0))
    return array + array.dtype.type(0) if kind == "c" else array


def numbered(keys: np.ndarray) -> np.ndarray:
    """`[n]` int32, equal where the keys are, from 0 by first appearance."""
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(len(first), "int32")
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place.reshape(-1)]


def fingerprint(*structures) -> str:
    """A digest of samples, their order and their types."""
    digest = hashlib.sha256()
    for structure in structures:
        arrays = keras.tree.flatten(structure)
        digest.update(str([(a.dtype.str, a.shape) for a in arrays]).encode())
        for key in digests(structure):
            digest.update(key.ljust(16, b"\0"))
    return digest.hexdigest()
