"""Small models of every kind that a user may write, for the tests."""

import keras
from keras import layers
import numpy as np


def data(num_rows=96, num_features=6, num_classes=3, seed=0):
    """Features with some information on the label."""
    rng = np.random.default_rng(seed)
    y = rng.integers(num_classes, size=num_rows)
    x = (
        rng.normal(size=(num_rows, num_features))
        + np.eye(num_classes, num_features)[y]
    )
    return x.astype("float32"), y


def stack():
    return [
        layers.Dense(8, activation="relu", name="first"),
        layers.BatchNormalization(name="norm"),
        layers.Dropout(0.3, name="drop"),
        layers.Dense(4, activation="tanh", name="second"),
        layers.Dense(3, name="logits"),
    ]


def functional():
    x = inputs = keras.Input((6,))
    for layer in stack():
        x = layer(x)
    return keras.Model(inputs, x)


def sequential():
    return keras.Sequential([keras.Input((6,)), *stack()])


def unbuilt():
    return keras.Sequential(stack())


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.stages = stack()

    def call(self, x, training=None):
        for stage in self.stages:
            options = {}
            if stage.name in ("norm", "drop"):
                options["training"] = training
            x = stage(x, **options)
        return x


def nested():
    first, norm, drop, second, logits = stack()
    encoder = keras.Sequential([keras.Input((6,)), first, norm, drop])
    inputs = keras.Input((6,))
    return keras.Model(inputs, logits(second(encoder(inputs))))


KINDS = {
    "functional": functional,
    "sequential": sequential,
    "unbuilt": unbuilt,
    "subclassed": Subclassed,
    "nested": nested,
}
TAPS = ["first", "second", "logits"]


def compiled(kind, scope=None, **options):
    """A model of that kind, compiled, the same at every call."""
    keras.utils.set_random_seed(1)
    make = KINDS[kind] if isinstance(kind, str) else kind
    if scope is None:
        model = make()
        _compile(model, options)
    else:
        with scope:
            model = make()
            _compile(model, options)
    keras.utils.set_random_seed(2)
    return model


def _compile(model, options):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        **{"optimizer": keras.optimizers.Adam(0.01), "loss": loss} | options
    )
