"""Models of every kind: which of their layers are watched."""

import re

import keras
from keras import layers, ops
import numpy as np
from programs.running import JAX, SLOW, X, Y, fit, net, sce, watched
import pytest

import keras_ib


def functional(*stages, inputs=(6,)):
    """A program of a functional model of these stages."""

    def program(callbacks):
        x = start = keras.Input(inputs)
        for stage in stages:
            x = stage(x)
        model = keras.Model(start, layers.Dense(2, name="out")(x))
        model.compile("adam", sce())
        return fit(model, callbacks)

    return program


def own(build, call, **options):
    """A program of a subclassed model.

    Args:
        build: Sets the layers of a model.
        call: What the model does with its input.
        **options: Of `compile`.
    """

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            build(self)

        def call(self, x, training=None):
            return call(self, x, training)

    def program(callbacks):
        model = Own()
        if "run_eagerly" in options:
            # Keras builds a model on symbols, which have no values.
            model(X[:2])
        model.compile(**{"optimizer": "adam", "loss": sce()} | options)
        return fit(model, callbacks)

    return program


def dense(name, size=4):
    return layers.Dense(size, name=name)


def shortcuts(callbacks):
    """Written `x + y`."""
    x = inputs = keras.Input((6,))
    for _ in range(2):
        x = x + layers.Dense(6)(x)
    model = keras.Model(inputs, layers.Dense(2, name="out")(x))
    model.compile("adam", sce())
    return fit(model, callbacks)


class Block(layers.Layer):
    """Of these a model has a stack."""

    def build(self, shape):
        self.inner = layers.Dense(shape[-1], name="inner")
        self.inner.build(shape)

    def call(self, x):
        return x + self.inner(x)


class Encoder(layers.Layer):
    """A stack of blocks inside one layer."""

    def __init__(self):
        super().__init__(name="encoder")
        self.blocks = [Block(name=f"layer_{i}") for i in range(3)]

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class InLoop(layers.Layer):
    """Calls a layer in the body of a loop, sample by sample."""

    def __init__(self):
        super().__init__(name="loop")
        self.inner = layers.Dense(4, name="inner")

    def build(self, shape):
        self.inner.build((1, shape[-1]))

    def call(self, x):
        return ops.map(lambda row: self.inner(row[None])[0], x)

    def compute_output_shape(self, shape):
        return (shape[0], 4)


def frames(model, x, training):
    x = model.a(ops.reshape(x, (-1, 3)))
    return model.out(ops.reshape(x, (-1, 8)))


def teacher_beside(model):
    model.student, model.teacher = net(), net()
    model.teacher.name = "teacher"


def auxiliary(model):
    model.a, model.aux, model.out = dense("a"), dense("aux", 2), dense("out", 2)


def with_auxiliary(model, x, training):
    x = model.a(x)
    return model.out(x) + 0.1 * model.aux(x) if training else model.out(x)


def two_of_one_name(model):
    model.a, model.b, model.out = dense("fc"), dense("fc", 3), dense("out", 2)


def positions(model):
    model.tokens = dense("tokens", 4)
    model.where = layers.Embedding(64, 4, name="where")
    model.out = dense("out", 2)


def with_positions(model, x, training):
    z = model.tokens(ops.expand_dims(x, -1))
    z = z + model.where(ops.arange(ops.shape(x)[1]))[None]
    return model.out(ops.mean(z, axis=1))


def with_constant_stage(model, x, training):
    # The samples are its first axis, and it says nothing of X.
    z = model.tokens(ops.expand_dims(x, -1))
    where = model.where(ops.tile(ops.arange(6)[None], (ops.shape(x)[0], 1)))
    return model.out(ops.mean(z + where, axis=1))


def three(model):
    model.a, model.b, model.out = dense("a"), dense("b"), dense("out", 2)


def decides_by_value(model, x, training):
    x = model.a(x)
    # Python looks at a value: run_eagerly alone can do that.
    x = model.b(x) if float(ops.mean(x)) > 1e9 else ops.relu(model.b(x))
    return model.out(x)


def quantized(mode, is_tuned):
    def program(callbacks):
        stages = [dense("hidden"), dense("out", 2)]
        model = keras.Sequential([keras.Input((6,)), *stages])
        model.quantize(mode)
        if is_tuned:
            for layer in model.layers:
                layer.enable_lora(2)
        model.compile("adam", sce())
        return fit(model, callbacks)

    return program


def rematerialised(callbacks):
    if keras.backend.backend() == "tensorflow":
        pytest.skip("Keras itself fails there.")
    with keras.RematScope(mode="full"):
        model = net()
    return fit(model, callbacks)


def stateful(callbacks):
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(16, 3, 2)),
            layers.LSTM(3, stateful=True, name="lstm"),
            layers.Dense(2, name="out"),
        ]
    )
    model.compile("adam", sce())
    return fit(model, callbacks, x=X.reshape(64, 3, 2), shuffle=False)


def draws_in_inference(callbacks):
    class Sampling(layers.Layer):
        def call(self, x):
            return x + keras.random.normal(ops.shape(x))

    return functional(dense("a"), Sampling())(callbacks)


def one_by_one(model, x, training):
    return model.out(model.b(model.a(x)))


def in_loop(callbacks):
    return functional(dense("a"), InLoop())(callbacks)


def stack(callbacks):
    return functional(Encoder())(callbacks)


# What is watched, and what is left out with a reason.
AUTO = {
    "subclassed": (own(three, one_by_one), "a b out", "", JAX),
    "teacher": (
        own(teacher_beside, lambda model, x, training: model.student(x)),
        "* *",
        "teacher/hidden teacher/out",
        JAX,
    ),
    "head of training": (own(auxiliary, with_auxiliary), "a out", "aux", ()),
    "frames in the batch": (own(three, frames), "out", "a", JAX),
    "one name": (own(two_of_one_name, one_by_one), "fc fc@2 out", "", JAX),
    "positions": (own(positions, with_positions), "tokens out", "where", JAX),
    "positions a sample": (
        own(positions, with_constant_stage),
        "tokens out",
        "where",
        JAX,
    ),
    "eager": (
        own(three, decides_by_value, run_eagerly=True),
        "a b out",
        "",
        (),
    ),
    "in a loop": (in_loop, "a loop out", "", JAX),
    "x + y": (shortcuts, "* * out", "", JAX),
    "stack in a layer": (stack, "layer_0 layer_1 layer_2 out", "", JAX),
    "int8 and LoRA": (quantized("int8", True), "hidden out", "", JAX),
    "float8": (quantized("float8", False), "hidden out", "", (JAX, SLOW)),
    "rematerialised": (rematerialised, "hidden out", "", JAX),
    "stateful": (stateful, "lstm out", "", JAX),
    # Keras refuses this program on JAX.
    "draws in inference": (draws_in_inference, "a out", "", ()),
}


@pytest.mark.parametrize(
    ("program", "taps", "left_out"),
    [
        pytest.param(
            program, taps.split(), left_out.split(), id=name, marks=marks
        )
        for name, (program, taps, left_out, marks) in AUTO.items()
    ],
)
def test_auto_takes_what_can_be_watched(tmp_path, program, taps, left_out):
    found = watched(program, tmp_path)
    assert found.said == ""
    assert len(found.log.taps) == len(taps)
    for name, pattern in zip(found.log.taps, taps, strict=True):
        assert pattern in ("*", name)
    names = [entry["name"] for entry in found.log.config["left_out"]]
    assert names == left_out
    assert np.isfinite([row["value"] for row in found.log.rows]).all()


NAMES = {
    "jax": ["fc#1", "block[1]", "größe", "a*b"],
    # It takes no others.
    "tensorflow": ["fc.1", "a-b", "A_1"],
}


@pytest.mark.jax
def test_names_are_names_whatever_is_in_them(tmp_path):
    names = NAMES[keras.backend.backend()]

    def program(callbacks):
        return functional(*map(dense, names))(callbacks)

    found = watched(program, tmp_path / "a")
    assert found.log.taps == [*names, "out"]
    again = watched(
        program, tmp_path / "b", taps=names[1:2], data={"val#1": (X, Y)}
    )
    assert again.log.taps == names[1:2]
    assert again.log.data_names == ["val#1"]
    keras_ib.plotting.plane(again.log, path=tmp_path / "plane.png")
    # As MLflow takes them.
    for key in again.model.history.history:
        assert re.fullmatch(r"[/\w.\- ]*", key)
