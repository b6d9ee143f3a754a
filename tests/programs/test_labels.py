"""Labels of every kind, and none: what is measured of them."""

import keras
from keras import layers, ops
import numpy as np
from programs.running import JAX, SLOW, X, Y, fit, net, sce, watched
import pytest

RNG = np.random.default_rng(1)
CLASSES = RNG.integers(0, 3, 64)
TOKENS = RNG.integers(1, 9, (64, 5))
FVU, CE = "zy/fvu", "zy/ce"


def with_labels(y, num_outputs, loss, **more):
    return lambda callbacks: fit(net(num_outputs, loss), callbacks, y=y, **more)


def per_position(y, last, loss):
    x = X.reshape(64, 6, 1)

    def program(callbacks):
        model = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv1D(4, 3, padding="same"),
                layers.Dense(last),
            ]
        )
        model.compile("adam", loss)
        return fit(model, callbacks, x=x, y=y)

    return program


def segmentation(callbacks):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(4, 3, 2, "same"),
            layers.UpSampling2D(),
            layers.Conv2D(2, 1),
        ]
    )
    model.compile("adam", sce())
    x = RNG_IMAGES[..., None]
    return fit(model, callbacks, x=x, y=(RNG_IMAGES > 0).astype(int))


RNG_IMAGES = RNG.normal(size=(64, 4, 4)).astype("float32")


def next_tokens(callbacks):
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(9, 4),
            layers.LSTM(4, return_sequences=True),
            layers.Dense(9),
        ]
    )
    model.compile("adam", sce())
    return fit(model, callbacks, x=TOKENS, y=np.roll(TOKENS, -1, axis=1))


ONE = [
    (with_labels(X[:, 0], 1, "mse"), FVU, (JAX,), "regression"),
    (with_labels(X, 6, "mse"), FVU, (JAX,), "autoencoder"),
    (with_labels(RNG.random(64), 1, "mae"), FVU, (SLOW,), "ratings"),
    (
        with_labels(RNG.integers(0, 400, 64).astype("float32"), 1, "mse"),
        FVU,
        (JAX,),
        "quantities that are integers",
    ),
    (with_labels(X[:, :3] * 2, 3, "mse"), FVU, (SLOW,), "several quantities"),
    (
        with_labels((X[:, :3] > 0) * 1.0, 3, "binary_crossentropy"),
        CE,
        (JAX,),
        "multi-label",
    ),
    (with_labels(np.eye(2)[Y] * 0.7 + 0.15, 2, "mse"), CE, (JAX,), "mixup"),
    (with_labels(Y * 2.0 - 1, 1, "hinge"), CE, (JAX,), "hinge"),
    (
        with_labels(np.eye(3)[CLASSES], 3, "categorical_hinge"),
        CE,
        (SLOW,),
        "one-hot",
    ),
    (segmentation, CE, (JAX,), "segmentation"),
    (next_tokens, CE, (JAX,), "next tokens"),
    (
        per_position(
            np.eye(3)[RNG.integers(0, 3, (64, 6))], 3, "kl_divergence"
        ),
        CE,
        (SLOW,),
        "one-hot a position",
    ),
    (
        per_position(X.reshape(64, 6, 1) * 2, 1, "mse"),
        FVU,
        (SLOW,),
        "next values",
    ),
]


@pytest.mark.parametrize(
    ("program", "field"),
    [
        pytest.param(program, field, id=name, marks=marks)
        for program, field, marks, name in ONE
    ],
)
def test_one_target_of_any_kind(tmp_path, program, field):
    found = watched(program, tmp_path)
    assert found.said == ""
    assert found.log.targets == ["y"]
    assert found.log.steps == [0, 1, 2, 3, 4]
    assert np.isfinite(found.numbers("zx/fvu")).all()
    assert np.isfinite(found.numbers(field)).all()


def two_heads(as_list):
    def program(callbacks):
        x = inputs = keras.Input((6,))
        x = layers.Dense(4, "relu", name="hidden")(x)
        outputs = {
            "kind": layers.Dense(2, name="kind")(x),
            "size": layers.Dense(1, name="size")(x),
        }
        losses, y = {"kind": sce(), "size": "mse"}, {"kind": Y, "size": X[:, 1]}
        if as_list:
            outputs, losses, y = (
                list(part.values()) for part in (outputs, losses, y)
            )
        model = keras.Model(inputs, outputs)
        model.compile("adam", losses)
        return fit(model, callbacks, y=y)

    return program


@pytest.mark.parametrize(
    "as_list",
    [pytest.param(False, marks=JAX), pytest.param(True, marks=SLOW)],
)
def test_several_heads_have_a_target_each(tmp_path, as_list):
    found = watched(two_heads(as_list), tmp_path)
    assert found.log.targets == ["kind", "size"]
    assert len(found.numbers(CE, "kind")) == len(found.log.steps)
    assert len(found.numbers(FVU, "size")) == len(found.log.steps)
    history = found.model.history.history
    assert "zy_kind_ce/hidden" in history


def penalised(callbacks):
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(ops.mean(ops.square(x)))
            return x

    model = keras.Sequential([keras.Input((6,)), layers.Dense(4), Penalty()])
    model.compile("adam")
    return fit(model, callbacks, y=None)


def own_loss(callbacks):
    class Contrastive(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = layers.Dense(4, name="encoder")

        def call(self, x):
            return self.encoder(x)

        def compute_loss(self, x=None, y=None, y_pred=None, *more, **also):
            return ops.mean(ops.square(y_pred[::2] - y_pred[1::2]))

    model = Contrastive()
    model.compile("adam")
    return fit(model, callbacks, y=None)


def labels_as_an_input(callbacks):
    class Endpoint(layers.Layer):
        def call(self, logits, labels):
            losses = keras.losses.sparse_categorical_crossentropy(
                labels, logits, from_logits=True
            )
            self.add_loss(ops.mean(losses))
            return ops.softmax(logits)

    x, labels = keras.Input((6,)), keras.Input((), dtype="int32")
    logits = layers.Dense(2, name="logits")(x)
    model = keras.Model([x, labels], Endpoint()(logits, labels))
    model.compile("adam")
    return fit(model, callbacks, x=[X, Y], y=None)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(penalised, marks=JAX),
        pytest.param(own_loss, marks=JAX),
        pytest.param(labels_as_an_input, marks=(JAX, SLOW)),
    ],
)
def test_without_labels_what_is_about_x_is_measured(tmp_path, program):
    found = watched(program, tmp_path)
    assert found.said == ""
    assert found.log.targets == []
    assert np.isfinite(found.numbers("zx/fvu")).all()
    (left_out,) = found.log.config["left_out"]
    assert (left_out["what"], left_out["name"]) == ("measure", "zy")


@pytest.mark.jax
def test_labels_of_noise_cannot_be_told(tmp_path):
    """Samples that come again stand on one side of the split."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 6)).astype("float32")
    y = rng.integers(0, 2, 200)

    def program(callbacks):
        return fit(net(), callbacks, x=np.tile(x, (3, 1)), y=np.tile(y, 3))

    found = watched(program, tmp_path)
    assert found.log.config["data"]["probe"]["num_rows"] == 200
    accuracy = found.numbers("zy/accuracy", tap=0)
    assert abs(accuracy[0] - 0.5) < 0.12


@pytest.mark.jax
def test_classes_far_apart_are_as_those_from_zero(tmp_path):
    far = watched(with_labels(Y, 2, sce()), tmp_path / "a")
    y = np.array([-7, 70_005])[Y]
    program = with_labels(y, 1, "mse")
    near = watched(program, tmp_path / "b")
    assert near.numbers(CE, tap=0)[0] == far.numbers(CE, tap=0)[0]


@pytest.mark.slow
def test_constant_labels_hold_nothing(tmp_path):
    found = watched(with_labels(np.ones(64, int), 2, sce()), tmp_path)
    assert found.numbers("zy/accuracy") == pytest.approx(1)
    assert found.numbers(CE) == pytest.approx(0, abs=1e-4)
    assert "sorted" in found.said


def test_many_classes_take_no_minutes(tmp_path):
    """Whoever has so few samples of a class is told."""
    found = watched(with_labels(np.arange(64), 64, sce()), tmp_path)
    assert "64 classes for 64 samples" in found.said
    assert np.isfinite(found.numbers(CE)).all()


@pytest.mark.slow
def test_rare_positives_are_warned_of(tmp_path):
    y = np.zeros(64, int)
    y[5] = 1
    found = watched(with_labels(y, 2, sce()), tmp_path)
    assert "1 of 2 classes of y are rare" in found.said


@pytest.mark.jax
def test_sorted_samples_are_warned_of(tmp_path):
    order = np.argsort(Y)

    def program(callbacks):
        return fit(net(), callbacks, x=X[order], y=Y[order], shuffle=False)

    found = watched(program, tmp_path, probe_size=32)
    assert "come sorted by class" in found.said
