"""Theorems of information, for every measure for which they hold."""

from keras import ops
from measures.samples import read
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import MEASURES, Noisy
from keras_ib.measures.counting.symbols import entropy

SEEDS = range(5)
# Their symbols, or their noise, stand between X and what is read.
CHANNELS = ("binning", "ebab", "quantized", "kde", "akde", "noisy")
# See Z by its distances or its span alone.
RIGID = ("zx", "zy", "zx_kernel", "zy_kernel", "kde", "renyi", "cs", "hsic")


def rows(seed, num_rows=90):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(num_rows, 4)).astype("float32")
    z = np.tanh(x @ rng.normal(size=(4, 3))).astype("float32")
    return z, x, (x[:, 0] > 0) + (x[:, 1] > 0.5) * 1


def symbols(rng, count, num_rows=200):
    return rng.integers(count, size=num_rows).astype("int32")


def exact(*columns):
    return float(entropy(*map(ops.convert_to_tensor, columns)))


@pytest.mark.parametrize("seed", SEEDS)
def test_chain_rule(seed):
    """H(A, B) = H(A) + H(B | A), the latter class by class."""
    rng = np.random.default_rng(seed)
    a = symbols(rng, 4)
    b = (a + symbols(rng, 3)) % 5
    given = sum(np.mean(a == c) * exact(b[a == c]) for c in np.unique(a))
    assert exact(a, b) == pytest.approx(exact(a) + given, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_conditioning_tells_no_less_than_nothing(seed):
    """I(A;B) >= 0, and what is made of B alone tells no more of A."""
    rng = np.random.default_rng(seed)
    a = symbols(rng, 4)
    b = (a + symbols(rng, 3)) % 5

    def information(b):
        return exact(a) + exact(b) - exact(a, b)

    assert -1e-5 <= information(b // 2) <= information(b) + 1e-5
    assert information(b) <= min(exact(a), exact(b)) + 1e-5


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_label_is_a_function_of_the_input(name, seed):
    """Y - X - Z: Z tells no more of Y than of X, and no less than nothing."""
    z, x, y = rows(seed)
    measure = Noisy(("additive", 0.3)) if name == "noisy" else MEASURES[name]
    found = read(measure, z, x, y)
    for field in found:
        if field.startswith("i_zy") and not field.endswith("se"):
            of_x = found[field.replace("zy", "xz")]
            noise = 3 * found.get("i_xz_se", 0)
            assert -1e-5 - noise <= found[field] <= of_x + 1e-5 + noise


@pytest.mark.parametrize("seed", SEEDS)
def test_more_noise_tells_less(seed):
    z, x, y = rows(seed)
    found = [
        read(Noisy(("additive", stddev)), z, x, y)["i_xz"]
        for stddev in (0.01, 0.1, 0.3, 1.0, 10.0)
    ]
    assert np.all(np.diff(found) < 0)


@pytest.mark.parametrize("name", RIGID)
@pytest.mark.parametrize("seed", SEEDS)
def test_rotations_and_shifts_change_nothing(name, seed):
    z, x, y = rows(seed)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    before = read(MEASURES[name], z, x, y)
    after = read(MEASURES[name], (z @ turn + 5).astype("float32"), x, y)
    assert after == pytest.approx(before, rel=5e-3, abs=5e-3)


@pytest.mark.parametrize("name", ["renyi", "logdet", "cs", "ksg", "sliced"])
def test_independent_rows_tell_little(name):
    """For measures that do not tell rows of X apart by themselves."""
    rng = np.random.default_rng(0)
    z, x = rng.normal(size=(2, 1000, 2))
    found = keras_ib.measure(
        z, x, (x[:, 0] > 0).astype(int), measures=MEASURES[name]
    )[name]
    assert abs(found["i_xz"]) < 0.06
    assert abs(found["i_zy"]) < 0.06
