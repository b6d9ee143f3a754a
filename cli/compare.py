"""`keras-ib compare`: runs of several kinds against each other."""

import csv
import json
from pathlib import Path

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import NAMES
from keras_ib_cli.tables import echo_table

DEFAULT_FIELDS = ("zx/fvu", "zy/ce")
QUANTITIES = ("last", "fitting", "compression")
# What tells runs of one kind apart, or says nothing of what was trained.
OF_A_RUN = {"seed", "data_dir"}


@click.command()
@click.argument(
    "runs",
    metavar="RUN...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--fields",
    type=NAMES,
    help="Fields to compare.  [default: those of zx/fvu, zy/ce that are there]",
)
@click.option("--data", help="Probe set.  [default: the first]")
@click.option("--taps", type=NAMES, help="Taps to compare, as stem,head.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="comparison",
    show_default=True,
    help="Folder for the figures and comparison.csv.",
)
def compare(runs, fields, data, taps, output):
    """Compares runs of `keras-ib train` that share their seeds.

    Runs whose options are the same but for the seed are of one kind; each
    kind is compared with that of the first RUN, seed by seed. Numbers are
    means over seeds with their 95 % interval.
    """
    import keras_ib

    with as_usage_errors():
        kinds = _kinds(runs)
        fields = fields or _measured(keras_ib.RunLog(runs[0]))
        found = {
            field: keras_ib.compare(kinds, field, data=data, taps=taps)
            for field in fields
        }
    output.mkdir(parents=True, exist_ok=True)
    lines, written = [], []
    for field, compared in found.items():
        click.echo(f"\n{field}")
        echo_table(*_table(compared))
        lines += [line for one in compared for line in _lines(one)]
        written.append(output / f"{field.replace('/', '-')}.png")
        keras_ib.plotting.comparison(compared, path=written[-1])
    _echo_accuracies(kinds)
    written.append(output / "comparison.csv")
    _write(written[-1], lines)
    click.echo()
    for path in written:
        click.echo(path)


def _kinds(runs):
    """`{name: folders}`, named by the options in which the kinds differ."""
    given = {run: _options(run) for run in runs}
    first = next(iter(given.values()))
    differing = [
        key
        for key in first
        if any(options.get(key) != first[key] for options in given.values())
    ]
    kinds = {}
    for run, options in given.items():
        name = ", ".join(str(options.get(key)) for key in differing) or "all"
        kinds.setdefault(name, []).append(run)
    return kinds


def _options(run):
    from keras_ib.training.experiment import ARGUMENTS

    path = run / ARGUMENTS
    if not path.exists():
        raise ValueError(
            f"{run} has no {ARGUMENTS}: only runs of `keras-ib train` say what "
            "they are. For others call keras_ib.compare({name: runs, ...})."
        )
    options = json.loads(path.read_text())
    return {key: v for key, v in options.items() if key not in OF_A_RUN}


def _measured(log):
    fields = [
        field
        for field in DEFAULT_FIELDS
        if field.split("/")[0] in log.config["measures"]
    ]
    if not fields:
        raise ValueError(
            f"{log.folder} measured neither {' nor '.join(DEFAULT_FIELDS)}; "
            "name the --fields, as kde/i_xz_upper."
        )
    return fields


def _table(compared):
    header = ["tap", "kind", "phases"]
    for quantity in QUANTITIES:
        header += [quantity, "minus first"]
    rows = [
        [
            line.tap,
            line.kind,
            line.phases.name,
            *(
                str(effects[quantity]) if effects else None
                for quantity in QUANTITIES
                for effects in (line.values, line.differences)
            ),
        ]
        for line in compared
    ]
    return header, rows


def _lines(line):
    """Rows of the CSV file, one a number."""
    for of, effects in (
        ("value", line.values),
        ("minus first", line.differences),
    ):
        for quantity, effect in effects.items():
            yield [
                *(line.field, line.unit, line.tap, line.kind),
                *(line.phases.name, quantity, of, *effect),
            ]


def _write(path, lines):
    header = [
        *("field", "unit", "tap", "kind", "phases", "quantity", "of"),
        *("mean", "low", "high", "num_seeds", "num_positive"),
    ]
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *lines])


def _echo_accuracies(kinds):
    """Prints the test accuracies of runs that were trained to their end."""
    from keras_ib.analysis.statistics import mean_effect
    from keras_ib.training.experiment import RESULT

    rows = []
    for name, runs in kinds.items():
        paths = [run / RESULT for run in runs if (run / RESULT).exists()]
        found = [json.loads(p.read_text())["test_accuracy"] for p in paths]
        if found:
            rows.append([name, str(mean_effect(found)), len(found)])
    if rows:
        click.echo()
        echo_table(["kind", "test accuracy", "runs"], rows)
