"""Every measure on every kind of activations, in every setting.

A new measure is one more row. The truth is the NumPy float64 oracle.
"""

from functools import partial
import json

from keras import ops
from measures import oracle, trained_oracle
from measures.samples import read, sample
import numpy as np
import pytest

from keras_ib import runtime
from keras_ib.measures import (
    MEASURES,
    ZX,
    ZY,
    Sliced,
    Variational,
    evaluate,
    evaluate_trained,
)
from keras_ib.measures.registry import get
from keras_ib.measures.trained.variational import BOUNDS

# Optimizer steps here: rounding of float32 grows with every one.
BUDGET = 20
NUM_SLICES = 8
LESS_WORK = {
    "sliced": Sliced(NUM_SLICES),
    "zx_network": ZX("network", BUDGET),
    "zy_network": ZY("network", BUDGET),
    **{bound: Variational(bound, BUDGET) for bound in BOUNDS},
}
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
    "ksg": (oracle.ksg, 1e-5),
    "sliced": (partial(oracle.sliced, num_slices=NUM_SLICES), 1e-3),
    "zx_whitened": (oracle.zx_whitened, 5e-3),
    "zx_descent": (oracle.zx_descent, 2e-3),
    "zx_kernel": (oracle.zx_kernel, 5e-3),
    "zy_kernel": (oracle.zy_kernel, 5e-3),
    "zx_network": (partial(trained_oracle.zx, budget=BUDGET), 1e-3),
    "zy_network": (partial(trained_oracle.zy, budget=BUDGET), 1e-3),
    **{
        # Exponentials of scores; scores of some dozen rows.
        bound: (partial(trained_oracle.variational, bound, budget=BUDGET), 5e-2)
        for bound in BOUNDS
    },
    # Of a standard error, that is: the square root of what float32 leaves.
    "noisy": (oracle.noisy, 5e-4),
}

# Seconds each: only their first test is in the quick loop.
HEAVY = {"zx_kernel", "zy_kernel", *LESS_WORK}
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else [])
    for name in ROWS
]

# One critic serves all bounds: kinds and types of Z are its affair.
ONE_BOUND = [name for name in NAMES if name.values[0] not in BOUNDS]
ONE_BOUND.append(pytest.param("infonce", marks=pytest.mark.slow))

NUM_ROWS = 44

# What TensorFlow takes from NumPy on CPUs has no place in XLA.
FOR_XLA = {"sort": ops.sort, "eigh": ops.linalg.eigh}


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
        # Exact zeros, and all other values on edges of 30 bins too.
        "on_edges": lambda: np.maximum(np.round(15 * z) / 15, 0),
        "mean_1000": lambda: z + 1000,
        "all_zero": lambda: 0 * z,
        "constant": lambda: 0 * z + 3.25,
        "one_class": lambda: z,
        # Equal X of unequal Z.
        "repeated_x": lambda: z,
    }[kind]()
    if kind == "repeated_x":
        x = x[np.arange(NUM_ROWS) % 15]
    return z.astype("float32"), x, 0 * y if kind == "one_class" else y


KINDS = [
    "wide",
    "duplicated",
    "one_unit",
    "integers",
    "on_edges",
    "mean_1000",
    "all_zero",
    "constant",
    "one_class",
    "repeated_x",
]


def check(name, found, rows):
    """Compares the fields with those of the oracle."""
    z, x, y = rows
    oracle, tolerance = ROWS[name]
    truth = oracle(z.astype("float64"), x.astype("float64"), y)
    # Steps to the best of equally good states are a matter of rounding.
    ours, theirs = (
        {k: v for k, v in results(name, fields).items() if k != "steps"}
        for fields in (found, truth)
    )
    assert ours == pytest.approx(theirs, rel=tolerance, abs=tolerance)


def results(name, fields):
    """Without the checks of a measure, which have tests of their own."""
    known = measure_of(name).fields
    return {k: v for k, v in fields.items() if not known[k].is_check}


def measure_of(name):
    return LESS_WORK.get(name, MEASURES[name])


def function(measures, rows):
    """The numbers of the measures as a function of tensors, and these."""

    def compute(z, x, x_id, y):
        sample = type(rows)(
            *(z, x, x_id, y),
            y_class=y,
            num_fit=rows.num_fit,
            variable=rows.variable,
            operations=rows.operations,
        )
        learned = [m for m in measures if m.trains]
        found = evaluate([m for m in measures if not m.trains], [sample])[0]
        if learned:
            found |= evaluate_trained(learned, [[sample]])[0][0]
        return found

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
def test_agrees_with_the_oracle(name):
    rows = case()
    check(name, read(measure_of(name), *rows), rows)


@pytest.mark.parametrize("name", ONE_BOUND)
@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_the_oracle_on_all_kinds(name, kind):
    rows = case(kind)
    check(name, read(measure_of(name), *rows), rows)


# What is given of X and Y, by name; `case` has classes, which are today's.
GIVEN = ["no_x", "no_y", "nothing", "values", "labels"]
TRAINED = {"zx_network", "zy_network", *BOUNDS}


def given(kind):
    """Z, X and Y, and the kind of Y; what is None is not there."""
    z, x, y = case()
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(NUM_ROWS, 5))
    # Without noise the best penalty is as good as none: a solver's rounding.
    noisy = x[:, :3] + 0.5 * y[:, None] + 1.5 * noise[:, 2:]
    y, kind_of_y = {
        "values": (x[:, :2] ** 2 + noise[:, :2], "values"),
        "labels": ((noisy > 0.3) * 1, "labels"),
        "no_x": (y, "classes"),
    }.get(kind, (None, None))
    if kind == "values":
        y = y.astype("float32")
    return z, x if kind != "no_x" and kind != "nothing" else None, y, kind_of_y


def sample_of(z, x, y, kind):
    """A `Sample` of what is there."""
    drawn = sample(z, x, y, kind or "classes")
    if x is None:
        drawn.x = drawn.x_id = drawn.x_shape = None
    if y is None:
        drawn.y = drawn.y_class = drawn.variable = None
    return drawn


def check_given(name, found, rows):
    """Fields are those that are declared, and their numbers the oracle's."""
    drawn = sample_of(*rows)
    assert list(found) == list(measure_of(name).fields_of(drawn))
    check_numbers(name, found, rows)


def check_numbers(name, found, rows):
    """Compares the fields that are there with those of the oracle."""
    if name in TRAINED:
        assert np.all(np.isfinite(list(found.values())))
        return
    oracle, tolerance = ROWS[name]
    truth = oracle(*map(as_float64, rows[:3]))
    found = results(name, found)
    truth = {field: truth[field] for field in found}
    assert found == pytest.approx(truth, rel=tolerance, abs=tolerance)


def as_float64(array):
    if array is None or array.dtype.kind != "f":
        return array
    return array.astype("float64")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", GIVEN)
def test_fields_are_those_that_the_data_allow(name, kind):
    rows = given(kind)
    found = measure_of(name)(sample_of(*rows))
    check_given(name, {k: float(v) for k, v in found.items()}, rows)


def reads_y(measure):
    return any(field.reads_y for field in measure.fields.values())


def all_given(kinds, jit_compile=None):
    """Numbers of all measures for each of several targets, in one graph."""
    measures = [measure_of(m.name) for m in get("all")]
    if jit_compile:
        # Of X, test_under_xla has all there is.
        measures = [m for m in measures if reads_y(m)]

    def compute():
        drawn = [sample_of(*given(kind)) for kind in kinds]
        for one in drawn:
            one.operations = operations
            one.representation.operations = operations
        samples = [drawn[0]] + [
            drawn[0].with_target(s.y, s.y_class, s.variable) for s in drawn[1:]
        ]
        others = [m for m in measures if not m.trains]
        (trained,) = evaluate_trained(
            [m for m in measures if m.trains], [samples]
        )
        found = evaluate(others, samples)
        return [a | b for a, b in zip(found, trained, strict=True)]

    operations = runtime.backend.operations()
    if jit_compile:
        operations = operations._replace(**FOR_XLA)
        tf = pytest.importorskip("tensorflow")
        compiled = tf.function(compute, autograph=False, jit_compile=True)
    else:
        compiled = runtime.backend.compiled(compute)
    return [as_floats(found) for found in compiled()]


@pytest.mark.slow
@pytest.mark.jax
@pytest.mark.parametrize(
    ("kind", "jit_compile"),
    # Eagerly, the test above has them all; XLA has what computes on its own.
    [("nothing", False), ("values", True), ("labels", True)],
)
def test_all_that_the_data_allow_compiled(kind, jit_compile):
    rows = given(kind)
    (found,) = all_given([kind], jit_compile)
    for name, values in found.items():
        fields = measure_of(name).fields_of(sample_of(*rows))
        check_given(name, {field: values[field] for field in fields}, rows)


@pytest.mark.slow
@pytest.mark.jax
def test_two_targets_of_one_representation():
    """Each has the numbers that it has alone; what reads no Y comes once."""
    kinds = ("values", "labels")
    found = dict(zip(kinds, all_given(kinds), strict=True))
    for name in found["values"]:
        measure = measure_of(name)
        of_each = {
            kind: measure.fields_of(sample_of(*given(kind))) for kind in kinds
        }
        expected = {
            "values": set(of_each["values"]),
            "labels": {k for k, f in of_each["labels"].items() if f.reads_y},
        }
        for kind in kinds:
            numbers = found[kind][name]
            assert set(numbers) == expected[kind], name
            check_numbers(name, numbers, given(kind))


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(["wide"], id="wide"),
        pytest.param(
            ["on_edges", "mean_1000", "all_zero"],
            id="narrow",
            marks=[pytest.mark.slow, pytest.mark.jax],
        ),
    ],
)
def test_all_together_compiled(kinds):
    """One graph of all measures for kinds of one shape, on either backend."""
    measures = [measure_of(m.name) for m in get("all")]
    if kinds == ["wide"]:
        # Networks know no more columns than rows.
        measures = [m for m in measures if not m.trains]
    compute, _ = function(measures, sample(*case(kinds[0])))
    compiled = runtime.backend.compiled(compute)
    for kind in kinds:
        rows = case(kind)
        _, arguments = function(measures, sample(*rows))
        found = as_floats(compiled(*arguments))
        assert len(found) > 15
        for name, values in found.items():
            check(name, values, rows)


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_BOUND)
def test_under_xla(name):
    """One program for two kinds of one shape."""
    tf = pytest.importorskip("tensorflow")
    drawn = sample(*case())
    drawn.operations = drawn.operations._replace(**FOR_XLA)
    drawn.representation.operations = drawn.operations
    compute, _ = function([measure_of(name)], drawn)
    compiled = tf.function(compute, autograph=False, jit_compile=True)
    for kind in ("tanh", "on_edges"):
        rows = case(kind)
        _, arguments = function([measure_of(name)], sample(*rows))
        check(name, as_floats(compiled(*arguments))[name], rows)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_gives_nan(name, bad):
    z, x, y = case()
    z[5, 1] = bad
    assert all(np.isnan(v) for v in read(measure_of(name), z, x, y).values())


@pytest.mark.parametrize("name", ONE_BOUND)
@pytest.mark.parametrize(
    "dtype",
    [
        "float16",
        pytest.param("float64", marks=pytest.mark.slow),
        pytest.param("int32", marks=pytest.mark.slow),
    ],
)
def test_other_types_and_ranks_are_cast(name, dtype):
    """The numbers are those of float32, and of the flat rows."""
    z, x, y = case("wide")
    z = (8 * z).astype(dtype)
    found = read(measure_of(name), z.reshape(NUM_ROWS, 5, 5, 4), x, y)
    flat = read(measure_of(name), z.astype("float32"), x, y)
    assert found == pytest.approx(flat, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_declared(name):
    """Order, ceilings and unit are those of the declaration."""
    measure = MEASURES[name]
    z, x, y = case()
    drawn = sample(z, x, y)
    found = measure_of(name)(drawn)
    fields = measure.available(drawn.given, drawn.variable)
    assert list(found) == list(fields)
    for field, value in found.items():
        ceiling = fields[field].ceiling(
            NUM_ROWS, NUM_ROWS // 2, oracle.entropy(y)
        )
        assert ceiling is None or float(value) <= ceiling + 1e-5
        assert fields[field].unit


@pytest.mark.parametrize("name", NAMES)
def test_configuration_is_the_measure(name):
    measure = MEASURES[name]
    config = json.loads(json.dumps(measure.get_config()))
    assert type(measure)(**config) == measure
    assert hash(type(measure)(**config)) == hash(measure)
    assert measure.name == name
