"""What the model takes, and the numbers that Z-X reads of it."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ib.probe.leaves import concatenated, dense
from keras_ib.probe.notices import Notes

# Padding of labels at positions that a shorter sample does not have.
PADDING = -1
# Where one column has nearly all variance, nothing else is heard of.
MOST = 0.99
MAX_COLUMNS = 4096


def joined(
    batches: Sequence[tuple],
    limit: int | None = None,
    notes: Notes | None = None,
) -> tuple[Any, Any]:
    """Joins batches of samples into one structure of NumPy arrays.

    Sparse and ragged batches become dense. Where sizes differ between the
    batches, shorter samples are padded at the end to the longest: with zeros,
    with "" for strings, and with -1 for labels that are integers, which is
    not looked at.

    Args:
        batches: List of `(x, y)`; each a structure of arrays, or None.
        limit: Number of samples wanted; all by default.
        notes: Where padding is noted.

    Returns:
        `(x, y)`, of the structure of a batch.
    """

    def join(fill):
        def leaf(*parts):
            if parts[0] is None:
                return None
            parts = [dense(part) for part in parts]
            if notes and len({part.shape[1:] for part in parts}) > 1:
                notes.say(
                    "Samples differ in size: shorter ones are padded at the "
                    "end to the longest of the probe."
                )
            return concatenated(parts, fill)[:limit]

        return leaf

    x, y = zip(*((x, y) for x, y, *_ in batches), strict=True)
    return (
        keras.tree.map_structure(join(0), *x),
        keras.tree.map_structure(join(PADDING), *y),
    )


def lossless(array: np.ndarray, num_fit: int) -> np.ndarray:
    """Numbers that lose nothing in the cast to float32.

    What float32 holds exactly stays as it is, in every bit and in its type;
    of wider types the mean of the fit samples is taken off first.

    Args:
        array: `[n, ...]` numbers of any type.
        num_fit: Number of fit samples, the first ones.
    """
    kind, size = array.dtype.kind, array.dtype.itemsize
    if (kind == "f" and size <= 4) or (kind in "iu" and size <= 2):
        return array
    if kind in "fiucmM":
        return centred_float32(array, num_fit)
    return array.astype("float32")


def offset_apart(
    z: np.ndarray, num_fit: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Z in float32, less what lies so far from zero that a cast would lose it.

    One number is taken off all columns where that is enough, so that what
    they are to each other stays; else the mean of each that needs it.

    Args:
        z: `[n, ...]` numbers of any type.
        num_fit: Number of fit samples, the first ones.

    Returns:
        Z, as it is or float32, and the offset `[d]` float32 of its columns or
        None.
    """
    kind, size = z.dtype.kind, z.dtype.itemsize
    if not z.size or kind not in "fiu" or size < (8 if kind == "f" else 4):
        return z, None
    flat = z.reshape(len(z), -1)
    rows = centred_float32(flat, num_fit)
    with np.errstate(all="ignore"):
        spread = rows.std(axis=0, dtype="float64")
        loses = _loses(flat, spread)
        if not loses.any():
            return z, None
        one = centred_float32(flat.reshape(-1, 1), num_fit * flat.shape[1])
        one = one.reshape(flat.shape)
        if (np.spacing(abs(one).max(axis=0)) < 1e-5 * spread).all():
            offset = np.full(len(spread), float(flat[0, 0]) - one[0, 0])
            return one.reshape(z.shape), offset.astype("float32")
        rows = np.where(loses, rows, flat.astype("float32"))
        offset = np.where(loses, flat[0].astype("float64") - rows[0], 0)
    return rows.reshape(z.shape), offset.astype("float32")


def _loses(rows, spread):
    """Which columns lose more than 1e-5 of their spread in float32."""
    cast = rows.astype("float32").astype(rows.dtype)
    # Unsigned numbers have no negative differences.
    lost = np.where(rows > cast, rows - cast, cast - rows).max(axis=0)
    return lost > 1e-5 * np.where(spread > 0, spread, np.inf)


def centred_float32(array: np.ndarray, num_fit: int) -> np.ndarray:
    """Float32 about the mean of the fit samples.

    The mean is taken off in the array's own type, so that timestamps and
    identifiers lose nothing in the cast.

    Args:
        array: `[n, ...]` numbers of any type.
        num_fit: Number of fit samples, the first ones.

    Returns:
        `[n, ...]` float32; complex numbers as real and imaginary parts on a
        new last axis.
    """
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    if array.dtype.kind in "mM":
        array = array.astype("int64")
    if array.dtype.kind in "iu":
        array = _differences(array)
    elif array.dtype.kind != "f" or array.dtype.itemsize < 8:
        array = array.astype("float64")
    with np.errstate(all="ignore"):
        mean = array[: max(1, num_fit)].mean(axis=0, keepdims=True)
        return (array - mean).astype("float32")


def _differences(array):
    """Differences of integers to the first one, exact before the cast."""
    first = array[:1]
    is_above = array >= first
    # Modulo 2**64, which has a place for the difference of any two integers.
    up = array.astype("uint64") - first.astype("uint64")
    return np.where(is_above, up.astype("f8"), -((~up + 1).astype("f8")))


def finite_columns(values: np.ndarray, notes: Notes) -> np.ndarray | None:
    """Leaves out the columns that hold NaN or Inf; None if all do."""
    if not values.size or np.isfinite([values.min(), values.max()]).all():
        return values
    flat = values.reshape(len(values), -1)
    is_good = np.isfinite(flat).all(axis=0)
    missing = int(np.sum(~is_good))
    notes.warn(
        f"{missing} of {len(is_good)} columns of X hold NaN or Inf, which are "
        "left to the model. Z-X is measured without these columns. Fill them "
        "in data= to have all of X."
    )
    return flat[:, is_good] if is_good.any() else None


def warn_of_one_column(values: np.ndarray, num_fit: int, notes: Notes):
    """Warns where one column of flat X has nearly all of its variance."""
    if values.ndim != 2 or not 2 <= values.shape[1] <= MAX_COLUMNS:
        return
    variance = np.var(values[:num_fit].astype("float64"), axis=0)
    others = np.delete(variance, np.argmax(variance)).sum()
    if 0 < others < (1 - MOST) * variance.sum():
        notes.warn(
            f"Column {int(np.argmax(variance))} of X holds more than 99 % of "
            "its variance, so that it alone decides Z-X, and the distances of "
            "X in hsic, cs and renyi. Scale the columns of X, or give "
            'ZX(scale="columns") and HSIC(standardise=True).'
        )
