"""`keras-ib report`: what runs say, in sentences."""

from pathlib import Path

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import OUTPUT_FOLDER


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--output",
    type=OUTPUT_FOLDER,
    help="Folder, made if it is not there.  [default: of one RUN report/ in "
    "it, of several report/]",
)
def report(runs: tuple[str, ...], output: Path | None):
    """Says in sentences what the numbers of RUN folders say.

    And how far they can be trusted, each sentence with its number and its
    rule. Runs of `keras-ib train` that differ by their seed are taken
    together, other ones are set side by side. Writes report.html, which
    stands alone, report.md with its figures, and table.csv.
    """
    import keras_ib

    output = output or Path(runs[0] if len(runs) == 1 else "") / "report"
    with as_usage_errors():
        keras_ib.report(runs, path=output)
    for file in ("report.html", "report.md", "table.csv"):
        click.echo(output / file)
