"""Every array argument times every kind of array: right, or our sentence."""

from conformance.values import ARRAYS, N, X, Y, raw_of
import keras
import numpy as np
import pytest

import keras_ib
from keras_ib import models, phases, schedules

MODEL = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def drawn(data=None, **options):
    """The probe data of a callback, without a training."""
    return keras_ib.InfoPlane(probe_size=8, **options).draw(data, MODEL)


PLACES = {
    "measure z": lambda a: keras_ib.measure(a, X, Y, measures="binning"),
    "measure x": lambda a: keras_ib.measure(X, a, Y, measures="binning"),
    "measure y": lambda a: keras_ib.measure(X, X, a, measures="binning"),
    "measure all": lambda a: keras_ib.measure(a, a, a, measures="binning"),
    "pointwise z": lambda a: keras_ib.pointwise(a, x=X, measure="zx"),
    "data": lambda a: drawn(a),
    "data of one input": lambda a: drawn((a,)),
    "data x": lambda a: drawn((a, Y)),
    "data y": lambda a: drawn((X, a)),
    "data of sets": lambda a: drawn({"train": (X, Y), "test": a}),
    "data weights": lambda a: drawn((X, Y, a)),
    "groups": lambda a: drawn((X, Y), groups=a),
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


SLOW = ("measure z", "measure y", "measure all", "pointwise z")


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(p, marks=[pytest.mark.slow] if p in SLOW else [])
        for p in PLACES
    ],
)
def test_every_array_is_read_or_refused(place):
    calls = {
        name: lambda array=array: PLACES[place](array)
        for name, array in ARRAYS.items()
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
