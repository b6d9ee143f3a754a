"""`keras-ib plot`: figures of runs that are there."""

from pathlib import Path
from typing import Any

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import NAMES


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--overlay/--side-by-side",
    default=None,
    help="One panel a tap with all runs, or one a run with all taps. "
    "[default: side by side up to 6 taps]",
)
@click.option("--data", help="Probe set to draw.  [default: all]")
@click.option("--taps", type=NAMES, help="Taps to draw, as stem,head.")
@click.option("--target", help="Label to draw.  [default: the first]")
@click.option("--x", help="Field.  [default: zx/fvu, or what is there]")
@click.option("--y", help="Field.  [default: zy/ce, or what is there]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder, made if it is not there; or a file name that ends in .png, "
    ".pdf or .svg, for the plane alone.  [default: the first RUN]",
)
def plot(
    runs: tuple[Path, ...],
    overlay: bool,
    data: str | None,
    taps: list[str] | None,
    target: str | None,
    x: str | None,
    y: str | None,
    output: Path | None,
):
    """Draws the plane and the dynamics of one or several RUN folders."""
    from keras_ib import plotting

    output = output or Path(runs[0])
    with as_usage_errors():
        if output.suffix in (".png", ".pdf", ".svg"):
            plane, dynamics = output, None
        else:
            plane, dynamics = output / "plane.png", output / "dynamics.png"
        chosen: dict[str, Any] = {"data": data, "taps": taps, "target": target}
        figure = plotting.plane(runs, x=x, y=y, overlay=overlay, **chosen)
        plane.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(plane, dpi=300)
        click.echo(plane)
        if dynamics:
            plotting.dynamics(runs, path=dynamics, **chosen)
            click.echo(dynamics)
