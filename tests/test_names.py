"""The tables of names are those of the registries."""

import inspect
import typing

import keras
import pytest

from keras_ib import models, names, runtime
from keras_ib.data import datasets
from keras_ib.layers.shortcuts import Shortcut
from keras_ib.measures import MEASURES, OF_TWO_TAPS
from keras_ib.papers import REPRODUCTIONS

pytestmark = pytest.mark.jax


def test_names_of_registries():
    assert set(names.FAMILIES) == set(models.FAMILIES)
    assert tuple(datasets.SOURCES) == names.DATASETS
    assert tuple(REPRODUCTIONS) == names.PAPERS
    assert tuple(MEASURES) == names.MEASURES
    assert tuple(OF_TWO_TAPS) == names.OF_TWO_TAPS
    variants = {name: tuple(of) for name, of in models.VARIANTS.items()}
    assert variants == names.VARIANTS


def test_shortcuts():
    assert typing.get_args(Shortcut) == names.SHORTCUTS


@pytest.mark.parametrize("name", names.OPTIMIZERS)
def test_optimizers(name):
    config = {"learning_rate": 0.1, "weight_decay": 0.1}
    keras.optimizers.get({"class_name": name, "config": config})


@pytest.mark.parametrize("name", names.PRECISIONS)
def test_precisions(name):
    assert keras.dtype_policies.get(name).name == name


def test_strategies():
    described = inspect.getdoc(runtime.backend.make_strategy) or ""
    for name in names.STRATEGIES:
        # What only one backend has, the other says in an error.
        assert f'"{name}"' in described or name == "multiworker"
