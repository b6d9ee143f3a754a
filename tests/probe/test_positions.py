"""A class a position: read where the axes of a tap are those of the labels."""

import keras
import numpy as np
import pytest

from keras_ib import probe

pytestmark = pytest.mark.jax

N = 60
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 16, 16, 1)).astype("float32")
MASKS = (X[..., 0] > 0).astype(int) + (X[..., 0] > 1)
SPARSE = keras.losses.SparseCategoricalCrossentropy()


def target(y, x=X, loss=SPARSE, **more):
    drawn = probe.draw_all((x, y), size=N, seed=0, loss=loss, **more)["probe"]
    return drawn.targets["y"], drawn


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (MASKS, SPARSE),
        (MASKS[..., None], SPARSE),
        (MASKS[..., None].astype("float32"), SPARSE),
        (MASKS + 1, None),
        (np.eye(3)[MASKS], "categorical_crossentropy"),
        (np.eye(3)[MASKS] * 0.8 + 0.2 / 3, "categorical_crossentropy"),
    ],
)
def test_segmentation(y, loss):
    found, drawn = target(y, loss=loss)
    assert found.positions == (16, 16)
    assert found.variable.num_classes == 3
    assert found.y_class is None
    np.testing.assert_array_equal(found.y, MASKS[drawn.rows])
    assert drawn.num_classes is None


@pytest.mark.parametrize("shape", [(16, 16), (8, 8), (4, 16), (256,)])
def test_positions_of_a_tap(shape):
    found, drawn = target(MASKS)
    sample = found.at((N, *shape, 5), size=200, seed=1)
    assert sample.num_rows == 200
    assert sample.num_fit == 100
    assert (sample.index[0][:100] < drawn.num_fit).all()
    assert (sample.index[0][100:] >= drawn.num_fit).all()
    assert len(set(zip(*sample.index, strict=True))) == 200
    masks = MASKS[drawn.rows]
    if shape == (256,):
        expected = masks.reshape(N, -1)[sample.index]
    else:
        rows, *at = sample.index
        steps = [16 // size for size in shape]
        at = [a * s + s // 2 for a, s in zip(at, steps, strict=True)]
        expected = masks[rows, at[0], at[1]]
    np.testing.assert_array_equal(sample.y, expected)
    again = found.at((N, *shape, 5), size=200, seed=1)
    np.testing.assert_array_equal(sample.index, again.index)


@pytest.mark.parametrize(
    "z_shape", [(N, 5), (N, 5, 5, 3), (N, 32, 32, 3), (N, 1, 1, 3), (N, 4, 3)]
)
def test_other_taps_are_left_out(z_shape):
    assert target(MASKS)[0].at(z_shape) is None


def test_padding_is_never_looked_at():
    y = RNG.integers(0, 5, (N, 12))
    y[:, 8:] = -1
    x = RNG.integers(0, 50, (N, 12))
    found, _ = target(y, x)
    sample = found.at((N, 12, 4), size=10**6)
    assert sample.num_rows == N * 8
    assert sample.index[1].max() == 7
    ignoring = keras.losses.SparseCategoricalCrossentropy(ignore_class=4)
    found, _ = target(y, x, loss=ignoring)
    assert found.variable.num_classes == 4
    assert found.at((N, 12, 4), size=10**6).num_rows == (y[:, :8] < 4).sum()


def test_tokens_and_one_hot_sequences():
    y = RNG.integers(0, 40, (N, 12))
    x = RNG.integers(0, 50, (N, 12))
    for loss in (SPARSE, None):
        assert target(y, x, loss)[0].positions == (12,)
    one_hot = np.eye(40)[y]
    one_hot[:, 10:] = 0  # padded
    found, _ = target(one_hot, x, "categorical_crossentropy")
    np.testing.assert_array_equal(found.y[:, :10] >= 0, True)
    np.testing.assert_array_equal(found.y[:, 10:], -1)
    assert target(y.astype(str), x)[0].positions == (12,)


def test_one_label_a_position_of_one_kind():
    y = (X > 0).astype("float32")
    found, _ = target(y, loss="binary_crossentropy")
    assert found.positions == (16, 16)
    assert found.variable.num_classes == 2


def test_a_probe_without_positions_on_one_side():
    y = np.full((N, 12), -1)
    y[0, 0] = 1
    found, _ = target(y, X)
    assert found.at((N, 12, 4)) is None
