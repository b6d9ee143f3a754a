"""What `keras-ib train` and `keras-ib measure` print and draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import numpy as np

from keras_ib import plotting
from keras_ib.logs.files import CONFIG, ROWS
from keras_ib.logs.lines import reads_x_alone
from keras_ib.logs.run import RunLog
from keras_ib.training.folder import MODEL
from keras_ib_cli.tables import echo_table

if TYPE_CHECKING:
    from keras_ib.training.experiment import Training

# Columns of the closing table: measure, field, and which of its values.
SUMMARY = (
    ("zx/fvu", "first", "lowest", "last"),
    ("zy/ce", "first", "last"),
    ("zy/fvu", "first", "last"),
    ("binning/i_xz", "first", "last"),
    ("binning/i_zy", "first", "last"),
)
PICK = {
    "first": lambda values: values[0],
    "lowest": np.fmin.reduce,  # Of those that are numbers.
    "last": lambda values: values[-1],
    "": lambda values: values[0],
}


def echo_plan(training: Training):
    """Says what will be done."""
    given, data = training.options, training.data
    shape = "x".join(map(str, data.x_train.shape[1:]))
    start = f", from epoch {training.first_epoch + 1}"
    left_out = (
        f"; {training.num_left_out} test samples are not part of the accuracy, "
        f"which {training.num_replicas} devices share"
    )
    for name, text in {
        "model": f"{given['arch']} {given['variant']}, shortcut "
        f"{given['shortcut']}, {training.model.count_params():,} parameters",
        "data": f"{data.name}, {len(data.x_train):,} training and "
        f"{len(data.x_test):,} test samples of {shape}, {data.num_classes} "
        f"classes{left_out if training.num_left_out else ''}",
        "training": f"{given['epochs']} epochs of {len(training.batches)} "
        f"steps of {given['batch_size']} samples"
        f"{start if training.first_epoch else ''}",
        "optimizer": f"{given['optimizer']}, learning rate "
        f"{given['learning_rate']:g}, weight decay {given['weight_decay']:g}",
        "devices": f"{given['strategy']}, {given['precision']}",
        "measures": f"{', '.join(given['measures'])} at taps "
        f"{', '.join(training.taps)}; schedule {_names(given['schedule'])}",
        "output": training.folder,
    }.items():
        click.echo(f"{name:<10} {text}")


def _names(value):
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def echo_results(training: Training):
    """Draws the figures, and prints a table of the taps and all paths."""
    if not training.is_chief:
        click.echo("The chief writes the run folder.")
        return
    log, folder = training.plane.log, training.folder
    echo_log(log)
    accuracy = training.result["test_accuracy"]
    click.echo(f"\ntest accuracy  {accuracy:.2%}\n")
    for file in [CONFIG, ROWS, MODEL, *draw(log)]:
        click.echo(folder / file)


def echo_log(log: RunLog):
    """Prints a table of the taps for each probe set."""
    for name, about in log.config["data"].items():
        click.echo(
            f"\n{name}: {about['num_fit']:,} samples fit the decoders, "
            f"{about['num_held_out']:,} are held out"
        )
        _echo_taps(log, name)


def draw(log: RunLog) -> list[str]:
    """Draws the figures that the log has the fields for; their names."""
    drawn = []
    # Of one field alone the dynamics show as much.
    if None not in log.default_axes:
        plotting.plane(log, path=log.folder / "plane.png")
        drawn.append("plane.png")
    plotting.dynamics(log, path=log.folder / "dynamics.png")
    return [*drawn, "dynamics.png"]


def _echo_taps(log, data):
    summary = [line for line in SUMMARY if line[0] in log.fields]
    columns = [
        (field, target, pick)
        for field, *picks in summary or [(f, "last") for f in log.fields]
        for target in _targets(log, field)
        # One measurement is first, lowest and last at once.
        for pick in (picks if len(log.steps) > 1 else [""])
    ]
    rows = [
        [tap, *(_value(log, tap, data, *column) for column in columns)]
        for tap in log.taps
    ]
    header = (
        f"{f'{target} ' if target else ''}{field} {pick}".strip()
        for field, target, pick in columns
    )
    echo_table(["tap", *header], rows)


def _targets(log, field):
    """The targets that a field is shown of, by name where there are several."""
    of_all = reads_x_alone(*field.split("/")) or len(log.targets) < 2
    return [None] if of_all else log.targets


def _value(log, tap, data, field, target, pick):
    values = log.series(tap, field, data=data, target=target)[1]
    return float(PICK[pick](values)) if len(values) else None
