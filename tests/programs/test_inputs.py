"""Inputs of every kind: what goes into the probe, and what Z-X reads."""

import keras
from keras import layers, ops
import numpy as np
from programs.running import JAX, SLOW, X, Y, fit, net, sce, watched
import pytest

RNG = np.random.default_rng(1)
TOKENS = RNG.integers(1, 9, (64, 5))
WORDS = np.array(["ant", "bee", "cat", "dog"])[RNG.integers(0, 4, 64)]


def joined_inputs(as_list):
    def program(callbacks):
        inputs = {
            "a": keras.Input((2,), name="a"),
            "b": keras.Input((4,), name="b"),
        }
        x = {"a": X[:, :2], "b": X[:, 2:]}
        if as_list:
            inputs, x = list(inputs.values()), list(x.values())
        flat = keras.tree.flatten(inputs)
        output = layers.Dense(2, name="out")(layers.Concatenate()(flat))
        model = keras.Model(inputs, output)
        model.compile("adam", sce())
        return fit(model, callbacks, x=x)

    return program


def on_tokens(*stages, x=TOKENS, **more):
    def program(callbacks):
        model = keras.Sequential(
            [
                keras.Input((None,), dtype="int32"),
                layers.Embedding(9, 4, **more),
                *(stage() for stage in stages),
                layers.Dense(2, name="out"),
            ]
        )
        model.compile("adam", sce())
        if callable(x):
            model.fit(x(), verbose=0, callbacks=callbacks)
            return model
        return fit(model, callbacks, x=x)

    return program


def batches(x, y, size=16):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((x, y)).batch(size)


def padded():
    import tensorflow as tf

    def samples():
        for row, y in zip(TOKENS, Y, strict=True):
            yield row[: 2 + y + row[0] % 2], y

    signature = (
        tf.TensorSpec((None,), "int32"),
        tf.TensorSpec((), "int32"),
    )
    made = tf.data.Dataset.from_generator(samples, output_signature=signature)
    return made.padded_batch(16)


def time_series(callbacks):
    data = keras.utils.timeseries_dataset_from_array(X, Y, 4, batch_size=16)
    model = keras.Sequential(
        [keras.Input((4, 6)), layers.LSTM(3), layers.Dense(2)]
    )
    model.compile("adam", sce())
    model.fit(data, verbose=0, callbacks=callbacks)
    return model


def sizes_of_images(callbacks):
    def images():
        for size in (6, 8, 6, 8):
            x = np.random.default_rng(size).normal(size=(16, size, size, 1))
            yield x.astype("float32"), np.arange(16) % 2

    model = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(3, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    model.compile("adam", sce())
    import tensorflow as tf

    signature = (
        tf.TensorSpec((None, None, None, 1), "float32"),
        tf.TensorSpec((None,), "int64"),
    )
    data = tf.data.Dataset.from_generator(images, output_signature=signature)
    model.fit(data, verbose=0, callbacks=callbacks)
    return model


def strings(callbacks):
    model = keras.Sequential(
        [
            keras.Input((), dtype="string"),
            layers.StringLookup(vocabulary=["ant", "bee", "cat"]),
            layers.Embedding(4, 3),
            layers.Dense(2),
        ]
    )
    model.compile("adam", sce())
    model.fit(batches(WORDS, Y), verbose=0, callbacks=callbacks)
    return model


def texts(callbacks):
    vectors = layers.TextVectorization(max_tokens=9)
    sentences = np.array([f"{word} and {word}" for word in WORDS])
    vectors.adapt(sentences)
    model = keras.Sequential(
        [
            keras.Input((), dtype="string"),
            vectors,
            layers.Embedding(9, 3),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )
    model.compile("adam", sce())
    model.fit(batches(sentences, Y), verbose=0, callbacks=callbacks)
    return model


def ragged(callbacks):
    import tensorflow as tf

    rows = tf.ragged.constant([list(row[: 2 + row[0] % 3]) for row in TOKENS])
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int64", ragged=True),
            layers.Embedding(9, 3),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )
    model.compile("adam", sce())
    model.fit(batches(rows, Y), verbose=0, callbacks=callbacks)
    return model


def tf_sparse(callbacks):
    import tensorflow as tf

    x = tf.sparse.from_dense(np.maximum(X, 0))
    model = keras.Sequential(
        [keras.Input((6,), sparse=True), layers.Dense(4), layers.Dense(2)]
    )
    model.compile("adam", sce())
    model.fit(batches(x, Y), verbose=0, callbacks=callbacks)
    return model


def scipy_sparse(callbacks):
    sparse = pytest.importorskip("scipy.sparse")
    model = keras.Sequential(
        [keras.Input((6,), sparse=True), layers.Dense(4), layers.Dense(2)]
    )
    model.compile("adam", sce())
    x = sparse.csr_matrix(np.maximum(X, 0))
    return fit(model, callbacks, x=x)


def data_frame(callbacks):
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame(X, columns=list("abcdef"))
    return fit(net(), callbacks, x=x, y=pandas.Series(Y))


def pictures(callbacks):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(4),
            layers.Dense(2),
        ]
    )
    model.compile("adam", sce())
    x = RNG_IMAGES
    return fit(model, callbacks, x=x)


RNG_IMAGES = RNG.integers(0, 256, (64, 4, 4, 1)).astype("uint8")


class Loader(keras.utils.PyDataset):
    """Batches with weights."""

    def __len__(self):
        return 4

    def __getitem__(self, i):
        rows = slice(16 * i, 16 * i + 16)
        return X[rows], Y[rows], np.ones(16)


def py_dataset(callbacks):
    model = net()
    data = Loader(workers=1)
    model.fit(data, verbose=0, shuffle=False, callbacks=callbacks)
    return model


def endless(callbacks):
    def forever():
        while True:
            yield X[:16], Y[:16]
            yield X[16:32], Y[16:32]

    model = net()
    model.fit(forever(), verbose=0, steps_per_epoch=5, callbacks=callbacks)
    return model


def filled_by_the_model(callbacks):
    class Fill(layers.Layer):
        def call(self, x):
            return ops.where(ops.isnan(x), ops.zeros_like(x), x)

    x = X.copy()
    x[3, 2] = np.nan
    model = keras.Sequential(
        [keras.Input((6,)), Fill(), layers.Dense(4), layers.Dense(2)]
    )
    model.compile("adam", sce())
    return fit(model, callbacks, x=x)


PROGRAMS = [
    (joined_inputs(False), "values", (JAX,), "dict"),
    (joined_inputs(True), "values", (SLOW,), "list"),
    (
        on_tokens(layers.GlobalAveragePooling1D),
        "symbols",
        (JAX,),
        "tokens",
    ),
    (
        on_tokens(lambda: layers.LSTM(3), x=padded, mask_zero=True),
        "symbols",
        (),
        "padded batches with masks",
    ),
    (time_series, "values", (), "batches of unknown length"),
    (sizes_of_images, "values", (SLOW,), "images of several sizes"),
    (strings, "symbols", (), "strings"),
    (texts, "symbols", (SLOW,), "texts"),
    (ragged, "symbols", (SLOW,), "ragged"),
    (tf_sparse, "values", (), "sparse"),
    (scipy_sparse, "values", (SLOW,), "sparse of SciPy"),
    (data_frame, "values", (SLOW,), "DataFrame"),
    (pictures, "values", (JAX,), "pictures of bytes"),
    (py_dataset, "values", (JAX, SLOW), "PyDataset with weights"),
    (endless, "values", (JAX,), "endless generator"),
]


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        pytest.param(program, kind, id=name, marks=marks)
        for program, kind, marks, name in PROGRAMS
    ],
)
def test_inputs_of_any_kind(tmp_path, program, kind):
    found = watched(program, tmp_path)
    assert found.said == ""
    assert found.log.config["data"]["probe"]["x"]["kind"] == kind
    assert len(found.log.steps) > 3
    assert np.isfinite(found.numbers("zx/fvu")).all()
    assert np.isfinite(found.numbers("zy/ce")).all()


@pytest.mark.jax
def test_missing_values_are_left_to_the_model(tmp_path):
    found = watched(filled_by_the_model, tmp_path)
    assert "1 of 6 columns of X hold NaN" in found.said
    assert np.isfinite(found.numbers("zx/fvu")).all()


@pytest.mark.jax
def test_samples_that_come_again_are_counted_once(tmp_path):
    found = watched(endless, tmp_path)
    assert found.log.config["data"]["probe"]["num_rows"] == 32


@pytest.mark.slow
def test_samples_of_weight_0_do_not_count(tmp_path):
    weight = np.ones(64)
    weight[:16] = 0
    found = watched(
        lambda callbacks: fit(net(), callbacks, sample_weight=weight), tmp_path
    )
    assert found.log.config["data"]["probe"]["num_rows"] == 48


@pytest.mark.jax
@pytest.mark.parametrize("count", [4, pytest.param(5, marks=SLOW)])
def test_few_samples_are_a_warning(tmp_path, count):
    def program(callbacks):
        return fit(net(), callbacks, x=X[:count], y=Y[:count], epochs=2)

    found = watched(program, tmp_path)
    assert f"{count} samples" in found.said
    assert found.log.steps == [0, 1, 2]


@pytest.mark.jax
def test_samples_that_are_all_equal_are_a_warning(tmp_path):
    def program(callbacks):
        return fit(net(), callbacks, x=np.ones((64, 6)), y=Y * 0)

    found = watched(program, tmp_path)
    assert "All samples of the probe are equal" in found.said


@pytest.mark.jax
def test_one_sample_is_a_warning(tmp_path):
    def program(callbacks):
        return fit(net(), callbacks, x=X[:1], y=Y[:1])

    found = watched(program, tmp_path)
    assert "InfoPlane measures nothing" in found.said


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tf.data", "PyDataset", "lists", "frame"])
def test_given_data_may_be_of_any_form(tmp_path, kind):
    def data():
        if kind == "tf.data":
            return batches(X, Y)
        if kind == "frame":
            pandas = pytest.importorskip("pandas")
            return pandas.DataFrame(X), pandas.Series(Y)
        return Loader() if kind == "PyDataset" else (X.tolist(), Y.tolist())

    found = watched(lambda c: fit(net(), c), tmp_path, data=data())
    assert found.log.config["data"]["probe"]["num_rows"] == 64
    assert np.isfinite(found.numbers("zy/ce")).all()
