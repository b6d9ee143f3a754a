"""`keras-ib export`: a run's log for other programs."""

from pathlib import Path
from typing import Any

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import UNITS, Choice, Output

SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "netcdf": ".nc"}


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "kind",
    type=Choice(list(SUFFIXES)),
    default="csv",
    show_default=True,
    help="parquet and netcdf say what each field is, too.",
)
@click.option(
    "--wide",
    is_flag=True,
    help="csv, parquet: a column a field, not a row a number.",
)
@UNITS
@click.option(
    "--output",
    type=Output(dir_okay=False),
    help="File.  [default: info_plane.SUFFIX in the RUN]",
)
def export(run: Path, kind: str, wide: bool, units: Any, output: Path | None):
    """Writes the log of a RUN folder as a table.

    Needs pandas, and xarray for netcdf: pip install 'keras-ib[tables]'.
    """
    from keras_ib.logs.files import replaced
    from keras_ib.logs.run import RunLog

    path = output or run / f"info_plane{SUFFIXES[kind]}"
    with as_usage_errors():
        log = RunLog(run).in_units(units)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as draft:
            _write(log, kind, wide, draft)
    click.echo(path)


def _write(log, kind, wide, draft):
    if wide and kind == "netcdf":
        raise ValueError(
            "NetCDF has a variable a field. Received: --to netcdf --wide. "
            "Leave --wide out."
        )
    if kind == "csv":
        _harmless(log.to_frame(wide=wide), wide).to_csv(draft, index=False)
    elif kind == "parquet":
        log.to_frame(wide=wide).to_parquet(draft)
    else:
        log.to_xarray().to_netcdf(draft, engine="scipy")


def _harmless(frame, wide):
    """The frame without formulas in its names, its index as columns."""
    from keras_ib.reports.blocks import harmless

    frame = frame.reset_index() if wide else frame.copy()
    for name in frame.select_dtypes(exclude="number"):
        frame[name] = frame[name].map(harmless).astype(object)
    return frame.rename(columns=harmless)
