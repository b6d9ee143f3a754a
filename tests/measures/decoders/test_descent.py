"""Decoders that gradient descent stopped early, and a whitened Z."""

import numpy as np
import pytest

import keras_ib
from keras_ib.measures import ZX, ZY, Descent


def scaled(rng, ratio, num_rows=2000, dim=16):
    """X, and a Z that is X with columns of very different sizes."""
    x = rng.normal(size=(num_rows, dim))
    return x, x * np.geomspace(1, ratio, dim)


def test_a_decoder_in_training_misses_small_directions(rng):
    x, z = scaled(rng, 0.03)
    found = keras_ib.measure(z, x=x, measures=["zx", Descent((10, 100, 3000))])
    assert found["zx"]["fvu"] < 1e-3
    *values, resolution = found["zx_descent"].values()
    assert resolution == pytest.approx(0.03, rel=0.1)
    # A direction of variance v is missed by the share (1 - v)^T, squared.
    v = np.geomspace(1, 0.03, 16) ** 2
    expected = [np.mean((1 - v / v[0]) ** (2 * t)) for t in (10, 100, 3000)]
    assert values == pytest.approx(expected, abs=0.02)


def test_descent_of_a_well_conditioned_z_is_done_at_once(rng):
    x, z = scaled(rng, 1)
    found = keras_ib.measure(z, x=x, measures=[Descent((30,))])
    assert found["zx_descent"]["fvu_at_30"] < 0.01


@pytest.mark.jax
def test_whitening_undoes_every_linear_map_of_full_rank(rng):
    x = rng.normal(size=(1000, 6)) @ rng.normal(size=(6, 6))
    z = np.tanh(x) + 0.3 * rng.normal(size=(1000, 6))
    turn = rng.normal(size=(6, 6)) * np.geomspace(1, 0.1, 6)
    before, after = (
        keras_ib.measure(rows, x=x, measures=[ZX("whitened")])["zx_whitened"]
        for rows in (z, z @ turn + 5)
    )
    assert after["fvu"] == pytest.approx(before["fvu"], rel=1e-3)


@pytest.mark.parametrize("shape", [(1797, 64), (1000, 1000), (1000, 600)])
@pytest.mark.parametrize("measure", ["zx", "zx_kernel"])
def test_what_is_unrelated_is_not_decoded(rng, measure, shape):
    # Decoders that fit every sample by itself must not seem good ones.
    z = rng.integers(0, 17, shape)
    x = rng.normal(size=(shape[0], 16))
    found = keras_ib.measure(z, x=x, measures=[measure])[measure]
    assert found["fvu"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    # Of 1,000 rows, half of them to fit: the excess error of least squares.
    ("width", "fvu"),
    [(50, 1 + 50 / 450), (250, 1 + 250 / 250), (5000, 1 + 500 / 4500)],
)
def test_whitened_noise_costs_what_least_squares_costs(rng, width, fvu):
    z = rng.normal(size=(1000, width))
    x = rng.normal(size=(1000, 16))
    found = keras_ib.measure(z, x=x, measures=["zx_whitened"])["zx_whitened"]
    assert found["fvu"] == pytest.approx(fvu, rel=0.1)


def test_zy_is_not_whitened():
    with pytest.raises(ValueError, match="'linear', 'kernel', 'network'"):
        ZY("whitened")


@pytest.mark.parametrize("steps", [(), (0, 10), (10, 10), (100, 10), (1.5,)])
def test_no_training_is_refused(steps):
    with pytest.raises(ValueError, match=r"steps above 0|Not an integer"):
        Descent(steps)
