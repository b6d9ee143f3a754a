"""`keras-ib train`: train a model, watch it, draw it."""

from pathlib import Path
from typing import Any

import click

from keras_ib import names
from keras_ib_cli.errors import (
    as_usage_errors,
    check_backend,
    ended_by_the_disk,
    spoken,
)
from keras_ib_cli.interrupts import ended_by_ctrl_c
from keras_ib_cli.options import (
    COUNT,
    MEASURES,
    NAMES,
    NULL,
    OUTPUT_FOLDER,
    PROBE_SIZE,
    SCHEDULE,
    TEXT,
    Choice,
    Positive,
)


@click.command(context_settings={"show_default": True})
@click.option("--arch", type=Choice(names.FAMILIES), required=True)
@click.option(
    "--shortcut",
    type=Choice(names.SHORTCUTS),
    help="[default: identity; mlp: none]",
)
@click.option("--variant", type=TEXT, help="[default: tiny; mlp on szt: szt]")
@click.option(
    "--dataset",
    type=Choice(names.DATASETS),
    default="digits",
    help="See keras-ib list datasets.",
)
@click.option(
    "--data-dir", type=TEXT, help="Folder with the files of the dataset."
)
@click.option("--num-train", type=COUNT, help="Training samples to draw.")
@click.option("--epochs", type=COUNT, help="[default: by the model]")
@click.option("--batch-size", type=COUNT, default=64)
@click.option(
    "--optimizer",
    type=Choice(names.OPTIMIZERS),
    default="adamw",
    help="sgd has momentum 0.9.",
)
@click.option(
    "--learning-rate",
    type=Positive(),
    help="[default: by the model]",
)
@click.option("--weight-decay", type=Positive(or_zero=True), default=1e-4)
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=0)
@click.option("--measures", type=MEASURES, default="zx,zy")
@click.option(
    "--taps", type=NAMES, default="auto", help="auto, or stem,block_*,..."
)
@click.option("--schedule", type=SCHEDULE, default="log")
@click.option("--probe-size", type=PROBE_SIZE, default=2048)
@click.option(
    "--draws",
    type=COUNT,
    default=1,
    help="Draws of the probe data; two or more show the noise of the numbers.",
)
@NULL
@click.option(
    "--strategy",
    type=Choice(names.STRATEGIES),
    default="auto",
    help="mirrored: all GPUs, or all logical CPUs; multiworker: the machines "
    "of TF_CONFIG; auto: a TPU or several GPUs, if there are.",
)
@click.option(
    "--precision",
    type=Choice(names.PRECISIONS),
    default="float32",
)
@click.option(
    "--output",
    type=OUTPUT_FOLDER,
    help="Run folder.  [default: runs/ARCH-SHORTCUT-DATASET-SEED]",
)
@click.option("--resume", is_flag=True, help="Go on with a stopped run.")
def train(output: Path | None, resume: bool, **arguments: Any):
    """Trains a model and draws how information moves through its layers.

    Writes a run folder: config.json (these options, what was measured, and
    the test accuracy), info_plane.jsonl (the measurements), model.keras (as
    of the last whole epoch), plane.png and dynamics.png.
    """
    _check_variant(arguments["arch"], arguments["variant"])
    check_backend()
    from keras_ib.training.experiment import Training
    from keras_ib_cli import report

    with as_usage_errors():
        training = Training(arguments, output, resume)
    report.echo_plan(training)
    hint = (
        "The same command with --resume goes on from the last whole epoch in "
        f"{training.folder}."
    )
    with ended_by_ctrl_c(hint), ended_by_the_disk(hint):
        _fit(training)
        report.echo_results(training)


def _check_variant(arch, variant):
    known = names.VARIANTS[arch]
    if variant is not None and variant not in known:
        raise click.UsageError(
            f"Invalid value for '--variant' of {arch}: "
            f"{names.unknown('name', variant, known)}"
        )


def _fit(training):
    from keras_ib.training.experiment import WorkerLostError

    try:
        training.fit()
    except WorkerLostError as error:
        raise click.ClickException(
            f"{error} The same command with --resume, on all machines, goes "
            "on from the last whole epoch."
        ) from error
    except (ValueError, OSError) as error:
        if training.has_begun:
            raise
        raise click.UsageError(spoken(str(error))) from error
