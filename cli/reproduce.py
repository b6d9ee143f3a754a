"""`keras-ib reproduce`: a paper's claims as an experiment."""

from pathlib import Path
import shlex
import sys
from typing import Any

import click

from keras_ib.names import DATASETS, PAPERS
from keras_ib_cli.errors import (
    as_usage_errors,
    check_backend,
    ended_by_the_disk,
)
from keras_ib_cli.interrupts import ended_by_ctrl_c
from keras_ib_cli.options import COUNT, OUTPUT_FOLDER, TEXT, Choice

# Options that only some reproductions have.
OF_IMAGES = ("dataset", "data_dir", "num_train")
OF_PERCEPTRONS = ("ordered",)


@click.command()
@click.argument("name", type=Choice(PAPERS))
@click.option("--seeds", type=COUNT, help="[default: 5 for lyu2024, else 50]")
@click.option(
    "--dataset",
    type=Choice(DATASETS),
    help="lyu2024: images.  [default: fashion_mnist or cifar10 if at hand, "
    "else digits]",
)
@click.option("--data-dir", type=TEXT, help="lyu2024: folder with the files.")
@click.option("--num-train", type=COUNT, help="lyu2024: training samples.")
@click.option(
    "--ordered",
    is_flag=True,
    help="chelombiev2019: train on the first 80 % of the patterns in counting "
    "order, as older programs do.",
)
@click.option("--quick", is_flag=True, help="A smoke run of some seconds.")
@click.option(
    "--output",
    type=OUTPUT_FOLDER,
    help="Report folder.  [default: reproductions/NAME]",
)
def reproduce(
    name: str, seeds: int | None, output: Path | None, quick: bool, **given: Any
):
    """Reruns a paper's experiment and writes a report with verdicts.

    Writes report.md, report.html, table.csv, figures and the logs in runs/. A
    reproduction that was stopped goes on when the same command is given again.
    """
    given = {key: value for key, value in given.items() if value}
    _check(name, given)
    check_backend()
    from keras_ib.papers import REPRODUCTIONS
    from keras_ib.papers.reproduction import DamagedPartsError, run

    if seeds:
        given["num_seeds"] = seeds
    folder = output or Path("reproductions") / name
    with as_usage_errors():
        reproduction = REPRODUCTIONS[name](folder, quick=quick, **given)
        reproduction.begin()
    hint = f"The same command goes on in {folder}."
    with ended_by_ctrl_c(hint), ended_by_the_disk(hint):
        try:
            path = run(reproduction, _command(), say=click.echo)
        except DamagedPartsError as error:
            raise click.ClickException(str(error)) from error
    click.echo(path)
    click.echo(path.with_suffix(".html"))


def _check(name, given):
    own = OF_IMAGES if name == "lyu2024" else ()
    own = OF_PERCEPTRONS if name == "chelombiev2019" else own
    for key in given:
        if key not in own:
            raise click.UsageError(
                f"{name} has no --{key.replace('_', '-')}; leave it out."
            )


def _command():
    return shlex.join(["keras-ib", *sys.argv[1:]])
