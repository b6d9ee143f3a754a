"""One training: its model, data and run folder, and how it goes on.

A training that was stopped at any time and resumed makes the same weights
and the same measurements as one that was not: batches depend on the seed and
the epoch alone, and the model is saved whole, with its optimizer, after each
epoch.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
import sys
from typing import Any

import keras

from keras_ib import models, runtime, taps
from keras_ib.callbacks import InfoPlane
from keras_ib.checkpoints import files as weightfiles
from keras_ib.data import datasets
from keras_ib.logs.config import update_config
from keras_ib.logs.lock import Lock
from keras_ib.notices import short, warn
from keras_ib.training import folder as run_folder
from keras_ib.training.epochs import Batches, EveryEpoch
from keras_ib.training.recipes import compile_model, complete

MODEL = run_folder.MODEL
OF_PLANE = (
    *("measures", "taps", "schedule", "probe_size", "draws", "null"),
    "seed",
)


class WorkerLostError(RuntimeError):
    """Another machine of a training does not answer any more."""


def train(
    model: keras.Model,
    *data: Any,
    test: tuple,
    folder: Path | None,
    training: dict[str, Any],
    planes: Sequence[InfoPlane],
    callbacks: Sequence[keras.callbacks.Callback] = (),
    test_batch_size: int | None = None,
    **options: Any,
) -> dict[str, float]:
    """Trains a model, tests it, and keeps in a folder what was done.

    Args:
        model: A compiled model.
        *data: What `model.fit` trains on, such as `x, y`.
        test: `(x, y)`, arrays `[m, ...]` and `[m]` that it is tested on.
        folder: Whose `config.json` says how the model was trained and what
            came out; None for the processes that do not write.
        training: How it is trained, a dict that JSON can hold.
        planes: What watches the training.
        callbacks: What comes after them.
        test_batch_size: Rows of a batch of the test.
        **options: Of `model.fit`.

    Returns:
        `{"test_accuracy": ..., "test_loss": ...}`.

    Raises:
        WorkerLostError: If another machine does not answer any more.
    """
    callbacks = [*planes, *callbacks]
    if folder is not None:
        start = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
        run_folder.begin(folder, training, anew=start == 0)
    try:
        model.fit(*data, callbacks=callbacks, **options)
        found = model.evaluate(
            *test, batch_size=test_batch_size, verbose=0, return_dict=True
        )
    except runtime.backend.WORKER_LOST_ERRORS as error:
        raise WorkerLostError(
            "Another machine of this training does not answer any more. "
            f"What was measured is in {folder}."
        ) from error
    result = {f"test_{name}": value for name, value in found.items()}
    if folder is not None:
        try:
            update_config(folder, "result", result)
        except (OSError, ValueError) as error:
            warn(
                f"The result could not be written to {folder}: {short(error)}. "
                "The same command with --resume writes it."
            )
    return result


class Training:
    """A model, its data and its run folder, ready to fit.

    Args:
        options: Values of the options of `keras-ib train`, by name.
        folder: The run folder, or None for the default one.
        resume: Whether to go on with the run that is there.

    Attributes:
        options: With all defaults filled in.
        plane: What watches the training, an `InfoPlane`.
        result: What came out, known after `fit`.
        has_begun: Whether the first step was made.

    Raises:
        ValueError, OSError: If anything does not fit.
    """

    def __init__(
        self, options: dict[str, Any], folder: Path | None, resume: bool
    ):
        self.options = given = complete(options)
        self.resume = resume
        self.folder = folder or Path("runs") / "-".join(
            str(given[key]) for key in ("arch", "shortcut", "dataset", "seed")
        )
        # First: TensorFlow finds other machines before anything runs only.
        strategy = runtime.backend.make_strategy(given["strategy"])
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
        self.num_replicas = runtime.backend.describe(self.model)["num_replicas"]
        self.is_chief = runtime.backend.is_chief(self.model)
        if self.is_chief:
            run_folder.check(self.folder, given, resume)
        _check_batch(given["batch_size"], self.num_replicas)
        # Devices must share a batch evenly under JAX, the last one, too.
        on_jax = keras.backend.backend() == "jax"
        self.num_left_out = (
            len(self.data.x_test) % self.num_replicas if on_jax else 0
        )
        self.taps = list(taps.select(self.model, given["taps"]))
        iterations = keras.ops.convert_to_numpy(self.model.optimizer.iterations)
        self.first_epoch = int(iterations) // len(self.batches)
        path = self.folder / MODEL if self.is_chief else None
        self._epochs = EveryEpoch(self.batches, path)
        self.result: dict[str, float] = {}
        self.plane = InfoPlane(
            {
                "train": (self.data.x_train, self.data.y_train),
                "test": (self.data.x_test, self.data.y_test),
            },
            log_dir=self.folder,
            verbose=0 if sys.stdout.isatty() else 1,
            **{key: given[key] for key in OF_PLANE},
        )

    @property
    def has_begun(self) -> bool:
        return self._epochs.have_begun

    def fit(self):
        """Trains up to the last epoch, saves after each, and tests.

        Raises:
            WorkerLostError: If another machine does not answer any more.
            ValueError, OSError: If `InfoPlane` refuses something, which it
                does before the first step.
        """
        if not self.is_chief:
            self._fit()
            return
        with Lock(self.folder):
            # Another process may have begun there since.
            run_folder.check(self.folder, self.options, self.resume)
            self._fit()

    def _fit(self):
        test = self._test_samples()
        self.result = train(
            self.model,
            self.batches,
            test=test,
            folder=self.folder if self.is_chief else None,
            training=self.options,
            # Measured before it is saved: the log is never behind.
            planes=[self.plane],
            callbacks=[self._epochs],
            test_batch_size=self.batches.batch_size,
            # Keras would shuffle the batches, from its own random state.
            shuffle=False,
            initial_epoch=self.first_epoch,
            epochs=self.options["epochs"],
            validation_data=test,
            # A multiple of the replicas, as Keras' own may not be.
            validation_batch_size=self.batches.batch_size,
            verbose="auto" if sys.stdout.isatty() else 2,
        )

    def _test_samples(self):
        count = len(self.data.x_test) - self.num_left_out
        return self.data.x_test[:count], self.data.y_test[:count]

    def _model(self, resume):
        given, path = self.options, self.folder / MODEL
        keras.utils.set_random_seed(given["seed"])
        if resume and path.exists():
            return _load(path)
        with _dtype_policy(given["precision"]):
            model = models.FAMILIES[given["arch"]](
                self.data.x_train.shape[1:],
                self.data.num_classes,
                variant=given["variant"],
                shortcut=given["shortcut"],
            )
        return compile_model(
            model,
            given["learning_rate"],
            optimizer=given["optimizer"],
            weight_decay=given["weight_decay"],
        )


def _load(path):
    weightfiles.read(path)
    try:
        return keras.models.load_model(path)
    # Keras, zipfile and h5py raise what they like.
    except Exception as error:
        raise ValueError(
            f"{path} is damaged ({short(error, 60)}). Remove it to train from "
            "the start, or put a copy of it there."
        ) from error


def _check_batch(batch_size, num_replicas):
    """Raises a `ValueError` if the replicas cannot share a batch evenly.

    Their gradients would not be those of the whole batch, or, on JAX, there
    would be an error from deep within.
    """
    if batch_size % num_replicas:
        raise ValueError(
            f"The batch size must be a multiple of the {num_replicas} "
            f"replicas, which share a batch. Received: {batch_size}. Choose "
            f"such as {-(-batch_size // num_replicas) * num_replicas}."
        )


@contextmanager
def _dtype_policy(name) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
