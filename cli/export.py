"""`keras-ib export`: a run's log for other programs."""

from pathlib import Path
from typing import Any

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import UNITS, Choice, Output

SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "netcdf": ".nc"}
TRACKERS = ("tensorboard", "wandb", "mlflow", "trackio")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "kind",
    type=Choice([*SUFFIXES, *TRACKERS]),
    default="csv",
    show_default=True,
    help="A table (parquet and netcdf say what each field is, too) or a "
    "tracker.",
)
@click.option(
    "--wide",
    is_flag=True,
    help="csv, parquet: a column a field, not a row a number.",
)
@UNITS
@click.option(
    "--output",
    type=Output(),
    help="File, or folder of tensorboard.  [default: info_plane.SUFFIX or "
    "tensorboard, in the RUN]",
)
@click.option(
    "--project",
    metavar="NAME",
    help="wandb, trackio: the project; mlflow: the experiment.",
)
def export(
    run: Path,
    kind: str,
    wide: bool,
    units: Any,
    output: Path | None,
    project: str | None,
):
    """Writes the log of a RUN folder as a table, or to a tracker.

    Tables need pandas, and xarray for netcdf: pip install 'keras-ib[tables]'.
    Trackers need the extra of their name, such as 'keras-ib[tensorboard]'.
    """
    from keras_ib.logs.run import RunLog

    with as_usage_errors():
        _check(kind, wide=wide, units=units, output=output, project=project)
        log = RunLog(run).in_units(units)
        if kind in TRACKERS:
            click.echo(_send(log, kind, output, project))
        else:
            path = output or run / f"info_plane{SUFFIXES[kind]}"
            _write(log, kind, wide, path)
            click.echo(path)


def _check(kind, **given):
    """Refuses options that say nothing about this kind."""
    meant = {
        "wide": ("csv", "parquet"),
        "units": tuple(SUFFIXES),
        "output": (*SUFFIXES, "tensorboard"),
        "project": ("wandb", "mlflow", "trackio"),
    }
    for name, kinds in meant.items():
        if given[name] and kind not in kinds:
            raise ValueError(
                f"--{name} is for {', '.join(kinds)}. Received: --to {kind} "
                f"--{name}. Leave --{name} out."
            )


def _write(log, kind, wide, path):
    from keras_ib.logs.files import replaced

    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as draft:
        _write_table(log, kind, wide, draft)


def _write_table(log, kind, wide, draft):
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


def _send(log, kind, output, project):
    """Sends a log to a tracker; what is said of it."""
    from keras_ib import writers

    named = {} if project is None else {"project": project}
    make = {
        "tensorboard": lambda: writers.TensorBoard(output),
        "wandb": lambda: writers.WandB(**named),
        "mlflow": lambda: writers.MLflow(*named.values()),
        "trackio": lambda: writers.Trackio(**named),
    }
    try:
        writers.replay(log, make[kind]())
    except Exception as error:  # Whatever a tracker raises.
        raise click.ClickException(f"{kind}: {error}") from error
    folder = output or log.folder / "tensorboard"
    return folder if kind == "tensorboard" else f"{log.folder} -> {kind}"
