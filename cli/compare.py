"""`keras-ib compare`: runs of several conditions against each other."""

from pathlib import Path
from typing import Any

import click

from keras_ib.reports.blocks import write_table
from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import NAMES, OUTPUT_FOLDER, TEXT, UNITS
from keras_ib_cli.tables import echo_table

DEFAULT_FIELDS = ("zx/fvu", "zy/ce", "zy/fvu")
PHASES = ("fitting", "compression")
QUANTITIES = ("last", *PHASES)


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
    help="Fields to compare.  [default: those of zx/fvu, zy/ce, zy/fvu that "
    "are there]",
)
@click.option("--data", type=TEXT, help="Probe set.  [default: the first]")
@click.option("--taps", type=NAMES, help="Taps to compare, as stem,head.")
@UNITS
@click.option(
    "--output",
    type=OUTPUT_FOLDER,
    default="comparison",
    show_default=True,
    help="Folder for the figures and comparison.csv.",
)
def compare(
    runs: tuple[Path, ...],
    fields: list[str] | None,
    data: str | None,
    taps: list[str] | None,
    units: Any,
    output: Path,
):
    """Compares runs of `keras-ib train` that share their seeds.

    Runs whose options are the same but for the seed are of one condition;
    each condition is compared with that of the first RUN, seed by seed.
    Numbers are means over seeds with their 95 % interval. Names of phases
    hold for all taps of a condition at once; beside a phase that is not seen
    is the smallest magnitude that would have been.
    """
    import keras_ib
    from keras_ib.analysis.comparison import conditions

    with as_usage_errors():
        found = conditions(runs)
        fields = fields or _default_fields(next(iter(found.values()))[0])
        results = {
            field: keras_ib.compare(
                found, field, data=data, taps=taps, units=units
            )
            for field in fields
        }
        output.mkdir(parents=True, exist_ok=True)
    lines, written = [], []
    for field, compared in results.items():
        click.echo(f"\n{field}")
        echo_table(*_table(compared))
        lines += [line for one in compared for line in _lines(one)]
        written.append(output / f"{field.replace('/', '-')}.png")
        keras_ib.plotting.comparison(compared, path=written[-1])
    _echo_accuracies(found)
    written.append(output / "comparison.csv")
    _write(written[-1], lines)
    click.echo()
    for path in written:
        click.echo(path)


def _default_fields(log):
    fields = [field for field in DEFAULT_FIELDS if field in log.fields]
    if not fields:
        raise ValueError(
            f"{log.folder} has none of {', '.join(DEFAULT_FIELDS)}; it has "
            f"{', '.join(log.fields)}. Choose --fields among them."
        )
    return fields


def _table(compared):
    header = ["tap", "condition", "phases"]
    for quantity in QUANTITIES:
        header += [quantity, "minus first"]
    rows = [
        [
            line.tap,
            line.condition,
            line.phases.name,
            *(
                text
                for quantity in QUANTITIES
                for text in (
                    _value(line, quantity),
                    _difference(line, quantity),
                )
            ),
        ]
        for line in compared
    ]
    return header, rows


def _value(line, quantity):
    if quantity in PHASES:
        return line.phases.text(quantity)
    return str(line.values[quantity])


def _difference(line, quantity):
    if quantity in line.differences:
        return str(line.differences[quantity])
    return None


def _lines(line):
    """Rows of the CSV file, one a number."""
    for of, effects in (
        ("value", line.values),
        ("minus first", line.differences),
    ):
        for quantity, effect in effects.items():
            floor = None
            if of == "value" and quantity in PHASES:
                floor = getattr(line.phases, f"{quantity}_floor")
            yield [
                *(line.field, line.unit, line.tap, line.condition),
                *(line.phases.name, quantity, of, *effect, floor),
            ]


def _write(path, lines):
    header = [
        *("field", "unit", "tap", "kind", "phases", "quantity", "of"),
        *("mean", "low", "high", "num_seeds", "num_positive", "floor"),
    ]
    write_table(path, header, lines)


def _echo_accuracies(conditions):
    """Prints the test accuracies of runs that were trained to their end."""
    from keras_ib.analysis.statistics import mean_effect

    rows = []
    for name, logs in conditions.items():
        results = [log.result for log in logs]
        found = [r["test_accuracy"] for r in results if "test_accuracy" in r]
        if found:
            rows.append([name, str(mean_effect(found)), len(found)])
    if rows:
        click.echo()
        echo_table(["condition", "test accuracy", "runs"], rows)
