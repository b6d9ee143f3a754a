"""Every layer and every model, with every shortcut, in every setting.

A new layer or family is one more row. Compared are outputs in training and
inference mode, from weights that are random throughout, so that nothing rests
on zeros and ones of an initial state.
"""

import keras
from keras import ops
import numpy as np
import pytest

from keras_ib import layers, models

LAYERS = {
    **{
        f"residual_{rank}_{shortcut}": (
            lambda branch=branch, shortcut=shortcut: layers.Residual(
                branch(), shortcut, "orthogonal", activation="relu"
            ),
            shape,
        )
        for rank, branch, shape in [
            (2, lambda: keras.layers.Dense(3), (5,)),
            (3, lambda: keras.layers.Dense(6), (4, 5)),
            (
                4,
                lambda: keras.layers.Conv2D(6, 3, strides=2, padding="same"),
                (7, 8, 5),
            ),
        ]
        for shortcut in layers.SHORTCUTS
    },
    "chain": (
        lambda: layers.Chain(
            [keras.layers.Dense(3), keras.layers.BatchNormalization()]
        ),
        (5,),
    ),
    "self_attention": (lambda: layers.SelfAttention(2, 0.1), (4, 6)),
    "class_token": (layers.ClassToken, (4, 6)),
    "first_token": (layers.FirstToken, (4, 6)),
    "positions": (lambda: layers.Positions(0.5), (4, 6)),
}

SMALL = {
    "resnet": {"depth": 8, "width": 4},
    "vit": {"depth": 1, "width": 8, "num_heads": 2, "mlp_dim": 12},
    "mixer": {"depth": 1, "width": 8, "token_dim": 6, "channel_dim": 12},
    "mlp": {"hidden_sizes": (10, 6), "l2": 1e-3},
}


def layer_model(name):
    create, shape = LAYERS[name]
    inputs = keras.Input(shape)
    return keras.Model(inputs, create()(inputs))


def family_model(family, shortcut):
    return models.FAMILIES[family](
        (8, 8, 1), 3, shortcut=shortcut, **SMALL[family]
    )


MODELS = {
    **{name: (layer_model, name) for name in LAYERS},
    **{
        f"{family}-{shortcut}": (family_model, family, shortcut)
        for family in SMALL
        for shortcut in layers.SHORTCUTS
    },
}


@pytest.fixture(params=MODELS)
def create(request):
    """A function that builds one row of the table, always alike."""

    def build():
        keras.utils.set_random_seed(0)
        function, *arguments = MODELS[request.param]
        model = function(*arguments)
        rng = np.random.default_rng(1)
        for weight in model.weights:
            value = rng.normal(scale=0.3, size=weight.shape)
            weight.assign(value**2 if "variance" in weight.name else value)
        return model

    return build


def rows_for(model, rows=4):
    rng = np.random.default_rng(2)
    shape = (rows, *model.input_shape[1:])
    return rng.normal(size=shape).astype("float32")


def outputs(model, x):
    return ops.convert_to_numpy(ops.cast(model(x, training=False), "float32"))


@pytest.mark.jax
def test_save_and_load(create, precision, tmp_path):
    """The loaded model is the saved one, to the last bit."""
    model = create()
    x = rows_for(model)
    model.save(tmp_path / "model.keras")
    keras.config.set_dtype_policy("float32")  # the file says what to use
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(outputs(loaded, x), outputs(model, x))
    assert [w.path for w in loaded.weights] == [w.path for w in model.weights]
    assert loaded.to_json() == model.to_json()


@pytest.mark.jax
@pytest.mark.parametrize("precision", ["mixed_bfloat16"], indirect=True)
def test_precision(create, precision):
    """Weights stay float32; bfloat16 computes the same, more coarsely."""
    model = create()
    x = rows_for(model)
    assert {w.dtype for w in model.trainable_weights} <= {"float32"}
    if model.layers[-1].name == "head":
        assert model(x).dtype == "float32"
    z = outputs(model, x)
    keras.config.set_dtype_policy("float32")
    # 8 bits of mantissa, through a handful of layers.
    scale = np.abs(z).max()
    np.testing.assert_allclose(z, outputs(create(), x), atol=0.05 * scale)


@pytest.mark.jax
def test_output_shape(create):
    """The shape that is computed is the shape that comes."""
    model = create()
    x = rows_for(model)
    for layer in model.layers[1:]:
        assert (
            layer.compute_output_shape(layer.input.shape) == layer.output.shape
        )
    assert outputs(model, x).shape == (4, *model.output_shape[1:])


def test_xla(create):
    """XLA gives what eager execution gives."""
    import tensorflow as tf

    model = create()
    x = rows_for(model)
    compiled = tf.function(
        lambda x: model(x, training=False), jit_compile=True, autograph=False
    )
    np.testing.assert_allclose(
        compiled(tf.constant(x)), outputs(model, x), rtol=1e-4, atol=1e-4
    )


def test_graph(create):
    """One graph serves every batch size."""
    import tensorflow as tf

    model = create()
    graph = tf.function(
        lambda x: model(x, training=False),
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]))],
        autograph=False,
    )
    for rows in (4, 6):
        x = rows_for(model, rows)
        np.testing.assert_allclose(
            graph(x), outputs(model, x), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("strategy", ["mirrored"], indirect=True)
def test_strategy(create, strategy):
    """Built under a strategy, the replicas' rows are the whole's rows."""
    import tensorflow as tf

    with strategy.scope():
        model = create()
    x = rows_for(model)
    shards = np.split(x, strategy.num_replicas_in_sync)
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(shards[context.replica_id_in_sync_group])
    )

    @tf.function(autograph=False)
    def forward(values):
        return strategy.run(lambda x: model(x, training=False), (values,))

    z = strategy.experimental_local_results(forward(values))
    np.testing.assert_allclose(
        np.concatenate(z), outputs(create(), x), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("family", SMALL)
def test_fit(family, strategy):
    """`fit` runs, alone under XLA and mirrored."""
    # XLA on CPUs knows no all-reduce.
    alone = strategy.num_replicas_in_sync == 1
    with strategy.scope():
        model = family_model(family, "projection")
        model.compile(
            "sgd",
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=alone,
        )
    history = model.fit(
        rows_for(model, 8), np.arange(8) % 3, batch_size=4, verbose=0
    )
    assert np.isfinite(history.history["loss"]).all()
