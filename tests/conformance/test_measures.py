"""Every measure on every kind of activations, in every setting.

A new measure is one more row. The truth is the NumPy float64 oracle.
"""

import json

from keras import ops
from measures import oracle
from measures.samples import read, sample
import numpy as np
import pytest

from keras_ib import runtime
from keras_ib.measures import MEASURES, evaluate

# The oracle of each measure, and how far float32 may be from it.
ROWS = {
    "zx": (oracle.zx, 2e-3),
    "zy": (oracle.zy, 2e-3),
    "binning": (oracle.binning, 1e-5),
    "ebab": (oracle.ebab, 1e-5),
    "quantized": (oracle.quantized, 1e-5),
    "kde": (oracle.kde, 1e-5),
    "akde": (oracle.akde, 1e-5),
    "renyi": (oracle.renyi, 1e-4),
    "logdet": (oracle.logdet, 5e-4),
    "cs": (oracle.cauchy_schwarz, 1e-5),
    "hsic": (oracle.hsic, 1e-5),
}

NUM_ROWS = 44


def case(kind="tanh"):
    """Z, X and Y of one kind; numbers that float32 holds."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(NUM_ROWS, 4)).astype("float32")
    y = (x[:, 0] > 0) + (x[:, 1] + rng.normal(size=NUM_ROWS) > 0) * 1
    z = np.tanh(x @ rng.normal(size=(4, 3)) + 0.2 * rng.normal(size=(44, 3)))
    z = {
        "tanh": lambda: z,
        "wide": lambda: np.maximum(x @ rng.normal(size=(4, 100)), 0),
        "duplicated": lambda: z[np.arange(NUM_ROWS) % 15],
        "one_unit": lambda: z[:, :1],
        "integers": lambda: np.round(2 * z),
        "mean_1000": lambda: z + 1000,
        "all_zero": lambda: 0 * z,
        "constant": lambda: 0 * z + 3.25,
        "one_class": lambda: z,
    }[kind]()
    return z.astype("float32"), x, 0 * y if kind == "one_class" else y


KINDS = [
    "wide",
    "duplicated",
    "one_unit",
    "integers",
    "mean_1000",
    "all_zero",
    "constant",
    "one_class",
]


def expected(name, z, x, y):
    return ROWS[name][0](z.astype("float64"), x.astype("float64"), y)


def compiled(measures, rows):
    """The numbers of the measures, compiled as the package does it."""

    def compute(z, x, x_id, y):
        rows_now = type(rows)(
            z, x, x_id, y, num_fit=rows.num_fit, num_classes=rows.num_classes
        )
        return evaluate(measures, rows_now)

    arguments = [
        ops.convert_to_tensor(a) for a in (rows.z, rows.x, rows.x_id, rows.y)
    ]
    return compute, arguments


def as_floats(found):
    return {
        name: {field: float(value) for field, value in fields.items()}
        for name, fields in found.items()
    }


def test_every_measure_is_a_row():
    assert set(ROWS) == set(MEASURES)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("kind", ["tanh", *KINDS])
def test_agrees_with_the_oracle(name, kind):
    rows = case(kind)
    assert read(MEASURES[name], *rows) == pytest.approx(
        expected(name, *rows), rel=1e-4, abs=ROWS[name][1]
    )


@pytest.mark.jax
@pytest.mark.parametrize("kind", ["wide", "mean_1000", "all_zero"])
def test_all_together_compiled(kind):
    """One graph of all measures, on either backend."""
    rows = case(kind)
    measures = list(MEASURES.values())
    compute, arguments = compiled(measures, sample(*rows))
    found = as_floats(runtime.compiled(compute)(*arguments))
    for name, (_, tolerance) in ROWS.items():
        assert found[name] == pytest.approx(
            expected(name, *rows), rel=1e-4, abs=tolerance
        )


@pytest.mark.parametrize("name", ROWS)
def test_under_xla(name):
    tf = pytest.importorskip("tensorflow")
    rows = case()
    compute, arguments = compiled([MEASURES[name]], sample(*rows))
    found = tf.function(compute, autograph=False, jit_compile=True)(*arguments)
    assert as_floats(found)[name] == pytest.approx(
        expected(name, *rows), rel=1e-4, abs=ROWS[name][1]
    )


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_gives_nan(name, bad):
    z, x, y = case()
    z[5, 1] = bad
    assert all(np.isnan(v) for v in read(MEASURES[name], z, x, y).values())


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_other_types_and_ranks_are_cast(name, dtype):
    """The numbers are those of float32, and of the flat rows."""
    z, x, y = case("wide")
    z = (8 * z).astype(dtype)
    found = read(MEASURES[name], z.reshape(NUM_ROWS, 5, 5, 4), x, y)
    flat = read(MEASURES[name], z.astype("float32"), x, y)
    assert found == pytest.approx(flat, abs=1e-6)


@pytest.mark.parametrize("name", ROWS)
def test_fields_are_declared(name):
    """Order, ceilings and unit are those of the declaration."""
    measure = MEASURES[name]
    z, x, y = case()
    found = read(measure, z, x, y)
    assert list(found) == list(measure.fields)
    for field, value in found.items():
        ceiling = measure.fields[field].ceiling(
            NUM_ROWS, NUM_ROWS // 2, oracle.entropy(y)
        )
        assert ceiling is None or value <= ceiling + 1e-5
        assert measure.fields[field].unit


@pytest.mark.parametrize("name", ROWS)
def test_configuration_is_the_measure(name):
    measure = MEASURES[name]
    config = json.loads(json.dumps(measure.get_config()))
    assert type(measure)(**config) == measure
    assert hash(type(measure)(**config)) == hash(measure)
    assert measure.name == name
