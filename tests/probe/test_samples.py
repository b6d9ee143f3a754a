"""The probe data are drawn once, checked, and the same for the same seed."""

import keras
import numpy as np
import pytest

from keras_ib import probe

pytestmark = pytest.mark.jax

X = np.random.default_rng(0).normal(size=(100, 4)).astype("float32")
Y = np.arange(100) % 3


def draw(x=X, y=Y, needs_y=True, size=64, seed=0):
    return probe.draw(x, y, needs_y=needs_y, size=size, seed=seed)


def test_rows_stay_with_their_labels_and_none_comes_twice():
    drawn = draw()
    where = [np.flatnonzero((row == X).all(axis=1))[0] for row in drawn.x]
    assert len(set(where)) == drawn.num_rows == 64
    np.testing.assert_array_equal(drawn.y, Y[where])
    assert drawn.num_fit == 32


def test_the_seed_decides():
    assert draw().get_config() == draw().get_config()
    assert draw().get_config() != draw(seed=1).get_config()


def test_takes_all_rows_where_there_are_fewer():
    assert draw(size=2048).num_rows == 100


@pytest.mark.parametrize(
    "y",
    [
        Y,
        Y[:, None],
        Y.astype("float32"),
        np.eye(3)[Y],
        keras.ops.convert_to_tensor(Y),
    ],
    ids=["integers", "column", "floats", "one-hot", "tensor"],
)
def test_labels_in_every_form(y):
    np.testing.assert_array_equal(draw(y=y).y, draw().y)
    assert draw(y=y).y.dtype == "int32"


def test_boolean_labels_are_two_classes():
    assert draw(y=Y > 1).num_classes == 2


def test_the_inputs_may_be_a_structure():
    drawn = draw(x={"a": X, "b": X.astype("float64")[:, :1]})
    assert drawn.flat_x.shape == (64, 5)
    np.testing.assert_array_equal(drawn.flat_x[:, 0], drawn.flat_x[:, 4])


def test_equal_inputs_have_equal_ids():
    drawn = draw(x=np.repeat(X[:50], 2, axis=0), size=100)
    same = (drawn.x[:, None] == drawn.x).all(axis=2)
    np.testing.assert_array_equal(drawn.x_id[:, None] == drawn.x_id, same)


def test_zero_has_no_sign():
    x = np.array([[0.0], [-0.0]] * 10)
    assert set(draw(x=x, y=np.zeros(20)).x_id) == {0}


def test_label_entropy():
    assert draw(y=np.zeros(100, int)).label_entropy == 0
    assert draw(y=np.arange(100) % 2, size=100).label_entropy == (
        pytest.approx(np.log(2))
    )


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:0], Y[:0], "need at least 8"),
        (X[:3], Y[:3], "need at least 8"),
        (X * np.nan, Y, "must be finite numbers"),
        (X.astype(str), Y, "must be finite numbers"),
        ({"a": X, "b": X[:50]}, Y, "as many of every input"),
        (X, Y[:50], "100 inputs and 50 labels"),
        (X, None, "need labels and the probe data have none"),
        (X, Y + 0.5, "are not classes"),
        (X, Y - 1, "are not classes"),
        (X, X, "are not classes"),
        (X, np.array(["cat"] * 100), "are not classes"),
        (X, (Y, Y), "of several arrays"),
        ([], Y, "no array of inputs"),
    ],
)
def test_refuses_what_cannot_be_measured(x, y, message):
    with pytest.raises(ValueError, match=message):
        draw(x=x, y=y)


def test_labels_that_no_measure_needs_are_not_looked_at():
    assert draw(y=X, needs_y=False).y is None
