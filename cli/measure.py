"""`keras-ib measure`: models that were saved, without a training."""

from pathlib import Path
from typing import Any

import click

from keras_ib import names
from keras_ib_cli.errors import as_usage_errors, check_backend
from keras_ib_cli.options import (
    COUNT,
    MEASURES,
    NAMES,
    NULL,
    OUTPUT_FOLDER,
    PROBE_SIZE,
    TEXT,
    Choice,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SETS = ("train", "test")


@click.command(context_settings={"show_default": True})
@click.option(
    "--model",
    type=FILE,
    help="A .keras file; beside --checkpoints, what .weights.h5 files fit.",
)
@click.option(
    "--checkpoints",
    type=FOLDER,
    help="Folder with the .keras or .weights.h5 files of one training.",
)
@click.option(
    "--dataset",
    type=Choice(names.DATASETS),
    help="See keras-ib list datasets.",
)
@click.option(
    "--data-dir", type=TEXT, help="Folder with the files of the dataset."
)
@click.option("--num-train", type=COUNT, help="Training samples to draw.")
@click.option(
    "--data",
    type=FILE,
    help="An .npz file with x, y or with x_train, y_train, x_test, y_test.",
)
@click.option("--measures", type=MEASURES, default="zx,zy")
@click.option(
    "--taps", type=NAMES, default="auto", help="auto, or stem,block_*,..."
)
@click.option("--probe-size", type=PROBE_SIZE, default=2048)
@click.option("--draws", type=COUNT, default=1, help="Draws of the probe data.")
@NULL
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=0)
@click.option(
    "--output",
    type=OUTPUT_FOLDER,
    help="Run folder, also one to go on with.  [default: runs/measured-NAME]",
)
def measure(
    model: Path | None,
    checkpoints: Path | None,
    data: Path | None,
    output: Path | None,
    taps: list[str],
    measures: list[str],
    probe_size: int,
    draws: int,
    null: Any,
    **given: Any,
):
    """Measures a saved model, or all checkpoints of a training.

    Writes a run folder as that of `keras-ib train`: config.json and
    info_plane.jsonl, and of several checkpoints plane.png and dynamics.png.
    What the folder has already is not measured again.
    """
    _check(model, checkpoints, data, given)
    check_backend()
    import keras_ib
    from keras_ib.logs.files import CONFIG, ROWS
    from keras_ib_cli import report

    output = output or _default_folder(model, checkpoints)
    with as_usage_errors():
        log = keras_ib.measure_checkpoints(
            checkpoints or [model],
            _sets(data, **given),
            model=model,
            measures=measures,
            taps="auto" if taps == ["auto"] else taps,
            probe_size=probe_size,
            draws=draws,
            null=null,
            log_dir=output,
            seed=given["seed"],
            verbose=True,
        )
    report.echo_log(log)
    click.echo()
    drawn = report.draw(log) if len(log.steps) > 1 else []
    for file in [CONFIG, ROWS, *drawn]:
        click.echo(output / file)


def _check(model, checkpoints, data, given):
    if model is None and checkpoints is None:
        raise click.UsageError(
            "Give --model FILE.keras, or --checkpoints with a folder of them."
        )
    if (data is None) == (given["dataset"] is None):
        raise click.UsageError(
            "Give the samples to look at: either --dataset NAME, or --data "
            "FILE.npz."
        )
    if data and (given["data_dir"] or given["num_train"]):
        raise click.UsageError(
            "--data-dir and --num-train go with --dataset, not with --data."
        )


def _default_folder(model, checkpoints):
    of = checkpoints.resolve().name if checkpoints else model.stem
    return Path("runs") / f"measured-{of}"


def _sets(path, dataset, **options):
    """The probe sets: those of a file, or of a dataset by name."""
    from keras_ib.data import datasets

    arrays = _read(path) if path else vars(datasets.load(dataset, **options))
    if {"x", "y"} <= arrays.keys():
        return arrays["x"], arrays["y"]
    wanted = [f"{array}_{name}" for name in SETS for array in "xy"]
    if not set(wanted) <= arrays.keys():
        raise ValueError(
            f"{path} has the arrays {', '.join(arrays)}; expected are x and "
            f"y, or {', '.join(wanted)}. Save it with np.savez."
        )
    return {name: (arrays[f"x_{name}"], arrays[f"y_{name}"]) for name in SETS}


def _read(path):
    from keras_ib.archives import read_npz

    arrays = read_npz(path)
    for name, array in arrays.items():
        if not array.ndim:
            raise ValueError(
                f"{path} has a single number for {name}. Save an array with "
                "one row a sample."
            )
    return arrays
