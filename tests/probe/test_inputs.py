"""What Z-X reads of inputs of every type."""

import numpy as np
import pytest

from keras_ib import probe
from keras_ib.probe.inputs import centred_float32
from keras_ib.probe.symbols import embedded

pytestmark = pytest.mark.jax

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6)).astype("float32")
Y = np.arange(400) % 2


def draw(x, **more):
    (drawn,) = probe.draw_all((x, Y), size=400, seed=0, **more).values()
    return drawn


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float64", "M8[s]"])
def test_far_from_zero_nothing_is_lost(dtype):
    steps = RNG.permutation(400)[:, None]
    drawn = draw((1_700_000_000 + steps).astype(dtype))
    found = drawn.x_values[:, 0] - drawn.x_values[0, 0]
    expected = steps[drawn.rows, 0] - steps[drawn.rows[0], 0]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert drawn.x_values.dtype == "float32"


def test_centred_float32():
    a = RNG.normal(size=(100, 3))
    found = centred_float32(1e8 + a, 50)
    np.testing.assert_allclose(found, a - a[:50].mean(axis=0), atol=1e-6)
    extremes = np.array([[-(2**63)], [2**63 - 1], [0]])
    np.testing.assert_allclose(
        centred_float32(extremes, 2)[:, 0], [-(2**63), 2**63, 0], atol=1
    )
    assert centred_float32(a + 1j * a, 50).shape == (100, 3, 2)


def test_lossless_keeps_what_float32_holds():
    for dtype in ("float32", "float16", "uint8"):
        array = (100 * X).astype(dtype)
        assert probe.lossless(array, 200) is array


def test_missing_values_stay_for_the_model():
    x = X.copy()
    x[::7, 2] = np.nan
    x[5, 4] = np.inf
    with pytest.warns(probe.ProbeWarning, match="2 of 6 columns of X"):
        drawn = draw(x)
    np.testing.assert_array_equal(drawn.x, x[drawn.rows])
    np.testing.assert_array_equal(
        drawn.x_values, x[drawn.rows][:, [0, 1, 3, 5]]
    )
    x = np.where(RNG.random(X.shape) < 0.05, np.nan, X)
    with pytest.warns(probe.ProbeWarning, match="6 of 6"):
        drawn = draw(x)
    assert drawn.x_values is None


def test_one_column_of_most_variance_is_warned_of():
    x = X.copy()
    x[:, 3] = RNG.integers(0, 100_000, 400)
    with pytest.warns(probe.ProbeWarning, match=r"Column 3 .*scale=.columns"):
        draw(x)
    draw(X)
    draw(1000 * X[:, :1])


def test_strings_are_symbols_and_stay_for_the_model():
    x = RNG.choice(["ant", "bee", "cat"], (400, 5))
    drawn = draw({"a": x, "b": X})
    assert drawn.x["a"].dtype.kind == "U"
    assert drawn.x_values.shape == (400, 5 * 8 + 6)
    config = drawn.get_config()["x"]
    assert config["kind"] == "mixed"
    assert [one["kind"] for one in config["inputs"]] == ["symbols", "values"]
    assert any("random embedding" in note for note in drawn.notes)


def test_ids_are_symbols_where_the_model_says_so():
    x = RNG.integers(0, 50, (400, 10))
    drawn = draw({"a": x, "b": X}, symbols={"a": True, "b": False})
    assert drawn.x_values.shape == (400, 80 + 6)
    assert draw(x, symbols=True).x_values.shape == (400, 80)
    assert draw(x).x_values.shape == (400, 10)


def test_an_embedding_is_a_hash_of_the_symbol():
    ids = RNG.integers(0, 50, (100, 3))
    few = embedded(ids[:10])
    np.testing.assert_array_equal(embedded(ids)[:10], few)
    np.testing.assert_array_equal(embedded(ids.astype("float32"))[:10], few)
    assert not np.array_equal(embedded(ids, seed=1)[:10], few)
    bytes_ = np.array([b"a", b"b"] * 8, object)
    np.testing.assert_array_equal(
        embedded(bytes_), embedded(np.array(["a", "b"] * 8))
    )


def test_an_embedding_is_normal_and_of_bounded_width():
    vectors = embedded(np.arange(5000))
    assert vectors.shape == (5000, 8)
    assert np.abs(vectors.mean(axis=0)).max() < 0.06
    np.testing.assert_allclose(vectors.T @ vectors / 5000, np.eye(8), atol=0.07)
    for positions, width in ((64, 512), (100, 500), (512, 512), (2000, 512)):
        ids = RNG.integers(0, 1000, (50, positions))
        assert embedded(ids).shape == (50, width)
        assert np.std(embedded(ids)) == pytest.approx(1, abs=0.1)


def test_texts_are_words():
    texts = np.array(["the cat sat", "the dog", "a cat"] * 10)
    found = embedded(texts)
    assert found.shape == (30, 24)
    np.testing.assert_array_equal(found[0, :8], found[1, :8])
    assert not np.array_equal(found[0, 8:16], found[1, 8:16])


def test_batches_are_joined():
    batches = [
        (
            {"a": np.ones((2, 3)), "b": np.array(["x", "y"])},
            np.ones((2, 3), int),
        ),
        ({"a": np.ones((1, 5)), "b": np.array(["long"])}, np.ones((1, 5), int)),
    ]
    notes = probe.Notes()
    x, y = probe.joined(batches, notes=notes)
    assert x["a"].tolist() == [[1, 1, 1, 0, 0]] * 2 + [[1] * 5]
    assert x["b"].tolist() == ["x", "y", "long"]
    assert y.tolist() == [[1, 1, 1, -1, -1]] * 2 + [[1] * 5]
    assert len(notes.texts) == 1
    x, y = probe.joined([(X, None), (X, None)], limit=450)
    assert x.shape == (450, 6)
    assert y is None
