"""`keras-ib plot`: figures of runs that are there."""

from pathlib import Path
from typing import Any

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import NAMES, Names, Output

FIGURES = ("plane", "dynamics", "depth", "phases")
SUFFIXES = (".png", ".pdf", ".svg")


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--figures",
    type=Names(FIGURES),
    help=f"Of {','.join(FIGURES)}.  [default: plane,dynamics]",
)
@click.option(
    "--overlay/--side-by-side",
    default=None,
    help="Plane: one panel a tap with all runs, or one a run with all taps.  "
    "[default: one panel a tap for 7 to 12 taps]",
)
@click.option("--data", help="Probe set to draw.  [default: all]")
@click.option("--taps", type=NAMES, help="Taps to draw, as stem,head.")
@click.option("--target", help="Label to draw.  [default: the first]")
@click.option("--x", help="Field.  [default: zx/fvu, or what is there]")
@click.option("--y", help="Field.  [default: zy/ce, or what is there]")
@click.option(
    "--field", help="Field of depth and phases.  [default: that of --x]"
)
@click.option(
    "--output",
    type=Output(),
    help="Folder, made if it is not there; or a file name that ends in .png, "
    ".pdf or .svg, for one figure.  [default: of one RUN its folder, of "
    "several plots/]",
)
def plot(
    runs: tuple[str, ...],
    figures: list[str] | None,
    output: Path | None,
    **chosen: Any,
):
    """Draws one or several RUN folders.

    plane and dynamics, unless --figures says otherwise; depth: a field over
    depth and steps; phases: fitting and compression over depth, runs of
    `keras-ib train` that differ by their seed taken together.
    """
    from keras_ib.plotting import axes

    output = output or Path(runs[0] if len(runs) == 1 else "plots")
    with as_usage_errors():
        for name, path in _paths(figures, output).items():
            figure = _draw(name, runs, **chosen)
            path.parent.mkdir(parents=True, exist_ok=True)
            with axes.style():
                axes.save(figure, path)
            click.echo(path)


def _paths(figures, output):
    """Where each figure goes."""
    if output.suffix not in SUFFIXES:
        names = figures or FIGURES[:2]
        return {name: output / f"{name}.png" for name in names}
    names = figures or FIGURES[:1]
    if len(names) > 1:
        raise ValueError(
            f"One file holds one figure. Received: {output} for "
            f"{', '.join(names)}. Give --output a folder, or one name to "
            "--figures."
        )
    return {names[0]: output}


def _draw(name, runs, *, overlay, data, taps, target, x, y, field):
    from keras_ib import plotting

    field = field or x
    if name == "plane":
        return plotting.plane(
            runs, x=x, y=y, overlay=overlay, data=data, taps=taps, target=target
        )
    if name == "dynamics":
        return plotting.dynamics(runs, data=data, taps=taps, target=target)
    if name == "depth":
        return plotting.depth(runs, field, data=data, target=target)
    from keras_ib.analysis.comparison import grouped

    return plotting.phases(grouped(runs), field, data=data, taps=taps)
