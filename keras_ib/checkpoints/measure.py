"""A training measured after the fact, from the checkpoints that it saved."""

from collections.abc import Sequence
from contextlib import closing, contextmanager
import math
from pathlib import Path
import tempfile
from typing import Any, Literal

import keras

from keras_ib import checks
from keras_ib import probe as probe_module
from keras_ib.checkpoints import files as weightfiles
from keras_ib.logs.files import CONFIG
from keras_ib.logs.jsonl import JSONLines
from keras_ib.logs.run import RunLog
from keras_ib.measures import Measure
from keras_ib.notices import short
from keras_ib.recorder import Recorder
from keras_ib.runtime import backend
from keras_ib.taps import symbol_inputs


def measure_checkpoints(
    checkpoints: str | Path | Sequence,
    data: Any,
    *,
    model: Any = None,
    measures: str | Measure | Sequence = "plane",
    target: Any = "auto",
    taps: Any = "auto",
    probe_size: int = 2048,
    draws: int = 1,
    null: Literal["permuted"] | None = None,
    log_dir: str | Path,
    seed: int = 0,
    verbose: bool = False,
) -> RunLog:
    """Measures what every checkpoint of a training holds of X and Y.

    The numbers are those that `InfoPlane` logs at the same steps, given the
    same data and seed, and the run folder is of the same kind:

        log = keras_ib.measure_checkpoints(
            "checkpoints", data=(x, y), log_dir="runs/measured"
        )
        keras_ib.plotting.plane(log, path="plane.png")

    The steps are the optimizer iterations that the files hold, else the last
    integers in their names, else their places in the natural order of the
    names; `config.json` says which, under `steps`. A call that was cut off,
    or that is made again for more checkpoints, does not measure again what
    is in `log_dir`.

    Cost: that of `InfoPlane` for each checkpoint, and reading the files. The
    model is built and compiled once.

    Args:
        checkpoints: A folder, or a list of files: `.keras` models, or
            `.weights.h5` files of the weights of one model.
        data: `(x, y)`, or several sets by name, as in `InfoPlane`.
        model: A Keras model, or the `.keras` file of one, that the weights
            fit; the first `.keras` file of the checkpoints where left out.
            The model's own weights are back in it afterwards.
        measures: As in `InfoPlane`.
        target: As in `InfoPlane`.
        taps: As in `InfoPlane`.
        probe_size: As in `InfoPlane`.
        draws: As in `InfoPlane`.
        null: As in `InfoPlane`.
        log_dir: The run folder, a new one or the one to go on with.
        seed: Seed for drawing the probe rows.
        verbose: Whether to print a line for each checkpoint.

    Returns:
        The `RunLog` of the folder; the epoch of its rows is not known.

    Raises:
        ValueError: If a file cannot be read or does not fit the model, two
            files are of one step, `log_dir` holds another run, or as from
            `InfoPlane`.
    """
    probe_size, draws = probe_module.check_size(probe_size, draws)
    seed, verbose = checks.seed(seed), checks.flag("verbose", verbose)
    log_dir = checks.path("log_dir", log_dir)
    if not isinstance(model, keras.Model | None):
        model = checks.path("model", model)
    source, files = weightfiles.by_step(weightfiles.find(checkpoints, model))
    model = _architecture(model, files)
    probes = probe_module.draw_all(
        data,
        target=target,
        loss=getattr(model, "loss", None),
        output_names=getattr(model, "output_names", None),
        output_size=probe_module.output_size(model),
        size=probe_size,
        seed=seed,
        draws=draws,
        symbols=symbol_inputs(model),
    )
    recorder = Recorder(model, probes, measures=measures, taps=taps, null=null)
    _check_shapes(model, files.values())
    writer = JSONLines(log_dir)
    config = _config(log_dir, {"seed": seed, "steps": source}, files)
    with (
        closing(recorder),
        backend.restored(model, backend.snapshot(model)),
    ):
        # Also where it is in the log: what cannot be loaded shows now.
        _load(model, files[min(files)])
        recorder.open(math.inf, [writer], config, log_dir)
        for step in sorted(set(files) - writer.measured):
            _load(model, files[step])
            recorder.measure(step)
            if verbose:
                print(f"step {step:>9,}  {files[step].path}", flush=True)
    return RunLog(log_dir)


def _architecture(model, files):
    """The model that the weights are loaded into."""
    if isinstance(model, keras.Model):
        return model
    paths = [file.path for file in files.values()] if model is None else [model]
    path = next((p for p in paths if Path(p).suffix == ".keras"), None)
    if path is None:
        raise ValueError(
            f"model={model!r} and {len(files)} checkpoints without a .keras "
            "file do not say what the model is. Give model= a keras.Model or "
            "a .keras file that the weights fit."
        )
    weightfiles.read(Path(path))
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises whatever its own and the user's classes raise.
    except Exception as error:
        # Keras gives the reason after the whole configuration.
        reason = str(error).rpartition("Exception encountered: ")[2]
        raise ValueError(
            f"The model of {path} cannot be made. If it has classes of your "
            "own, register them with keras.saving.register_keras_serializable "
            f"or give model= a keras.Model. Keras says: {short(reason, 60)}"
        ) from error


def _check_shapes(model, files):
    """Raises a `ValueError` if a file has other weights than the model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        expected = weightfiles.read(path).shapes
    for file in files:
        for name in sorted(expected.keys() | file.shapes.keys()):
            there, here = file.shapes.get(name), expected.get(name)
            if there != here:
                raise ValueError(
                    f"{file.path} does not fit the model {model.name!r}: its "
                    f"weights {name} have the shape {there}, not {here} (None: "
                    "there are none). Leave the file out, or give model= the "
                    "model that it was saved from."
                )


def _load(model, file):
    try:
        with _without_optimizer(model):
            model.load_weights(file.path)
    # Keras, zipfile and h5py raise what they like.
    except Exception as error:
        raise ValueError(
            f"The weights in {file.path} cannot be loaded. Leave it out, or "
            f"save it again. Keras says: {short(error, 120)}"
        ) from error


@contextmanager
def _without_optimizer(model):
    """Keeps the optimizer of a user's model from being loaded, too."""
    optimizer = getattr(model, "optimizer", None)
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def _config(log_dir, config, files):
    """What the log is to say, if it can be gone on with."""
    listed = {
        step: {"step": step, "file": file.path.name, "crc32": file.crc32}
        for step, file in files.items()
    }
    if (Path(log_dir) / CONFIG).exists():
        old = RunLog(log_dir).config
        before = {one["step"]: one for one in old.get("checkpoints", ())}
        changed = [
            step
            for step in before.keys() & listed.keys()
            if before[step]["crc32"] != listed[step]["crc32"]
        ]
        if old.get("steps") != config["steps"] or changed:
            there = short(old.get("steps", "those of InfoPlane"))
            raise ValueError(
                f"log_dir={str(log_dir)!r} holds another run: its steps are "
                f"{there}, those of these checkpoints {config['steps']}, and "
                f"{len(changed)} of the files have changed. Give another "
                "log_dir."
            )
        listed = before | listed
    return config | {"checkpoints": [listed[step] for step in sorted(listed)]}
