"""The pass over all pairs: exact in blocks, shared, and safe in float32."""

from keras import ops
from measures import oracle
from measures.samples import sample
import numpy as np
import pytest

from keras_ib import runtime
from keras_ib.measures import (
    AKDE,
    HSIC,
    KDE,
    Binning,
    CauchySchwarz,
    Field,
    Renyi,
    Sample,
    evaluate,
)
from keras_ib.measures.pairwise import blocks as pairwise
from keras_ib.measures.pairwise.blocks import Block, Pairs

MEASURES = (KDE(0.3), Binning(), AKDE(0.02))


def floats(found):
    return {
        name: {field: float(value) for field, value in fields.items()}
        for name, fields in found.items()
    }


def squared_distances(z, start=0, size=None):
    block = Block(Pairs(sample(z)), start, size or len(z))
    return ops.convert_to_numpy(block.z)


def test_together_is_each_alone(rng):
    rows = sample(rng.normal(size=(40, 3)), y=rng.integers(0, 3, 40))
    together = floats(evaluate(MEASURES, [rows])[0])
    assert list(together) == ["kde", "binning", "akde"]
    assert together == floats({m.name: m(rows) for m in MEASURES})


@pytest.mark.parametrize("num_rows", [1, 2, 8, 9, 15, 16, 17, 31])
def test_any_number_of_rows_in_blocks(monkeypatch, rng, num_rows):
    """Blocks of at most 8 rows give the numbers of one block."""
    z = rng.normal(size=(num_rows, 3))
    y = rng.integers(0, 2, num_rows)
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", 8)
    found = floats(evaluate([KDE(0.3)], [sample(z, y=y)])[0])["kde"]
    expected = oracle.kde(z, None, y, 0.3)
    for field, value in expected.items():
        np.testing.assert_allclose(found[field], value, atol=2e-6)


@pytest.mark.jax
@pytest.mark.parametrize("jit", [False, True])
def test_the_loop_compiles(monkeypatch, rng, jit):
    """Many blocks in one graph, under XLA, and on JAX: the same numbers."""
    z, x = rng.normal(size=(2, 43, 3)).astype("float32")
    y = rng.integers(0, 2, 43)
    measures = KDE(0.3), AKDE(0.02), Renyi(2), CauchySchwarz(), HSIC()
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", 8)
    rows = sample(z, x, y)

    def compute(z, data):
        sample = Sample(
            z,
            **data,
            y_class=data["y"],
            num_fit=rows.num_fit,
            variable=rows.variable,
        )
        return list(evaluate(measures, [sample])[0].values())

    function = runtime.backend.compiled(compute)
    if jit:
        tf = pytest.importorskip("tensorflow")
        function = tf.function(compute, autograph=False, jit_compile=True)
    data = {"x": ops.convert_to_tensor(x), "y": ops.convert_to_tensor(rows.y)}
    found = function(ops.convert_to_tensor(z), data)
    for fields, expected in zip(
        found,
        [
            oracle.kde(z, x, y, 0.3),
            oracle.akde(z, x, y, 0.02),
            oracle.renyi(z, x, y, 2),
            oracle.cauchy_schwarz(z, x, y),
            oracle.hsic(z, x, y),
        ],
        strict=True,
    ):
        fields = {field: float(fields[field]) for field in expected}
        assert fields == pytest.approx(expected, abs=5e-6)


def test_distances_are_made_once_for_all_measures(distance_blocks, rng):
    evaluate(MEASURES, [sample(rng.normal(size=(40, 3)))])
    assert distance_blocks == [(40, 40)]


class Broken(pairwise.Pairwise):
    """A measure that has no number for any row."""

    name = "broken"
    fields = {  # noqa: RUF012 - a constant of the class
        "none": Field("no number", "1", "estimate", "all")
    }

    def per_sample(self, block):
        return {"none": block.z[:, 0] * float("nan")}


def test_nan_of_one_measure_is_its_own(monkeypatch, rng):
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", 8)
    rows = sample(rng.normal(size=(30, 3)), y=rng.integers(0, 2, 30))
    (found,) = pairwise.pair_sums([Broken(), KDE(0.3)], [rows])
    assert np.isnan(float(found["broken"]["none"]))
    (expected,) = pairwise.pair_sums([KDE(0.3)], [rows])
    for name, value in expected["kde"].items():
        assert float(found["kde"][name]) == pytest.approx(
            float(value), rel=1e-6
        )


@pytest.mark.parametrize(("mean", "tolerance"), [(0, 1e-5), (1000, 1e-5)])
def test_large_means_survive(rng, mean, tolerance):
    z = (rng.normal(size=(50, 20)) + mean).astype("float32")
    expected = oracle.distances(z.astype("float64"))
    np.testing.assert_allclose(
        squared_distances(z), expected, rtol=tolerance, atol=1e-6
    )


def test_the_diagonal_is_zero_in_every_block(rng):
    z = 1e3 * rng.normal(size=(30, 500))
    block = squared_distances(z, start=7, size=11)
    assert np.all(block[np.arange(11), np.arange(7, 18)] == 0)
    assert np.all(block >= 0)
    assert np.count_nonzero(block == 0) == 11


@pytest.mark.parametrize("dim", [1, 10, 1000])
def test_equal_rows_have_no_distance_however_far_out(rng, dim):
    z = np.repeat(1e4 * rng.normal(size=(10, dim)), 4, axis=0)
    found = squared_distances(z.astype("float32"))
    assert np.count_nonzero(found == 0) == 10 * 4 * 4


def test_mean_distance_is_that_of_the_matrix(rng):
    z = rng.normal(size=(30, 4)) * [1, 2, 3, 4] + 5
    found = Pairs(sample(z)).z.mean_distance
    np.testing.assert_allclose(
        float(found), oracle.distances(z).mean(), rtol=1e-5
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_gives_nan(rng, bad):
    z = rng.normal(size=(20, 3))
    z[3, 1] = bad
    found = floats(evaluate(MEASURES, [sample(z)])[0])
    assert all(
        np.isnan(v) for fields in found.values() for v in fields.values()
    )
    assert all(np.isnan(float(v)) for v in KDE()(sample(z)).values())
