"""Measures by name and by object, and what makes two of them equal."""

import pytest

from keras_ib import measures
from keras_ib.measures import KDE, MEASURES, OF_TWO_TAPS, ZX

NAMED = MEASURES | OF_TWO_TAPS

pytestmark = pytest.mark.jax


def test_names_and_objects_may_be_mixed():
    kde = KDE(noise_variance=0.5)
    assert measures.get(["zx", kde]) == (ZX(), kde)
    assert measures.get("zx") == measures.get(ZX()) == (ZX(),)


def test_all_is_every_name():
    assert [m.name for m in measures.get("all")] == list(MEASURES)
    assert measures.get(["all"]) == measures.get("all")


def test_those_of_two_taps_are_asked_for_by_name():
    assert measures.get(["zx", "similarity"])[1] == NAMED["similarity"]


@pytest.mark.parametrize("name", NAMED)
def test_the_config_makes_an_equal_measure(name):
    measure = NAMED[name]
    again = type(measure)(**measure.get_config())
    assert (again, hash(again), repr(again)) == (
        measure,
        hash(measure),
        repr(measure),
    )


@pytest.mark.parametrize("name", NAMED)
def test_every_field_says_what_it_is(name):
    for field in NAMED[name].fields.values():
        assert field.kind in ("estimate", "lower bound", "upper bound")
        assert field.rows in ("all", "fit", "held-out")
        assert field.unit
        assert field.meaning
        ceiling = field.ceiling(100, 50, 0.5)
        assert (ceiling is None) == (field.formula is None)


@pytest.mark.parametrize("given", [[], ["zx", "zx"], ["zx", "all"]])
def test_none_twice_and_at_least_one(given):
    with pytest.raises(ValueError, match="at least one measure and none twice"):
        measures.get(given)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="Choose one of zx, zy, "):
        measures.get("mi")
