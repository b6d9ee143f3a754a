"""The numbers that Z-X reads of what the model takes."""

from typing import Any

import keras
import numpy as np

from keras_ib.probe.inputs import (
    finite_columns,
    lossless,
    warn_of_one_column,
)
from keras_ib.probe.notices import Notes
from keras_ib.probe.symbols import embedded


def x_values_of(
    x: Any, num_fit: int, symbols: Any, seed: int, notes: Notes
) -> tuple[np.ndarray | None, dict]:
    """What Z-X reads, and what the log says of X.

    One input of numbers keeps its shape; several are put side by side. Ids and
    strings are embedded. Columns with NaN or Inf are left out.

    Args:
        x: Array `[n, ...]` or structure of arrays, or None.
        num_fit: Number of fit samples.
        symbols: Structure like x of booleans, or None: which inputs are ids.
        seed: Seed of the embedding.
        notes: Where it is noted what was done.

    Returns:
        `[n, ...]` numbers, or None if there are none; and the configuration.
    """
    if x is None:
        return None, {"kind": None, "inputs": []}
    arrays = keras.tree.flatten(x)
    are_symbols = _are_symbols(arrays, symbols)
    kinds = ["symbols" if one else "values" for one in are_symbols]
    parts = [
        embedded(array, seed) if is_symbol else lossless(array, num_fit)
        for array, is_symbol in zip(arrays, are_symbols, strict=True)
    ]
    if any(are_symbols):
        notes.say(
            "Z-X reads a fixed random embedding of the ids or strings of X."
        )
    config = {
        "kind": kinds[0] if len(set(kinds)) == 1 else "mixed",
        "inputs": [
            {"shape": list(a.shape[1:]), "dtype": str(a.dtype), "kind": kind}
            for a, kind in zip(arrays, kinds, strict=True)
        ],
    }
    return _side_by_side(parts, num_fit, notes), config


def _are_symbols(arrays, symbols):
    given = keras.tree.flatten(symbols)
    if len(given) != len(arrays):
        given = [bool(given[0])] if len(given) == 1 else [False]
        given = given * len(arrays)
    return [
        bool(is_symbol) or array.dtype.kind in "OUS"
        for array, is_symbol in zip(arrays, given, strict=True)
    ]


def _side_by_side(parts, num_fit, notes):
    if len(parts) == 1:
        values = parts[0]
    else:
        flat = [p.reshape(len(p), -1).astype("float32") for p in parts]
        values = np.concatenate(flat, axis=1)
    values = finite_columns(values, notes)
    if values is None or not values.size:
        return None
    warn_of_one_column(values, num_fit, notes)
    return values
