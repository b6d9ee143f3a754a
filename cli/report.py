"""What `keras-ib train` and `keras-ib measure` print and draw."""

import click
import numpy as np

from keras_ib import plotting
from keras_ib.logs.files import CONFIG, ROWS
from keras_ib.training.experiment import ARGUMENTS, MODEL, RESULT
from keras_ib_cli.tables import echo_table

# Columns of the closing table: measure, field, and which of its values.
SUMMARY = (
    ("zx/fvu", "first", "lowest", "last"),
    ("zy/ce", "first", "last"),
    ("binning/i_xz", "first", "last"),
    ("binning/i_zy", "first", "last"),
)
PICK = {
    "first": lambda values: values[0],
    "lowest": np.nanmin,
    "last": lambda values: values[-1],
    "": lambda values: values[0],
}


def echo_plan(training):
    """Says what will be done."""
    given, data = training.arguments, training.data
    shape = "x".join(map(str, data.x_train.shape[1:]))
    start = f", from epoch {training.first_epoch + 1}"
    left_out = (
        f"; {training.num_left_out} test rows are not part of the accuracy, "
        f"which {training.num_replicas} devices share"
    )
    for name, text in {
        "model": f"{given['arch']} {given['variant']}, shortcut "
        f"{given['shortcut']}, {training.model.count_params():,} parameters",
        "data": f"{data.name}, {len(data.x_train):,} training and "
        f"{len(data.x_test):,} test rows of {shape}, {data.num_classes} "
        f"classes{left_out if training.num_left_out else ''}",
        "training": f"{given['epochs']} epochs of {len(training.batches)} "
        f"steps of {given['batch_size']} rows"
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


def echo_results(training):
    """Draws the figures, and prints a table of the taps and all paths."""
    accuracy = training.test_accuracy()  # All machines take part in it.
    if not training.is_chief:
        click.echo("The chief writes the run folder.")
        return
    log, folder = training.plane.log, training.folder
    echo_log(log)
    click.echo(f"\ntest accuracy  {accuracy:.2%}\n")
    for file in [ARGUMENTS, CONFIG, ROWS, MODEL, RESULT, *draw(log)]:
        click.echo(folder / file)


def echo_log(log):
    """Prints a table of the taps for each probe set."""
    for name, about in log.config["data"].items():
        click.echo(
            f"\n{name}: {about['num_fit']:,} rows fit the decoders, "
            f"{about['num_held_out']:,} are held out"
        )
        _echo_taps(log, name)


def draw(log) -> list[str]:
    """Draws the figures that the log has the fields for; their names."""
    drawn = []
    axes = _plane_axes(log)
    if axes:
        path = log.folder / "plane.png"
        plotting.plane(log, x=axes[0], y=axes[1], path=path)
        drawn.append(path.name)
    plotting.dynamics(log, path=log.folder / "dynamics.png")
    return [*drawn, "dynamics.png"]


def _echo_taps(log, data):
    summary = [line for line in SUMMARY if _has(log, line[0])]
    columns = [
        (field, pick)
        for field, *picks in summary or _last_of_all(log)
        # One measurement is first, lowest and last at once.
        for pick in (picks if len(log.steps) > 1 else [""])
    ]
    rows = [
        [
            tap,
            *(
                float(PICK[pick](log.series(tap, *field.split("/"), data)[1]))
                for field, pick in columns
            ),
        ]
        for tap in log.taps
    ]
    header = (f"{field} {pick}".strip() for field, pick in columns)
    echo_table(["tap", *header], rows)


def _last_of_all(log):
    return [
        (f"{name}/{field}", "last")
        for name, measure in log.config["measures"].items()
        for field in measure["fields"]
    ]


def _has(log, field):
    measure, name = field.split("/")
    return name in log.config["measures"].get(measure, {"fields": ()})["fields"]


def _plane_axes(log):
    """The first pair of fields that this run measured, or None."""
    pairs = (("zx/fvu", "zy/ce"), ("binning/i_xz", "binning/i_zy"))
    return next((p for p in pairs if all(_has(log, f) for f in p)), None)
