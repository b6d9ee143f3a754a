"""Every argument times every kind of value: right, or a sentence of ours.

What is raised in a line of NumPy, of Keras or of a backend, and what is not a
`ValueError`, is counted as raw. None is allowed.
"""

import contextlib
import datetime
import traceback
import warnings

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

import keras_ib
from keras_ib import measures, models, phases, schedules

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
}

OPTIONS = {
    measures.Binning: ("num_bins", "low", "high", "range"),
    measures.EBAB: ("num_bins", "edges", "low"),
    measures.Quantized: ("num_levels",),
    measures.KDE: ("noise_variance", "standardise"),
    measures.AKDE: ("scale", "power"),
    measures.KSG: ("num_neighbours", "standardise", "theiler"),
    measures.Sliced: (
        *("num_slices", "num_dimensions", "num_neighbours", "max_rows"),
        "standardise",
    ),
    measures.Renyi: ("alpha", "width", "scale", "max_rows", "standardise"),
    measures.HSIC: ("width", "scale", "debiased", "standardise"),
    measures.CauchySchwarz: ("width", "scale", "standardise"),
    measures.LogDet: ("beta", "standardise"),
    measures.ZX: ("decoder", "budget", "scale"),
    measures.ZY: ("decoder", "budget"),
    measures.Descent: ("steps",),
    measures.Variational: ("bound", "budget"),
    measures.Noisy: ("noise",),
    keras_ib.InfoPlane: (
        *("measures", "target", "schedule", "probe_size", "draws", "split"),
        *("log_dir", "writers", "memory_limit", "seed", "verbose", "taps"),
        *("model", "live", "null"),
    ),
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


PLACES = {
    "measure z": lambda a: keras_ib.measure(a, X, Y, measures="binning"),
    "measure x": lambda a: keras_ib.measure(X, a, Y, measures="binning"),
    "measure y": lambda a: keras_ib.measure(X, X, a, measures="binning"),
    "measure all": lambda a: keras_ib.measure(a, a, a, measures="binning"),
    "pointwise z": lambda a: keras_ib.pointwise(a, X, Y, measure=None),
    "schedule": schedules.get,
    "turning": lambda a: phases.of_curves(
        np.arange(N), a, lower_is_better=True
    ),
    "steps": lambda a: phases.of_curves(a, X.T[None], lower_is_better=True),
    "phases runs": phases.find,
    "compare runs": lambda a: keras_ib.compare({"a": a}),
    "compare": keras_ib.compare,
    "plane": keras_ib.plotting.plane,
    "comparison": keras_ib.plotting.comparison,
    "mlp": lambda a: models.mlp(a, 3),
}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(p, marks=[pytest.mark.slow] if "measure" in p else [])
        for p in PLACES
    ],
)
def test_every_array_is_read_or_refused(place):
    calls = {
        name: lambda array=array: PLACES[place](array)
        for name, array in ARRAYS.items()
    }
    assert raw_of(calls) == {}


@pytest.mark.parametrize("of", OPTIONS, ids=lambda of: of.__name__)
def test_every_option_is_taken_or_refused(of):
    calls = {
        f"{option}={name}": lambda option=option, value=value: of(
            **{option: value}
        )
        for option in OPTIONS[of]
        for name, value in VALUES.items()
    }
    assert raw_of(calls) == {}


@pytest.mark.parametrize("name", ["complex", "nan", "inf", "masked", "huge"])
def test_z_is_refused_where_it_would_be_another_z(name):
    with pytest.raises(ValueError, match=r"^Z "):
        keras_ib.measure(ARRAYS[name], X, Y, measures="binning")


@pytest.mark.parametrize(
    "name", ["list", "tuple", "bfloat16", "keras variable", "unmasked"]
)
def test_what_holds_the_numbers_gives_those_of_an_array(name):
    expected = keras_ib.measure(X, X, Y, measures="logdet")["logdet"]
    found = keras_ib.measure(ARRAYS[name], X, Y, measures="logdet")["logdet"]
    rel = 0.05 if name == "bfloat16" else 1e-6
    assert found == pytest.approx(expected, rel=rel)


def test_integers_of_numpy_are_integers(tmp_path):
    plane = keras_ib.InfoPlane(
        seed=np.int64(3), probe_size=np.int8(32), draws=np.uint8(2)
    )
    values = plane.seed, plane.probe_size, plane.draws
    assert values == (3, 32, 2)
    assert {type(value) for value in values} == {int}


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'binning'"):
        keras_ib.measure(X, measures="bining")
    with pytest.raises(ValueError, match="Did you mean 'tiny'"):
        models.mlp((4,), 3, variant="tinny")
