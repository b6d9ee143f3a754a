"""Trains random programs without and with the callback; compares every bit.

    python benchmarks/identical.py --count 150 --seed 0

Each number of a seed is one program of a small grammar: what X is, one to three
stages (dropout, noise, batch normalisation, seeds, draws from the global
generator), loss, optimizer, loop, how `compile` and `fit` are set, and what the
callback is given. Compared are weights, the optimizer's state, the states of
all generators of numbers, counters, and the History. A program that does not
repeat itself without the callback, or that Keras refuses, is counted apart.
Some 4 s of processor time a program; with `KERAS_BACKEND=jax`, too.
"""

import argparse
import collections
import random
import sys
import tempfile
import warnings

import keras
from keras import layers, losses, ops
from keras.src.random.seed_generator import global_seed_generator
import numpy as np

import keras_ib

ON_JAX = keras.config.backend() == "jax"
NUM_SAMPLES, NUM_CLASSES, WIDTH = 64, 3, 8


class Drawn(layers.Layer):
    """Draws from Keras' global generator, also in inference."""

    def call(self, x):
        return x + 0.1 * keras.random.normal(ops.shape(x))


class Seeded(layers.Layer):
    """Draws from a generator of its own, also in inference."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator()

    def call(self, x):
        return x + 0.1 * keras.random.normal(ops.shape(x), seed=self.seeds)


class Moving(layers.Layer):
    """Assigns to a weight, also in inference."""

    def build(self, shape):
        self.mean = self.add_weight(shape=(shape[-1],), trainable=False)

    def call(self, x):
        self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
        return x - self.mean


class OwnStep(keras.Model):
    """A model with a loss of its own."""

    def compute_loss(self, x=None, y=None, y_pred=None, *others, **more):
        loss = super().compute_loss(x, y, y_pred, *others, **more)
        return loss + 1e-3 * ops.mean(ops.square(y_pred))


# What X is: a shape, and layers from it to a vector.
INPUTS = {
    "rows": ((6,), lambda: []),
    "images": (
        (6, 6, 1),
        lambda: [
            layers.RandomFlip(),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
        ],
    ),
    "sequences": (
        (5, 3),
        lambda: [layers.LSTM(WIDTH, dropout=0.2, recurrent_dropout=0.2)],
    ),
    "ids": (
        (4,),
        lambda: [layers.Embedding(9, 4), layers.Flatten()],
    ),
}
STAGES = {
    "dropout": lambda: layers.Dropout(0.4),
    "alpha dropout": lambda: layers.AlphaDropout(0.2),
    "noise": lambda: layers.GaussianNoise(0.3),
    "normalisation": layers.BatchNormalization,
    "renormalised kernels": lambda: layers.SpectralNormalization(
        layers.Dense(WIDTH)
    ),
    "seeds": Seeded,
    "average": Moving,
    # Keras on JAX refuses numbers without a seed in `call`.
    **({} if ON_JAX else {"global generator": Drawn}),
}
OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "adamw, ema": lambda: keras.optimizers.AdamW(
        0.01, use_ema=True, ema_overwrite_frequency=3
    ),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, centered=True),
    "lion": lambda: keras.optimizers.Lion(0.003),
    "accumulated": lambda: keras.optimizers.Adam(
        0.01, gradient_accumulation_steps=2
    ),
    "scheduled": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(0.1, 8)
    ),
}
LOSSES = {
    "classes": lambda: losses.SparseCategoricalCrossentropy(from_logits=True),
    "one-hot": lambda: losses.CategoricalCrossentropy(from_logits=True),
    "quantities": losses.MeanSquaredError,
    "labels": lambda: losses.BinaryCrossentropy(from_logits=True),
}
COMPILE = {
    "graph": {"jit_compile": False},
    "jit": {"jit_compile": True},
    "eager": {"run_eagerly": True},
    "auto": {},
    "three steps a call": {"steps_per_execution": 3},
}
FIT = {
    "shuffled": {},
    "in order": {"shuffle": False},
    "validated": {"validation_split": 0.25},
    "weighted": {"sample_weight": np.linspace(0, 1, NUM_SAMPLES)},
}
LOOPS = ("fit", "fit", "two fits", "train_on_batch", "own loss")
CALLBACK = {
    "collected": {"measures": "binning"},
    "given": {"is_given": True, "measures": "logdet"},
    "the default": {},
    "given, in groups": {
        "is_given": True,
        "groups": np.arange(NUM_SAMPLES) // 4,
        "measures": "binning",
    },
    "given, two draws": {
        "is_given": True,
        "draws": 2,
        "probe_size": 32,
        "measures": "binning",
    },
}
GRAMMAR = {
    "x": INPUTS,
    "y": LOSSES,
    "optimizer": OPTIMIZERS,
    "loop": LOOPS,
    "compile": COMPILE,
    "fit": FIT,
    "callback": CALLBACK,
}


def sentence(seed):
    """One program of the grammar, `{part: choice}`."""
    rng = random.Random(seed)
    stages = rng.sample(list(STAGES), rng.randint(1, 3))
    chosen = {part: rng.choice(list(of)) for part, of in GRAMMAR.items()}
    return {"seed": seed, "stages": stages, **chosen}


def arrays(chosen):
    """X and Y of a program."""
    rng = np.random.default_rng(chosen["seed"])
    x = rng.normal(size=(NUM_SAMPLES, *INPUTS[chosen["x"]][0]))
    if chosen["x"] == "ids":
        x = rng.integers(9, size=x.shape)
    y = rng.integers(NUM_CLASSES, size=NUM_SAMPLES)
    y = {
        "classes": y,
        "one-hot": np.eye(NUM_CLASSES)[y],
        "quantities": rng.normal(size=(NUM_SAMPLES, NUM_CLASSES)),
        "labels": rng.integers(2, size=(NUM_SAMPLES, NUM_CLASSES)),
    }[chosen["y"]]
    return x.astype("float32"), y.astype("float32")


def _largest(y, z):
    return ops.max(z, axis=-1)


def build(chosen):
    """The model of a program, compiled."""
    shape, first = INPUTS[chosen["x"]]
    inputs = z = keras.Input(shape)
    for layer in (*first(), layers.Dense(WIDTH, "relu")):
        z = layer(z)
    for stage in chosen["stages"]:
        z = layers.Dense(WIDTH, "tanh")(STAGES[stage]()(z))
    made = OwnStep if chosen["loop"] == "own loss" else keras.Model
    model = made(inputs, layers.Dense(NUM_CLASSES, name="out")(z))
    model.compile(
        OPTIMIZERS[chosen["optimizer"]](),
        LOSSES[chosen["y"]](),
        metrics=[keras.metrics.MeanMetricWrapper(_largest)],
        **COMPILE[chosen["compile"]],
    )
    return model


def train(chosen, callbacks):
    """The model after its training."""
    model, (x, y) = build(chosen), arrays(chosen)
    if chosen["loop"] == "train_on_batch":
        _by_batches(model, x, y, callbacks)
        return model
    for _ in range(2 if chosen["loop"] == "two fits" else 1):
        model.fit(
            *(x, y),
            batch_size=16,
            epochs=2,
            verbose=0,
            callbacks=callbacks,
            **FIT[chosen["fit"]],
        )
    return model


def _by_batches(model, x, y, callbacks):
    listed = keras.callbacks.CallbackList(callbacks, model=model)
    listed.on_train_begin()
    listed.on_epoch_begin(0)
    for batch in range(4):
        listed.on_train_batch_begin(batch)
        model.train_on_batch(x[batch::4], y[batch::4])
        listed.on_train_batch_end(batch)
    listed.on_epoch_end(0)
    listed.on_train_end()


def state(chosen, callbacks):
    """All that a training leaves, `{name: bytes}`."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(chosen["seed"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = train(chosen, callbacks)
    variables = [
        *model.variables,
        *model.optimizer.variables,
        global_seed_generator().state,
    ]
    found = {
        f"{i} {v.path}": ops.convert_to_numpy(v).tobytes()
        for i, v in enumerate(variables)
    }
    history = getattr(model, "history", None)
    drawn = random.random(), np.random.random()
    return (
        found
        | {"other generators": repr(drawn).encode()}
        | {
            f"History of {key}": repr(values).encode()
            for key, values in (history.history if history else {}).items()
        }
    )


def compare(chosen):
    """What became of a program: `"same"`, and why if it is not."""
    try:
        plain = state(chosen, [])
    except Exception as error:  # Whatever Keras raises.
        return "refused by Keras", f"{type(error).__name__}: {error}"[:200]
    given = dict(CALLBACK[chosen["callback"]])
    if given.pop("is_given", False):
        given["data"] = arrays(chosen)
    with tempfile.TemporaryDirectory() as folder:
        plane = keras_ib.InfoPlane(log_dir=f"{folder}/run", schedule=1, **given)
        watched = state(chosen, [plane])
        steps = plane.log.steps
    # The callback adds its numbers to the History.
    differ = [key for key in plain if plain[key] != watched.get(key)]
    if not differ:
        return "same", f"{len(plain)} parts, {len(steps)} measurements"
    if state(chosen, []) != plain:
        return "does not repeat itself", ", ".join(differ)[:200]
    return "different", ", ".join(differ)[:200]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    counts = collections.Counter()
    for seed in range(given.seed, given.seed + given.count):
        chosen = sentence(seed)
        outcome, why = compare(chosen)
        counts[outcome] += 1
        print(f"{outcome:<8} {chosen}: {why}", flush=True)
    print(", ".join(f"{n} {outcome}" for outcome, n in counts.items()))
    sys.exit(counts["different"] > 0)


if __name__ == "__main__":
    main()
