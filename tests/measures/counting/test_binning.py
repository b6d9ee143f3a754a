"""Fixed bins against exact tables, and the theorems that hold for counts."""

import numpy as np
import pytest

import keras_ib
from keras_ib.measures import Binning


def read(z, x, y, **arguments):
    measure = Binning(**arguments)
    return keras_ib.measure(z, x=x, y=y, measures=measure)["binning"]


def entropy(*columns):
    """Plug-in entropy of joint symbols, nats, with NumPy alone."""
    rows = np.column_stack([np.reshape(c, (len(c), -1)) for c in columns])
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    p = counts / counts.sum()
    return -np.sum(p * np.log(p))


def test_weights_of_a_half_and_two_quarters():
    """1.5 bits, of which the label tells 1."""
    cluster = np.repeat([0, 1, 2], [512, 256, 256])
    z = np.array([[0, 0], [0.9, 0], [0, 0.9]])[cluster]
    fields = read(z, cluster, (cluster > 0).astype(int))
    assert fields["i_xz"] == pytest.approx(1.5 * np.log(2), abs=1e-5)
    assert fields["i_zy"] == pytest.approx(np.log(2), abs=1e-5)


def test_an_injective_layer_reaches_the_ceiling():
    x = np.arange(4096)
    codes = (x[:, None] >> np.arange(12)) & 1
    fields = read(codes - 0.5, x, x % 2)
    assert fields["i_xz"] == pytest.approx(np.log(4096), abs=1e-5)
    assert fields["i_zy"] == pytest.approx(np.log(2), abs=1e-5)


def test_a_constant_layer_knows_nothing():
    fields = read(np.ones((512, 7)), np.arange(512), np.arange(512) % 2)
    assert fields["i_xz"] == pytest.approx(0, abs=1e-6)
    assert fields["i_zy"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("num_units", [1, 2, 3, 40])
@pytest.mark.parametrize("num_bins", [2, 5, 30])
def test_equals_counting_with_numpy(rng, num_units, num_bins):
    x = rng.integers(300, size=(1000, 1))
    hidden = rng.normal(size=(300, num_units))[x[:, 0]]
    z, y = np.tanh(hidden), x[:, 0] % 3
    fields = read(z, x, y, num_bins=num_bins)
    edges = np.linspace(-1, 1, num_bins + 1)[1:-1]
    codes = np.digitize(z.astype("float32"), edges.astype("float32"))
    expected = entropy(codes)
    assert fields["i_xz"] == pytest.approx(expected, abs=1e-4)
    expected += entropy(y) - entropy(codes, y)
    assert fields["i_zy"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("num_bins", [*range(2, 62, 2), 98])
def test_zero_lies_in_the_bin_that_starts_at_zero(num_bins):
    z = np.array([-1e-6, 0.0, -0.0, 1e-6] * 10)
    fields = read(z, np.arange(40) % 4, z < 0, num_bins=num_bins)
    assert fields["i_zy"] == pytest.approx(entropy(z < 0), abs=1e-6)
    assert fields["i_xz"] == pytest.approx(entropy(z < 0), abs=1e-6)


@pytest.mark.parametrize("num_units", [1, 2, 3])
def test_relu_equals_np_digitize(rng, num_units):
    z = np.maximum(0.3 * rng.normal(size=(1000, num_units)), 0)
    edges = np.linspace(-1, 1, 31)[1:-1].astype("float32")
    codes = np.digitize(z.astype("float32"), edges)
    found = read(z, np.arange(1000), np.arange(1000) % 2)["i_xz"]
    assert found == pytest.approx(entropy(codes), abs=1e-4)


@pytest.mark.parametrize(
    ("num_bins", "low", "high"), [(30, -1, 1), (7, 0, 3), (50, -0.3, 0.7)]
)
def test_a_value_on_an_edge_is_in_the_bin_that_begins_there(
    num_bins, low, high
):
    """Each edge is with what is a little larger, not a little smaller."""
    edges = np.linspace(low, high, num_bins + 1)[1:-1].astype("float32")
    z = np.concatenate([edges - 1e-6, edges, edges + 1e-6])
    codes = np.concatenate(
        [np.arange(num_bins - 1)] + 2 * [np.arange(1, num_bins)]
    )
    fields = read(z, codes, z * 0, num_bins=num_bins, low=low, high=high)
    assert fields["i_xz"] == pytest.approx(entropy(codes), abs=1e-5)


def test_noise_in_z_is_not_information_about_x(rng):
    """I(X;Z) = H(Z) - H(Z|X), also where Z is no function of X."""
    x = np.repeat(np.arange(4), 500)
    z = np.stack([x / 4, rng.integers(2, size=2000) / 2], axis=1)
    fields = read(z, x, x % 2, low=0, high=1)
    assert fields["i_xz"] == pytest.approx(np.log(4), abs=2e-3)


def test_values_outside_the_range_count_to_the_outer_bins():
    z = np.array([-9, -1, -0.9, 0.9, 1, 9] * 4)
    fields = read(z, z, np.zeros(24, int), num_bins=2)
    assert fields["i_xz"] == pytest.approx(np.log(2), abs=1e-6)


def test_values_outside_the_range_are_counted_and_warned_of():
    z = np.array([-1, 0, 0.5, 1] * 9 + [1.5, 2, -7, 0.1])
    with pytest.warns(UserWarning, match="8% of the values of Z lie outside"):
        fields = read(z, z, z > 0)
    assert fields["outside"] == pytest.approx(3 / 40, abs=1e-6)


def test_values_on_the_outer_edges_are_inside(recwarn):
    z = np.array([-1, 0, 0.5, 1] * 25 + [2.0])
    assert read(z, z, z > 0)["outside"] == pytest.approx(1 / 101, abs=1e-6)
    assert not recwarn.list


def test_coarser_bins_tell_no_more(rng):
    z = rng.uniform(-1, 1, size=(1000, 2))
    y = (z[:, 0] > 0).astype(int)
    values = [read(z, z, y, num_bins=2**k) for k in range(1, 6)]
    assert np.all(np.diff([v["i_xz"] for v in values]) >= -1e-5)
    assert np.all(np.diff([v["i_zy"] for v in values]) >= -1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_theorems(seed):
    """0 <= I(Z;Y) <= min(I(X;Z), H(Y)) and I(X;Z) <= log n."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(500, 3))
    z = np.tanh(x @ rng.normal(size=(3, 2)))
    y = rng.integers(5, size=500)
    fields = read(z, x, y, num_bins=8)
    order = rng.permutation(500)
    again = read(z[order], x[order], y[order], num_bins=8)
    renamed = read(z, x, (y + 2) % 5, num_bins=8)
    assert -1e-5 <= fields["i_zy"] <= fields["i_xz"] + 1e-5
    assert fields["i_zy"] <= entropy(y) + 1e-5
    assert fields["i_xz"] <= np.log(500) + 1e-5
    for other in (again, renamed):
        assert other == pytest.approx(fields, abs=1e-5)


@pytest.mark.parametrize(
    "arguments", [{"num_bins": 1}, {"low": 1.0, "high": 1.0}]
)
def test_refuses_bins_that_tell_nothing_apart(arguments):
    with pytest.raises(ValueError, match="at least 2 bins"):
        Binning(**arguments)


def test_the_config_makes_the_measure_again():
    measure = Binning(num_bins=7, low=0.0, high=3.0)
    assert Binning(**measure.get_config()) == measure
    assert Binning() != measure


def test_an_observed_range_is_that_of_z(rng):
    z = np.maximum(5 * rng.normal(size=(300, 2)), 0)
    found = read(z, z, z[:, 0] > 1, range="observed")
    given = read(z, z, z[:, 0] > 1, low=0.0, high=float(np.float32(z.max())))
    assert found.pop("low") == 0
    assert found.pop("high") == pytest.approx(z.max(), rel=1e-6)
    assert found == pytest.approx(given, abs=1e-6)
    assert found["outside"] == 0


def test_an_observed_range_of_a_constant_layer_tells_nothing():
    found = read(np.full(40, 3.0), np.arange(40), None, range="observed")
    assert found["i_xz"] == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="observed is not given"):
        Binning(low=0.0, range="observed")
