"""Similarity: known answers of linear CKA, and Song's formula in float64."""

from measures import oracle
from measures.samples import sample
import numpy as np
import pytest

from keras_ib import measure
from keras_ib.measures import Similarity
from keras_ib.measures.geometry import similarity


def cka(*taps):
    found = Similarity().compare([sample(tap) for tap in taps])
    return np.asarray(found, "float64")


@pytest.mark.jax
def test_known_answers(rng):
    """Rotation, scale and offset: 1; independent ones of any width: 0."""
    z = rng.normal(size=(500, 100))
    turn = np.linalg.qr(rng.normal(size=(100, 100)))[0]
    wide, wider = (rng.normal(size=(500, 1000)) for _ in range(2))
    found = cka(z, 3 * z @ turn + 7, wide, wider, np.full((500, 3), 0.1))
    assert found[:2, :2] == pytest.approx(1, abs=1e-6)
    assert np.diag(found)[:4] == pytest.approx(1, abs=1e-6)
    # One draw has a standard error of sqrt(2) / n.
    np.testing.assert_array_less(abs(found[:3, 3]), 3 * 2**0.5 / 500)
    # Where the plain estimate has d / (d + n).
    grams = [a @ a.T for a in (wide, wider)]
    biased = oracle.biased_hsic(*grams) / np.sqrt(
        np.prod([oracle.biased_hsic(g, g) for g in grams])
    )
    assert biased == pytest.approx(1000 / 1500, abs=0.01)
    # A constant tap says nothing.
    assert not found[4].any()


@pytest.mark.parametrize("shapes", [(3, 7), (200, 2), (1, 40)])
@pytest.mark.parametrize("offset", [0, 1e3])
def test_agrees_with_the_oracle(rng, shapes, offset):
    x = rng.normal(size=(60, 5))
    z, w = (
        (np.maximum(x @ rng.normal(size=(5, d)), 0) + offset).astype("float32")
        for d in shapes
    )
    found = cka(z, w)
    assert found[0, 1] == found[1, 0]
    assert found[0, 1] == pytest.approx(oracle.cka(z, w), abs=3e-5)


@pytest.mark.parametrize("d", [100, 1000])
def test_width_is_no_likeness(rng, d):
    found = cka(*(rng.normal(size=(500, d)) for _ in range(6)))
    assert abs(found[np.triu_indices(6, 1)].mean()) < 0.004


def test_is_zero_in_the_mean_where_nothing_is_shared(rng):
    """Of eight samples, one pair is off by a third; 435 pairs are not."""
    found = cka(*(rng.normal(size=(8, 4)) for _ in range(30)))
    found = found[np.triu_indices(30, 1)]
    error = np.std(found) / len(found) ** 0.5
    assert abs(np.mean(found)) < 3 * error < 0.1


def test_many_rows_are_looked_at_evenly(rng, monkeypatch):
    monkeypatch.setattr(similarity, "MAX_ROWS", 10)
    z, w = rng.normal(size=(25, 3)), rng.normal(size=(25, 2))
    assert cka(z, w)[0, 1] == pytest.approx(
        oracle.cka(z[::3], w[::3]), abs=1e-5
    )


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_sees_no_scale_and_what_is_not_finite_is_nan_alone(rng, scale):
    z = rng.normal(size=(30, 3))
    broken = z.copy()
    broken[4, 1] = np.inf
    found = cka(z, scale * z, broken)
    assert found[:2, :2] == pytest.approx(1, abs=1e-6)
    assert np.isnan(found[2]).all()


def test_one_array_is_refused(rng):
    with pytest.raises(ValueError, match="compares the taps of a model"):
        measure(rng.normal(size=(20, 3)), measures=["similarity"])
