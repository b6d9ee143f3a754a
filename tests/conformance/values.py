"""Kinds of array and of value, and how a call with one of them ends.

What is raised in a line of NumPy, of Keras or of a backend, and what is not a
`ValueError`, is raw.
"""

import contextlib
import datetime
import traceback
import warnings

import keras
import ml_dtypes
import numpy as np
import tensorflow as tf

N = 32
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)).astype("float32")
Y = np.arange(N) % 3


def with_value(value):
    array = X.copy()
    array[3, 1] = value
    return array


class Hostile:
    """Raises whatever is asked of it."""

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")


ARRAYS = {
    "floats": X,
    "float64": X.astype("float64"),
    "float16": X.astype("float16"),
    "bfloat16": X.astype(ml_dtypes.bfloat16),
    "integers": Y,
    "uint8": Y.astype("uint8"),
    "uint64": Y.astype("uint64") + 2**63,
    "bool": Y > 0,
    "complex": X + 1j,
    "nan": with_value(np.nan),
    "inf": with_value(np.inf),
    "all nan": X * np.nan,
    "huge": X.astype("float64") * 1e300,
    "large": X * np.float32(1e30),
    "tiny": X * np.float32(1e-30),
    "constant": np.ones((N, 4), "float32"),
    "zeros": np.zeros((N, 4)),
    "strings": np.array(["a", "b"] * (N // 2)),
    "bytes": np.array([b"a", b"b"] * (N // 2)),
    "dates": np.arange(N).astype("datetime64[D]"),
    "durations": np.arange(N).astype("timedelta64[s]"),
    "objects": np.array([object()] * N),
    "mixed": np.array([1, "a"] * (N // 2), dtype=object),
    "structured": np.zeros(N, [("a", "f4"), ("b", "i4")]),
    "masked": np.ma.MaskedArray(X, mask=X > 1),
    "unmasked": np.ma.MaskedArray(X),
    "ragged list": [[1.0] * (1 + i % 3) for i in range(N)],
    "ragged": tf.ragged.constant([[1.0] * (1 + i % 3) for i in range(N)]),
    "sparse": tf.sparse.from_dense(X),
    "tensor": tf.constant(X),
    "variable": tf.Variable(X),
    "keras variable": keras.Variable(X),
    "symbolic": keras.Input((4,)),
    "list": X.tolist(),
    "tuple": tuple(map(tuple, X.tolist())),
    "list of arrays": list(X),
    "nested dict": {"a": X, "b": {"c": X}},
    "empty dict": {},
    "generator": (row for row in X),
    "range": range(N),
    "set": {1, 2},
    "0-d": np.float32(1),
    "number": 1,
    "empty": np.zeros((0, 4), "float32"),
    "no columns": np.zeros((N, 0), "float32"),
    "empty list": [],
    "one sample": X[:1],
    "shorter": X[:-1],
    "read-only": np.lib.stride_tricks.as_strided(X, writeable=False),
    "reversed": X[::-1],
    "transposed": np.asfortranarray(X),
    "five axes": X.reshape(N, 2, 2, 1, 1),
    "string": "array",
    "None": None,
    "date": datetime.date(2020, 1, 1),
    "hostile": Hostile(),
    "object": object(),
    "function": len,
    "class": np.ndarray,
}

VALUES = {
    "None": None,
    "zero": 0,
    "negative": -1,
    "one": 1,
    "half": 0.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "string": "a",
    "empty string": "",
    "list": [1, 2],
    "empty list": [],
    "nested": [[1], [1, 2]],
    "dict": {"a": 1},
    "bool": True,
    "numpy integer": np.int8(4),
    "numpy float": np.float32(0.25),
    "array": np.array([1, 2]),
    "array of text": np.array(["a"]),
    "object": object(),
    "function": len,
    "bytes": b"zx",
    "complex": 1j,
    "20 digits": 10**20,
    "numpy integer of 64 bits": np.int64(8),
    "array of one": np.array(2),
    "slash": "a/b",
    "surrogate": "\ud800",
    "class": dict,
}


def is_raw(call):
    """How a call ends that is neither right nor a sentence of ours."""
    try:
        with warnings.catch_warnings(), contextlib.suppress(UserWarning):
            warnings.simplefilter("ignore")
            call()
    except ValueError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        if "keras_ib" in frame.filename and "tests" not in frame.filename:
            return None
        return f"{type(error).__name__} in {frame.filename}: {error}"
    except Exception as error:  # Whatever is raised.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {frame.filename}: {error}"
    return None


def raw_of(calls):
    found = {name: is_raw(call) for name, call in calls.items()}
    return {name: text[:300] for name, text in found.items() if text}
