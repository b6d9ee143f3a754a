"""Wide X: random signs without a constant, and decoders in blocks."""

from keras import ops
from measures import oracle
from measures.samples import read, sample
import numpy as np
import pytest

from keras_ib import runtime
from keras_ib.measures import ZX, ZY, Descent
from keras_ib.measures.sample import values
from keras_ib.measures.sample.values import Values, random_signs


@pytest.fixture
def wide(rng):
    """Z of six units and X of 300 columns of very different sizes."""
    x = rng.normal(size=(60, 20)) @ rng.normal(size=(20, 300))
    x = x * np.geomspace(1, 30, 300) + 100
    x[:, 7] = 3.0
    z = np.tanh(x[:, 1:7] - 100 + rng.normal(size=(60, 6)))
    return z.astype("float32"), x.astype("float32")


@pytest.mark.jax
def test_signs_are_the_same_bits_everywhere():
    """Those of a hash in NumPy's uint64, eagerly and compiled."""
    columns = np.arange(5000, dtype="int32")
    expected = oracle.signs(5000)
    for function in (random_signs, runtime.backend.compiled(random_signs)):
        found = ops.convert_to_numpy(function(ops.convert_to_tensor(columns)))
        np.testing.assert_array_equal(found, expected)


def test_signs_are_fair_and_unrelated():
    found = oracle.signs(4096)
    assert abs(found.mean()) < 0.01
    related = np.corrcoef(found.T) - np.eye(128)
    assert np.abs(related).max() < 6 / 4096**0.5


@pytest.mark.parametrize("block", [4096, 128, 77])
@pytest.mark.parametrize("compiled", [False, True])
def test_blocks_of_any_size_give_the_numbers(
    monkeypatch, wide, block, compiled
):
    """Also where the last block ends with columns of the one before it."""
    monkeypatch.setattr(values, "BLOCK_COLUMNS", block)
    z, x = wide
    for measure, truth in (
        (ZX(), oracle.zx),
        (ZX(scale="columns"), oracle.zx_columns),
        (Descent((10, 100)), lambda *a: oracle.zx_descent(*a, (10, 100))),
    ):

        def compute(z, x, measure=measure):
            return measure(sample_of(z, x))

        def sample_of(z, x):
            made = sample(np.zeros((60, 1)), np.zeros((60, 1)))
            return type(made)(
                z, x, num_fit=30, operations=runtime.backend.operations()
            )

        if compiled:
            compute = runtime.backend.compiled(compute)
        found = compute(*map(ops.convert_to_tensor, (z, x)))
        expected = truth(z.astype("float64"), x.astype("float64"), None)
        found = {
            field: float(value)
            for field, value in found.items()
            if not measure.fields[field].is_check
        }
        assert found == pytest.approx(expected, rel=5e-3)


@pytest.mark.jax
def test_columns_of_any_scale_have_the_same_weight(rng):
    """The second column is nothing beside the first one, and all of Z."""
    x = rng.normal(size=(400, 2)) * [1e4, 1.0]
    z = x[:, 1:].copy()
    assert read(ZX(), z, x)["fvu"] > 0.98
    found = read(ZX(scale="columns"), z, x)
    assert found["fvu"] == pytest.approx(0.5, abs=0.06)
    # A column that is constant in the fit samples is left out.
    constant = np.concatenate([x, np.full((400, 1), 7.0)], axis=1)
    constant[300:, 2] = 8.0
    again = read(ZX(scale="columns"), z, constant)
    assert again == pytest.approx(found, rel=1e-4)


def test_columns_have_a_name_of_their_own():
    assert ZX(scale="columns").name == "zx_columns"
    assert ZX("kernel", scale="columns").name == "zx_kernel_columns"
    assert ZX(scale="columns") != ZX()
    with pytest.raises(ValueError, match="Received: scale='rows'"):
        ZX(scale="rows")


def test_no_more_than_a_block_is_mixed_at_once(monkeypatch, rng):
    shapes = []
    original = Values.block

    def counted(self, place):
        block = original(self, place)
        shapes.append(tuple(block.shape))
        return block

    monkeypatch.setattr(values, "BLOCK_COLUMNS", 128)
    monkeypatch.setattr(Values, "block", counted)
    read(ZX(), rng.normal(size=(20, 2)), rng.normal(size=(20, 1000)))
    assert set(shapes) == {(20, 128)}


@pytest.mark.parametrize("block", [4096, 5])
def test_columns_count_that_hold_something_of_their_own(
    monkeypatch, rng, block
):
    """Not constants, as borders of images are, nor what is there again."""
    monkeypatch.setattr(values, "BLOCK_COLUMNS", block)
    x = rng.normal(size=(50, 4))
    x = np.c_[x, x[:, :1], np.ones((50, 6)), -3 * x[:, 1:3], np.sign(x)]
    found = Values(ops.convert_to_tensor(x.astype("float32")), 25)
    assert float(found.num_distinct) == 8


def test_usable_information_does_not_grow_with_what_is_there_already(rng):
    x = rng.normal(size=(400, 4))
    z = x[:, :3] + 0.6 * rng.normal(size=(400, 3))
    alone = read(ZX(), z, x)["usable"]
    for more in (np.ones((400, 20)), np.c_[x, 2 * x], 7 - x):
        assert read(ZX(), z, np.c_[x, more])["usable"] == pytest.approx(
            alone, abs=1e-4
        )
    assert read(ZX("kernel"), x, np.zeros((400, 3)))["usable"] == 0


@pytest.mark.parametrize("ratio", [1e-1, 1e-4])
def test_the_resolution_that_was_reached_is_said(rng, ratio):
    x = rng.normal(size=(200, 3)).astype("float32")
    rows = sample(x * [1, 0, ratio], x, x[:, 0] > 0)
    for measure in (ZX(), ZX("whitened"), Descent(), ZY()):
        found = float(measure(rows)["resolution"])
        assert found == pytest.approx(ratio, rel=0.2)
