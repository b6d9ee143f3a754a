"""Sliced: closed forms, the slices themselves, and what they reduce to."""

import json

from keras import ops
from measures import oracle
from measures.samples import read, sample
import numpy as np
import pytest

from keras_ib.measures import KSG, Sliced
from keras_ib.measures.pairwise.sliced import directions


@pytest.fixture
def rows(rng):
    """Z of five units, X of three numbers, and Y of two classes."""
    x = rng.normal(size=(50, 3)).astype("float32")
    z = np.tanh(x @ rng.normal(size=(3, 5))).astype("float32")
    return z, x, (x[:, 0] > 0) * 1


@pytest.mark.parametrize("dim", [1, 2, 9])
@pytest.mark.parametrize("max_rows", [30, 512])
def test_agrees_with_the_oracle(rows, dim, max_rows):
    """`max_rows` stands for the first rows alone."""
    found = read(Sliced(5, dim, 2, max_rows), *rows)
    expected = oracle.sliced(*rows, 5, dim, 2, max_rows)
    assert found == pytest.approx(expected, abs=2e-5)


def test_normal_numbers():
    """Two pairs of correlation .75: -log((1 + sqrt(1 - rho**2)) / 2).

    The mean over an angle of -log(1 - rho**2 cos**2) / 2. KSG of 1,000 rows
    adds its own error to that of the slices.
    """
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 1000, 2))
    z = 0.75 * x + (1 - 0.75**2) ** 0.5 * noise
    truth = 0.18546379178782058
    found = read(Sliced(max_rows=1000), z, x, x[:, 0] > 0)
    assert 0.01 < found["i_xz_se"] < 0.03
    assert found["i_xz"] == pytest.approx(truth, abs=3 * found["i_xz_se"])


def test_closed_form_of_the_slices():
    """The directions alone, without rows: the same mean within its error."""
    z, x = (directions(2, 1, 4000, seed)[:, :, 0] for seed in (0, 1))
    cosine = np.sum(z * x, axis=1)
    values = -np.log(1 - 0.75**2 * cosine**2) / 2
    error = float(values.std()) / 4000**0.5
    assert values.mean() == pytest.approx(0.18546379178782058, abs=3 * error)


def test_directions_are_orthonormal():
    frames = directions(7, 3, 20, seed=0)
    products = np.swapaxes(frames, 1, 2) @ frames
    np.testing.assert_allclose(
        products, np.tile(np.eye(3), (20, 1, 1)), atol=1e-6
    )


def test_directions_are_fixed_and_those_of_x_are_others():
    first, again, other = (directions(4, 2, 6, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(np.sum(first * other, axis=1)).max() < 0.99


@pytest.mark.jax
def test_all_dimensions_are_the_whole(rows):
    """Turned rows only: each slice has the information of all, the error 0."""
    whole = read(KSG(standardise=False), *rows)
    found = read(Sliced(4, num_dimensions=5, standardise=False), *rows)
    for name, value in whole.items():
        assert found[name] == pytest.approx(value, abs=1e-5)
        assert found[f"{name}_se"] == pytest.approx(0, abs=1e-5)


def test_a_column_of_noise_hides_nothing_by_its_scale(rng):
    w, noise = rng.normal(size=(2, 300, 1))
    few = Sliced(16)
    first, *others = (
        read(few, np.hstack([w, s * noise]), w)["i_xz"] for s in (1, 30, 1000)
    )
    assert others == pytest.approx([first] * 2, abs=1e-3)
    assert first > 0.5


def test_one_column_each_is_the_plain_estimate(rows):
    z, x, y = rows
    whole = read(KSG(), z[:, :1], x[:, :1], y)
    found = read(Sliced(4), z[:, :1], x[:, :1], y)
    assert found["i_xz"] == pytest.approx(whole["i_xz"], abs=1e-5)
    assert found["i_zy"] == pytest.approx(whole["i_zy"], abs=1e-5)


def test_independence_is_near_zero():
    rng = np.random.default_rng(0)
    z, x = rng.normal(size=(2, 400, 3))
    found = read(Sliced(32), z, x, rng.integers(0, 2, 400))
    assert abs(found["i_xz"]) < 4 * found["i_xz_se"] + 0.01
    assert abs(found["i_zy"]) < 4 * found["i_zy_se"] + 0.01


@pytest.mark.parametrize("dim", [40, 3000])
def test_equal_rows_stay_equal_in_every_slice(rng, dim):
    """Each row three times, in three places: ties, which KSG counts."""
    once, x = rng.normal(size=(17, dim)), rng.normal(size=(51, 2))
    z = np.concatenate([once] * 3).astype("float32")
    rows = sample(z)
    slices = ops.convert_to_numpy(Sliced(8).slices(rows.centred, seed=0))
    np.testing.assert_array_equal(slices[:, :17], slices[:, 17:34])
    np.testing.assert_array_equal(slices[:, :17], slices[:, 34:])
    y = np.arange(51) % 17 % 2
    expected = oracle.sliced(z, x, y, 8)
    assert read(Sliced(8), z, x, y) == pytest.approx(expected, abs=1e-4)


def test_a_constant_layer_tells_nothing(rows):
    _, x, y = rows
    found = read(Sliced(4), np.full((50, 6), 1e4), x, y)
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=2e-6)


def test_the_ceiling_is_that_of_the_rows_that_are_used():
    fields = Sliced(max_rows=100).fields
    assert fields["i_xz"].ceiling(2048, 1024, 1.0) == np.log(100)
    assert fields["i_zy"].ceiling(2048, 1024, 0.5) == 0.5
    assert fields["i_xz_se"].ceiling(2048, 1024, 1.0) is None


def test_configuration_is_the_measure():
    measure = Sliced(8, 2, 4, 100)
    config = json.loads(json.dumps(measure.get_config()))
    assert Sliced(**config) == measure


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_slices": 1},
        {"num_dimensions": 0},
        {"num_neighbours": 0},
        {"max_rows": 1},
    ],
)
def test_refuses_arguments_without_meaning(arguments):
    name, value = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=f"{name}={value}"):
        Sliced(**arguments)
