"""What the labels are taken for, and that it is said."""

import keras
import numpy as np
import pytest

from keras_ib import probe

pytestmark = pytest.mark.jax

RNG = np.random.default_rng(0)
N = 600
X = RNG.normal(size=(N, 16)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
Y3 = np.arange(N) % 3
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def draw(y, x=X, **more):
    (drawn,) = probe.draw_all((x, y), size=N, seed=0, **more).values()
    return drawn


def target(y, x=X, **more):
    drawn = draw(y, x, **more)
    (found,) = drawn.targets.values()
    assert found.summary() in drawn.notes
    return found, drawn.rows


@pytest.mark.parametrize(
    ("y", "loss", "expected"),
    [
        (Y3, None, Y3),
        (Y3[:, None], None, Y3),
        (Y3.astype("float32"), SPARSE, Y3),
        (Y3 + 5, None, Y3),
        (np.array([5, 70_005])[Y], None, Y),
        (np.array([-3, 8, 2**40])[Y3], SPARSE, Y3),
        (Y * 2.0 - 1, "hinge", Y),
        (Y > 0, "binary_crossentropy", Y),
        (Y.astype("float32"), "mse", Y),
        (np.array(["ant", "bee", "cat"])[Y3], None, Y3),
        (np.array(["ant", "bee", "cat"], object)[Y3], None, Y3),
        (np.array([b"ant", b"bee", b"cat"], object)[Y3], None, Y3),
        (np.eye(3)[Y3], None, Y3),
        (np.eye(3, dtype=int)[Y3], "categorical_hinge", Y3),
        (np.eye(3, dtype=bool)[Y3], None, Y3),
        (np.eye(5)[Y3 + 1], "categorical_crossentropy", Y3),
        (np.eye(2)[Y] * 0.7 + 0.15, "mse", Y),
        (Y * 0.8 + 0.1, keras.losses.BinaryCrossentropy(), Y),
    ],
)
def test_classes(y, loss, expected):
    found, rows = target(y, loss=loss)
    num_classes = expected.max() + 1
    assert found.variable.kind == "classes"
    assert found.variable.num_classes == num_classes
    np.testing.assert_array_equal(found.y, expected[rows])
    assert found.y is found.y_class
    assert found.y.dtype == "int32"
    assert found.entropy == pytest.approx(np.log(num_classes), abs=0.01)


def test_many_classes_are_classes_where_the_loss_or_their_order_says_so():
    many = RNG.permutation(np.repeat(np.arange(50), 12))
    assert target(many)[0].variable.num_classes == 50
    with pytest.warns(probe.ProbeWarning, match="300 classes for 600"):
        found, _ = target(np.repeat(np.arange(300), 2) * 7, loss=SPARSE)
    assert found.variable.num_classes == 300


def test_names_are_the_users():
    found, rows = target(np.array(["dog", "cat"])[Y])
    assert found.names == ["cat", "dog"]
    np.testing.assert_array_equal(found.y, 1 - Y[rows])
    assert target(Y3 * 10 - 10)[0].names == [-10, 0, 10]


AMOUNTS = RNG.integers(25, 347, N)


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (X[:, 0], None),
        (X[:, 0], "mse"),
        (X[:, :5], None),
        (AMOUNTS, "mse"),
        (AMOUNTS, None),
        (AMOUNTS.astype("float64"), None),
        (Y3 + 1, "mse"),
        (Y3 + 1, keras.losses.MeanSquaredError()),
        (Y3 + 1, keras.losses.mean_absolute_error),
        (Y3, keras.losses.Poisson()),
        (Y3, "huber"),
        (Y3, keras.losses.LogCosh()),
        (RNG.uniform(size=N), "binary_crossentropy"),
        (RNG.normal(size=(N, 10, 3)), "mse"),
        (RNG.integers(0, 256, (N, 4, 4, 3)).astype("uint8"), "mse"),
        (1_700_000_000 + RNG.permutation(N), "mae"),
        (1e8 + RNG.normal(size=N), None),
        (X[:, 0] + 1j * X[:, 1], None),
        (np.datetime64("2026-01-01") + np.arange(N), None),
    ],
)
def test_quantities(y, loss):
    found, rows = target(y, loss=loss)
    assert found.variable.kind == "values"
    assert found.y_class is found.entropy is found.names is None
    y = np.asarray(y)
    if y.dtype.kind == "c":
        y = np.stack([y.real, y.imag], axis=-1)
    y = y.astype("int64") if y.dtype.kind == "M" else y
    y = y.reshape(N, -1).astype("float64")[rows]
    y -= y[: N // 2].mean(axis=0)
    np.testing.assert_allclose(found.y, y, atol=2e-5)
    assert found.y.dtype == "float32"


def test_the_summary_is_plain():
    y = AMOUNTS.astype("float32")
    y[:2] = 25, 346
    found, _ = target(y, loss="mse")
    count = len(np.unique(y))
    assert found.summary() == (
        f"y: {count} integers between 25 and 346, taken as quantities "
        "(integers, with the loss mse)"
    )


def test_autoencoders_of_any_input():
    binary = (RNG.random((N, 20)) > 0.5).astype("float32")
    for x in (X, binary, binary.reshape(N, 5, 4), binary.astype("uint8")):
        found, _ = target(x.copy(), x=x, loss="binary_crossentropy")
        assert found.variable.kind == "values"
        assert found.y.shape == (N, x[0].size)


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy", None])
@pytest.mark.parametrize("dtype", ["float64", "int64", "bool"])
def test_several_labels(loss, dtype):
    y = (X[:, :3] > 0).astype(dtype)
    found, rows = target(y, loss=loss)
    assert found.variable.kind == "labels"
    assert (found.variable.num_classes, found.variable.num_sets) == (3, 8)
    np.testing.assert_array_equal(found.y, y[rows])
    same = (y[rows][:, None] == y[rows]).all(axis=2)
    np.testing.assert_array_equal(found.y_class[:, None] == found.y_class, same)
    assert found.entropy == pytest.approx(np.log(8), abs=0.05)


def test_two_heads():
    loss = {"a": SPARSE, "b": "mse"}
    found = draw({"a": Y3, "b": Y3 * 4}, loss=loss).targets
    assert [t.variable.kind for t in found.values()] == ["classes", "values"]
    assert list(found) == [t.name for t in found.values()] == ["a", "b"]
    found = draw([Y3, Y3 * 4], loss=[SPARSE, "mse"]).targets
    assert list(found) == ["y_1", "y_2"]
    assert [t.variable.kind for t in found.values()] == ["classes", "values"]
    names = ["kind", "box"]
    found = draw((Y3, X[:, :4]), output_names=names).targets
    assert list(found) == names
    one = draw({"a": Y3}, loss={"a": "mse"}, target={"a": "auto"}).targets
    assert list(one) == ["y"]
    assert one["y"].variable.kind == "values"
    assert target(Y3, loss={"output": "mse"})[0].variable.kind == "values"
    assert draw({"a": Y3, "b": X[:, 1]}).num_classes is None


def test_a_loss_of_another_size_says_nothing_of_the_labels():
    """An autoencoder is compared with X; its probe may have classes."""
    assert target(Y3, loss="mse", output_size=1)[0].variable.kind == "values"
    assert target(Y3, loss="mse", output_size=16)[0].variable.kind == "classes"
    many = target(np.arange(N), loss="mse", output_size=16)[0]
    assert many.variable.kind == "values"


def test_no_target():
    assert draw(None).targets == {}
    assert draw(Y, target="none").targets == {}
    unaligned = draw(RNG.integers(1, 9, (N, 5)), loss=keras.losses.CTC())
    assert unaligned.targets == {}
    assert "CTC" in unaligned.notes[-1]
    assert draw(
        {"a": Y, "b": X[:, 0]}, target={"b": "none"}
    ).targets.keys() == {"a"}


def test_target_overrides():
    few = AMOUNTS // 25
    assert target(few, target="classes")[0].variable.num_classes == 13
    assert target(Y3, target="values")[0].variable.kind == "values"
    assert target(np.eye(3)[Y3], target="labels")[0].variable.num_classes == 3
    assert target(np.eye(3)[Y3], target="values")[0].y.shape == (N, 3)
    found, rows = target(X[:, 0], target=lambda y: y > 0)
    np.testing.assert_array_equal(found.y, Y[rows])
    found, rows = target({"a": Y, "b": X}, target=lambda y: y["b"][:, 0] > 0)
    np.testing.assert_array_equal(found.y, Y[rows])
    both = draw({"a": X[:, 0], "b": Y3}, target={"a": lambda y: y > 0})
    assert both.targets["a"].variable.kind == "classes"


@pytest.mark.parametrize(
    ("y", "asked", "message"),
    [
        (np.array(["a", "b"])[Y], "values", "Only numbers are quantities"),
        (X[:, 0], "labels", "columns of 0 and 1"),
        (Y, lambda y: y["b"], "cannot be applied to y"),
        (Y, lambda y: y[:5], "must keep the samples"),
        (Y, lambda y: y.mean(), "must keep the samples"),
    ],
)
def test_refuses_a_kind_that_y_cannot_be(y, asked, message):
    with pytest.raises(ValueError, match=message):
        draw(y, target=asked)


def test_missing_quantities():
    y = X[:, :3].copy()
    y[3, 1] = np.nan
    with pytest.warns(probe.ProbeWarning, match="1 of 3 columns of y"):
        assert target(y)[0].y.shape == (N, 2)
