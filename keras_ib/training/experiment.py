"""One training on the command line: what it needs, and how it goes on.

A training that was stopped at any time and resumed makes the same weights
and the same measurements as one that was not: batches depend on the seed and
the epoch alone, and the model is saved whole, with its optimizer, after each
epoch.
"""

from contextlib import contextmanager, nullcontext
import inspect
import json
from pathlib import Path
import sys

import keras

from keras_ib import models, runtime, taps
from keras_ib.callbacks import InfoPlane
from keras_ib.data import datasets
from keras_ib.logs.files import CONFIG, ROWS, SUPERSEDED
from keras_ib.training.epochs import Batches, EveryEpoch

MODEL = "model.keras"
ARGUMENTS = "train.json"
RESULT = "result.json"
# Epochs and learning rate with which the tiny variants reach 96 % on the
# digits with every shortcut, in a minute or so on two cores.
RECIPES = {
    "mixer": (30, 2e-3),
    "resnet": (15, 3e-3),
    "vit": (30, 1e-3),
    "mlp": (15, 1e-3),
}


class Training:
    """A model, its data and its run folder, ready to fit.

    Args:
        arguments: Values of the options of `keras-ib train`, by name.
        folder: The run folder, or None for the default one.
        resume: Whether to go on with the run that is there.

    Raises:
        ValueError, OSError: If anything does not fit.
    """

    def __init__(self, arguments, folder, resume):
        self.arguments = given = _complete(arguments)
        self.folder = folder or Path("runs") / "-".join(
            str(given[key]) for key in ("arch", "shortcut", "dataset", "seed")
        )
        # First: TensorFlow finds other machines before anything runs only.
        strategy = runtime.make_strategy(given["strategy"])
        self.data = datasets.load(
            given["dataset"],
            data_dir=given["data_dir"],
            num_train=given["num_train"],
            seed=given["seed"],
        )
        self.batches = Batches(
            self.data.x_train,
            self.data.y_train,
            given["batch_size"],
            given["seed"],
        )
        with strategy.scope() if strategy else nullcontext():
            self.model = self._model(resume)
        self.num_replicas = runtime.describe(self.model)["num_replicas"]
        self.is_chief = runtime.is_chief(self.model)
        if self.is_chief:
            self._check_folder(resume)
        _check_batch(given["batch_size"], self.num_replicas)
        # Devices must share a batch evenly under JAX, the last one, too.
        on_jax = keras.backend.backend() == "jax"
        self.num_left_out = (
            len(self.data.x_test) % self.num_replicas if on_jax else 0
        )
        self.taps = list(taps.select(self.model, given["taps"]))
        iterations = keras.ops.convert_to_numpy(self.model.optimizer.iterations)
        self.first_epoch = int(iterations) // len(self.batches)
        self.plane = InfoPlane(
            {
                "train": (self.data.x_train, self.data.y_train),
                "test": (self.data.x_test, self.data.y_test),
            },
            log_dir=self.folder,
            **{
                key: given[key]
                for key in (
                    "measures",
                    "taps",
                    "schedule",
                    "probe_size",
                    "draws",
                    "seed",
                )
            },
        )

    def fit(self):
        """Trains up to the last epoch and saves the model after each."""
        import click

        path = self.folder / MODEL if self.is_chief else None
        epochs = EveryEpoch(self.batches, path)
        if self.is_chief:
            self._begin_folder()
        try:
            self.model.fit(
                self.batches,
                # Keras would shuffle the batches, from its own random state.
                shuffle=False,
                initial_epoch=self.first_epoch,
                epochs=self.arguments["epochs"],
                validation_data=self._test_rows(),
                # A multiple of the replicas, as Keras' own may not be.
                validation_batch_size=self.batches.batch_size,
                # Measured before it is saved: the log is never behind.
                callbacks=[self.plane, epochs],
                verbose="auto" if sys.stdout.isatty() else 2,
            )
        except runtime.LOST as error:
            raise click.ClickException(
                "Another machine of this training does not answer any more. "
                f"What was measured is in {self.folder}; the same command "
                "with --resume, on all machines, goes on from the last whole "
                "epoch."
            ) from error
        except (ValueError, OSError) as error:
            # What InfoPlane refuses, it refuses before the first step.
            if epochs.have_begun:
                raise
            raise click.UsageError(str(error)) from error

    def test_accuracy(self):
        """Evaluates the trained model, and keeps the result in the folder."""
        found = self.model.evaluate(
            *self._test_rows(),
            batch_size=self.batches.batch_size,
            verbose=0,
            return_dict=True,
        )
        result = {f"test_{name}": value for name, value in found.items()}
        if self.is_chief:
            (self.folder / RESULT).write_text(json.dumps(result) + "\n")
        return found["accuracy"]

    def _test_rows(self):
        count = len(self.data.x_test) - self.num_left_out
        return self.data.x_test[:count], self.data.y_test[:count]

    def _begin_folder(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.arguments, indent=1) + "\n"
        (self.folder / ARGUMENTS).write_text(text)
        if self.first_epoch == 0:
            _set_aside(self.folder)

    def _check_folder(self, resume):
        path = self.folder / ARGUMENTS
        if not resume:
            if self.folder.is_dir() and any(self.folder.iterdir()):
                raise ValueError(
                    f"{self.folder} is not empty. Give --resume to go on with "
                    "the run in it, or another --output."
                )
            return
        if not path.exists():
            raise ValueError(
                f"{self.folder} holds no run to resume: it has no "
                f"{ARGUMENTS}. Leave --resume out to start one."
            )
        old = json.loads(path.read_text())
        for key, value in self.arguments.items():
            more = key == "epochs" and value >= old[key]
            if old.get(key) != value and not more:
                option = key.replace("_", "-")
                raise ValueError(
                    f"{self.folder} was begun with --{option} {old.get(key)}, "
                    f"not {value}. Resume with the same options (more "
                    "--epochs are welcome), or give another --output."
                )

    def _model(self, resume):
        given, path = self.arguments, self.folder / MODEL
        keras.utils.set_random_seed(given["seed"])
        if resume and path.exists():
            return keras.models.load_model(path)
        with _dtype_policy(given["precision"]):
            model = models.FAMILIES[given["arch"]](
                self.data.x_train.shape[1:],
                self.data.num_classes,
                variant=given["variant"],
                shortcut=given["shortcut"],
            )
        model.compile(
            _optimizer(given),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model


def _check_batch(batch_size, num_replicas):
    """Raises a `ValueError` if the replicas cannot share a batch evenly.

    Their gradients would not be those of the whole batch, or, on JAX, there
    would be an error from deep within.
    """
    if batch_size % num_replicas:
        raise ValueError(
            f"--batch-size {batch_size} is not a multiple of the "
            f"{num_replicas} replicas, which share a batch. Give a multiple, "
            f"such as {-(-batch_size // num_replicas) * num_replicas}."
        )


def _complete(arguments):
    """The options with the defaults that depend on other options."""
    given = dict(arguments)
    family = models.FAMILIES[given["arch"]]
    on_szt = given["arch"] == "mlp" and given["dataset"] == "szt"
    epochs, learning_rate = RECIPES[given["arch"]]
    defaults = {
        "shortcut": inspect.signature(family).parameters["shortcut"].default,
        "variant": "szt" if on_szt else "tiny",
        "epochs": epochs,
        "learning_rate": learning_rate,
    }
    for key, value in defaults.items():
        if given[key] is None:
            given[key] = value
    if given["taps"] == ["auto"]:
        given["taps"] = "auto"
    return given


def _optimizer(given):
    config = {
        "learning_rate": given["learning_rate"],
        "weight_decay": given["weight_decay"],
    }
    if given["optimizer"] == "sgd":
        config["momentum"] = 0.9
    return keras.optimizers.get(
        {"class_name": given["optimizer"], "config": config}
    )


@contextmanager
def _dtype_policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _set_aside(folder):
    """Clears the log of a run that was stopped before its first model."""
    if (folder / ROWS).exists():
        with open(folder / SUPERSEDED, "a", encoding="utf-8") as file:
            file.write((folder / ROWS).read_text(encoding="utf-8"))
        (folder / ROWS).unlink()
    (folder / CONFIG).unlink(missing_ok=True)
