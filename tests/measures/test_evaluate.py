"""Divided over replicas: partial sums add up, and nothing is done twice."""

import keras
from keras import ops
from measures import oracle
from measures.samples import sample
import numpy as np
import pytest

from keras_ib import runtime
from keras_ib.measures import (
    KDE,
    KSG,
    ZY,
    Binning,
    Field,
    Measure,
    evaluate,
    evaluate_trained,
    finalize,
    partial,
    partial_trained,
)
from keras_ib.measures.pairwise import blocks as pairwise


class Counting(pairwise.Pairwise):
    """Tells by its sums which rows and pairs it has seen, and how often."""

    name = "counting"
    fields = {  # noqa: RUF012 - a constant of the class
        "number": Field("number of samples", "1", "estimate", "all")
    }

    def per_sample(self, block):
        rows = ops.cast(block.start + ops.arange(block.size), "float32")
        return {
            "number": ops.ones_like(rows),
            "squares": ops.square(rows),
            "distances": ops.sum(block.z, axis=1),
        }


class Whole(Measure):
    """A number that cannot be shared out by rows."""

    name = "whole"
    fields = {  # noqa: RUF012 - a constant of the class
        "sum": Field("sum of Z", "1", "estimate", "all")
    }

    def compute(self, sample):
        return {"sum": ops.sum(sample.z)}


def rows(num_rows, seed=0):
    """A sample around three means, one for each class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, num_rows)
    z, x = rng.normal(size=(2, num_rows, 4)) + y[:, None]
    return sample(z.astype("float32"), x, y)


def floats(found):
    return keras.tree.map_structure(float, found)


def parts_of(measures, num_rows, count, owner=0):
    """What each of `count` replicas says, all by one graph."""
    function = runtime.backend.compiled(
        lambda index, is_owner: partial(
            measures, [rows(num_rows)], index, count, is_owner
        )[0]
    )
    return [
        function(
            ops.convert_to_tensor(index), ops.convert_to_tensor(index == owner)
        )
        for index in range(count)
    ]


def total(parts):
    """The sum of what all replicas say, as a collective makes it."""
    return keras.tree.map_structure(lambda *values: sum(values), *parts)


@pytest.mark.parametrize("block_rows", [1024, 8])
@pytest.mark.parametrize(
    ("num_rows", "count"),
    [(45, 1), (45, 2), (45, 3), (45, 4), (45, 7), (8, 16)],
)
def test_every_pair_is_counted_once(monkeypatch, num_rows, count, block_rows):
    """Also where the rows do not divide, and where there are too few."""
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", block_rows)
    found = total(parts_of([Counting()], num_rows, count))["counting"]
    assert float(found["number"]) == num_rows
    assert float(found["squares"]) == np.sum(np.arange(num_rows) ** 2)
    z = ops.convert_to_numpy(rows(num_rows).z).astype("float64")
    assert float(found["distances"]) == pytest.approx(
        np.sum(oracle.distances(z)), rel=1e-6
    )


@pytest.mark.parametrize(
    ("num_rows", "count", "share"),
    [(45, 1, 45), (45, 2, 23), (45, 4, 12), (45, 7, 7), (8, 16, 1)],
)
def test_each_looks_at_its_share_alone(distance_blocks, num_rows, count, share):
    parts_of([Counting()], num_rows, count)
    assert distance_blocks == [(share, num_rows)]


@pytest.mark.jax
def test_summed_parts_are_the_measures():
    measures = (Binning(), KDE(0.3), Whole(), KSG())
    parts = parts_of(measures, 45, count=4, owner=2)
    found = floats(finalize(measures, [rows(45)], [total(parts)])[0])
    alone = runtime.backend.compiled(lambda: evaluate(measures, [rows(45)])[0])
    expected = floats(alone())
    assert found.keys() == expected.keys()
    for name, fields in found.items():
        assert fields == pytest.approx(expected[name], rel=2e-6)


def test_what_is_not_shared_is_computed_by_one():
    measures = (Whole(), Counting())
    owner, other = map(floats, parts_of(measures, 20, count=2, owner=0))
    whole = float(Whole()(rows(20))["sum"])
    assert abs(whole) > 1
    assert owner["whole"]["sum"] == pytest.approx(whole, rel=1e-6)
    assert other["whole"] == {"sum": 0.0}
    assert owner["counting"]["number"] == other["counting"]["number"] == 10


@pytest.mark.slow
def test_networks_train_on_one_replica():
    measures = (ZY("network", 20),)

    def samples():
        return [[rows(40)], [rows(40, seed=1)]]

    function = runtime.backend.compiled(
        lambda is_owner: partial_trained(measures, samples(), is_owner)
    )
    mine = floats(function(ops.convert_to_tensor(True)))
    others = floats(function(ops.convert_to_tensor(False)))
    alone = runtime.backend.compiled(
        lambda: evaluate_trained(measures, samples())
    )
    for (found,), (zeros,), (fields,) in zip(
        mine, others, alone(), strict=True
    ):
        fields = floats(fields["zy_network"])
        # Twenty steps of training, each rounded.
        assert found["zy_network"] == pytest.approx(fields, abs=1e-5)
        assert zeros["zy_network"] == dict.fromkeys(fields, 0.0)
