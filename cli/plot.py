"""`keras-ib plot`: figures of runs that are there."""

from pathlib import Path
from typing import Any

import click

from keras_ib_cli.errors import as_usage_errors
from keras_ib_cli.options import NAMES, TEXT, UNITS, Names, Output

FIGURES = ("plane", "dynamics", "depth", "phases", "similarity")
SUFFIXES = (".png", ".pdf", ".svg", ".html", ".gif", ".mp4")
FILES = {"html": "plane.html", "film": "plane.gif"}


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--figures",
    type=Names(FIGURES),
    help=f"Of {','.join(FIGURES)}.  [default: plane,dynamics]",
)
@click.option(
    "--html", is_flag=True, help="plane.html: with a slider over steps."
)
@click.option(
    "--film", is_flag=True, help="plane.gif; or .mp4, where ffmpeg is."
)
@click.option(
    "--overlay/--side-by-side",
    default=None,
    help="Plane: one panel a tap with all runs, or one a run with all taps.  "
    "[default: one panel a tap for 7 to 12 taps]",
)
@click.option("--data", type=TEXT, help="Probe set to draw.  [default: all]")
@click.option("--taps", type=NAMES, help="Taps to draw, as stem,head.")
@click.option(
    "--target", type=TEXT, help="Label to draw.  [default: the first]"
)
@click.option(
    "--x", type=TEXT, help="Field.  [default: zx/fvu, or what is there]"
)
@click.option(
    "--y", type=TEXT, help="Field.  [default: zy/ce, or what is there]"
)
@click.option(
    "--field",
    type=TEXT,
    help="Field of depth and phases.  [default: that of --x]",
)
@UNITS
@click.option(
    "--output",
    type=Output(),
    help="Folder, made if it is not there; or a file name, for one figure, "
    "that ends in .png, .pdf, .svg, .html, .gif or .mp4.  [default: of one "
    "RUN its folder, of several plots/]",
)
def plot(
    runs: tuple[str, ...],
    figures: list[str] | None,
    html: bool,
    film: bool,
    output: Path | None,
    **chosen: Any,
):
    """Draws one or several RUN folders.

    plane and dynamics, unless --figures, --html or --film say otherwise;
    depth: a field over depth and steps; phases: fitting and compression over
    depth, runs of `keras-ib train` that differ by their seed taken together;
    similarity: how alike the taps are, of runs with that measure.
    --html needs plotly: pip install 'keras-ib[html]'.
    """
    from keras_ib.logs.run import logs_of
    from keras_ib.plotting import axes

    names = [*(figures or ()), *["html"] * html, *["film"] * film]
    output = output or Path(runs[0] if len(runs) == 1 else "plots")
    with as_usage_errors():
        # Before a folder is made.
        logs = logs_of(runs, chosen.pop("units"))
        for name, path in _paths(names, output).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in FILES:
                _write(name, logs, path, **chosen)
            else:
                figure = _draw(name, logs, **chosen)
                with axes.style():
                    axes.save(figure, path)
            click.echo(path)


def _paths(names, output):
    """Where each figure goes."""
    if output.suffix not in SUFFIXES:
        names = names or FIGURES[:2]
        return {name: output / FILES.get(name, f"{name}.png") for name in names}
    names = names or FIGURES[:1]
    if len(names) > 1:
        raise ValueError(
            f"One file holds one figure. Received: {output} for "
            f"{', '.join(names)}. Give --output a folder, or one name to "
            "--figures."
        )
    return {names[0]: output}


def _write(name, runs, path, *, data, taps, target, x, y, **_):
    from keras_ib import plotting

    write = plotting.interactive if name == "html" else plotting.film
    write(runs, path=path, x=x, y=y, data=data, taps=taps, target=target)


def _draw(name, runs, *, overlay, taps, x, y, field, **chosen):
    from keras_ib import plotting

    field = field or x
    if name == "plane":
        return plotting.plane(
            runs, x=x, y=y, overlay=overlay, taps=taps, **chosen
        )
    if name == "dynamics":
        return plotting.dynamics(runs, taps=taps, **chosen)
    if name == "depth":
        return plotting.depth(runs, field, **chosen)
    if name == "similarity":
        return plotting.similarity(runs, data=chosen["data"])
    from keras_ib.analysis.comparison import grouped

    chosen.pop("target")
    return plotting.phases(grouped(runs), field, taps=taps, **chosen)
