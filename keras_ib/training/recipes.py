"""How the models of this package are trained, where nothing else is said."""

import inspect
from typing import Any, NamedTuple

import keras

from keras_ib import models

BATCH_SIZE = 64
OPTIMIZER = "adamw"
WEIGHT_DECAY = 1e-4


class Recipe(NamedTuple):
    """Epochs and learning rate of a family."""

    epochs: int
    learning_rate: float


# With these the tiny variants reach 96 % on the digits with every shortcut,
# in a minute or so on two cores.
RECIPES = {
    "mixer": Recipe(30, 2e-3),
    "resnet": Recipe(15, 3e-3),
    "vit": Recipe(30, 1e-3),
    "mlp": Recipe(15, 1e-3),
}


def complete(options: dict[str, Any]) -> dict[str, Any]:
    """Options of `keras-ib train`, with defaults that depend on others.

    Args:
        options: By name; None where an option was left out.
    """
    families: dict[str, Any] = models.FAMILIES
    family = families[options["arch"]]
    on_szt = options["arch"] == "mlp" and options["dataset"] == "szt"
    defaults = RECIPES[options["arch"]]._asdict() | {
        "shortcut": inspect.signature(family).parameters["shortcut"].default,
        "variant": "szt" if on_szt else "tiny",
    }
    found = {
        key: defaults.get(key) if value is None else value
        for key, value in options.items()
    }
    return found | ({"taps": "auto"} if found["taps"] == ["auto"] else {})


def compile_model(
    model: keras.Model,
    learning_rate: float,
    *,
    optimizer: str = OPTIMIZER,
    weight_decay: float = WEIGHT_DECAY,
) -> keras.Model:
    """Compiles a classifier that returns logits; returns it.

    Args:
        model: `[n, ...] -> [n, num_classes]` logits.
        learning_rate: Of the optimizer.
        optimizer: Name of the optimizer; SGD gets the momentum 0.9.
        weight_decay: Of the optimizer.
    """
    config = {"learning_rate": learning_rate, "weight_decay": weight_decay}
    if optimizer == "sgd":
        config["momentum"] = 0.9
    model.compile(
        keras.optimizers.get({"class_name": optimizer, "config": config}),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model
