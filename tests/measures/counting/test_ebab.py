"""EBAB: equal counts of distinct values, blind to increasing maps."""

from keras import ops
from measures import oracle
from measures.samples import sample
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import EBAB


def codes(z, **arguments):
    return ops.convert_to_numpy(EBAB(**arguments).codes(sample(z)))


def measured(z, x, y, **arguments):
    return keras_ib.measure(z, x, y, measures=EBAB(**arguments))["ebab"]


def test_one_neuron_of_3000_values_has_log_30():
    z = np.random.default_rng(0).normal(size=(3000, 1))
    found = measured(z, np.arange(3000.0), np.arange(3000) % 2)
    np.testing.assert_allclose(
        found["i_xz"] / np.log(2), 4.906890595608519, rtol=1e-6
    )


@pytest.mark.parametrize("num_values", [1, 2, 7, 30, 31, 59, 60, 1000])
def test_bins_hold_equal_counts_of_distinct_values(rng, num_values):
    """Counts of distinct values per bin differ by at most one."""
    values = np.sort(rng.normal(size=num_values)).astype("float32")
    z = rng.permutation(np.repeat(values, rng.integers(1, 4, num_values)))
    found = codes(z[:, None])[:, 0]
    per_bin = [len(np.unique(z[found == b])) for b in np.unique(found)]
    assert len(per_bin) == min(30, num_values)
    assert max(per_bin) - min(per_bin) <= 1
    # Ties never split, and the order is kept.
    assert all(len(set(found[z == v])) == 1 for v in values)
    assert np.all(np.diff(found[np.argsort(z)]) >= 0)


@pytest.mark.parametrize("seed", range(10))
def test_is_invariant_under_increasing_maps(seed):
    """The codes of f(Z) are those of Z for strictly increasing f."""
    rng = np.random.default_rng(seed)
    ranks = rng.integers(0, rng.integers(2, 400), (60, rng.integers(1, 9)))
    levels = [
        np.unique((rng.normal(size=900) * 10.0**k).astype("float32"))[:400]
        for k in (-3, 0, 4)
    ]
    first, *others = [codes(level[ranks], num_bins=11) for level in levels]
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["relu", "tanh", "integers", "few"])
def test_agrees_with_the_oracle(seed, kind):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(90, 3)).astype("float32")
    z = {
        "relu": np.maximum(z, 0),
        "tanh": np.tanh(z),
        "integers": np.round(z),
        "few": np.where(z > 2, z, 0),
    }[kind]
    x, y = rng.integers(0, 70, 90), rng.integers(0, 3, 90)
    for num_bins in (4, 30):
        for edges, reference in [
            ("unique", oracle.ebab),
            ("chelombiev", oracle.ebab_published),
        ]:
            if kind in ("tanh", "integers") and edges == "chelombiev":
                continue
            found = measured(z, x, y, num_bins=num_bins, edges=edges)
            expected = reference(z, x, y, num_bins)
            for field in expected:
                np.testing.assert_allclose(
                    found[field], expected[field], atol=1e-5
                )


def test_published_edges_without_a_least_value(rng):
    z = np.tanh(rng.normal(size=(200, 2))).astype("float32")
    x, y = np.arange(200), rng.integers(0, 2, 200)
    found = measured(z, x, y, num_bins=4, edges="chelombiev", low=-1.000001)
    expected = oracle.ebab_published(z, x, y, 4, -1.000001)
    np.testing.assert_allclose(
        list(found.values()), list(expected.values()), atol=1e-5
    )


def test_published_edges_set_zero_and_the_maximum_apart():
    z = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7])[:, None]
    found = codes(z, num_bins=2, edges="chelombiev")[:, 0]
    assert found.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 3]


def test_negative_zero_is_zero():
    found = codes([[-0.0], [0.0], [1.0]])
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("edges", ["unique", "chelombiev"])
def test_an_all_zero_layer_tells_nothing(edges):
    found = measured(
        np.zeros((20, 3)), np.arange(20), np.arange(20) % 2, edges=edges
    )
    assert found == {"i_xz": 0, "i_zy": 0}


def test_refuses_what_is_no_rule():
    with pytest.raises(ValueError, match="num_bins=1"):
        EBAB(num_bins=1)
    with pytest.raises(ValueError, match="edges='equal'"):
        EBAB(edges="equal")
