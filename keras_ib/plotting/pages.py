"""One figure to look into: steps on a slider, taps under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ib.logs.files import write_atomically
from keras_ib.plotting import curves, over_steps
from keras_ib.plotting.scales import safe
from keras_ib.plotting.scene import Scene
from keras_ib.units import Units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Lets the tap under the pointer stand out.
SCRIPT = Path(__file__).with_name("page.js")
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>body {{ margin: 0; min-width: 900px; background: white }}</style>
</head>
<body>
{figure}
</body>
</html>
"""


def interactive(
    runs: curves.Runs,
    *,
    x: str | None = None,
    y: str | None = None,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    target: str | None = None,
    units: Units | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws the plane with a slider over steps, as a plotly figure.

    Left the plane, in which a slider or the play button moves the taps;
    right a field over depth and steps, and the same as curves. Two menus
    choose the probe set (and the plane, where there are several) and the
    field. A label under the pointer says tap, step and value ± standard
    error. In the file, the tap under the pointer stands out everywhere; a
    click holds it.

    Args:
        runs: A `RunLog` or its folder; of several, the first menu has all.
        x: `"measure/field"` on the horizontal axis; left out, the menu has
            `RunLog.planes`.
        y: `"measure/field"` on the vertical axis.
        data: Name of the probe set; all of them where left out.
        taps: Names of the taps; all of them where left out.
        target: Name of the label; the first one where left out.
        units: `"nats"` or `"bits"`; as the runs have it where left out.
        path: Where to save it: .html, one file that needs no network.

    Returns:
        A `plotly.graph_objects.Figure`.

    Raises:
        ImportError: Without plotly: `pip install 'keras-ib[html]'`.
        ValueError: If a run did not measure what is asked for.

    Example:

        keras_ib.plotting.interactive("runs/mixer", path="plane.html")
    """
    go = plotly()
    chosen = curves.choose(runs, data, taps, target, units)
    fields = curves.fields(chosen) if chosen else []
    if fields:
        figure = go.Figure(
            **Scene(chosen, fields, _pairs(chosen, x, y)).parts()
        )
    else:
        figure = empty(
            over_steps.NOTHING_SHARED if chosen else over_steps.NOTHING_YET
        )
    if path is not None:
        save(figure, path, ", ".join(dict.fromkeys(c.run for c in chosen)))
    return figure


def plotly() -> Any:
    """`plotly.graph_objects`, or an `ImportError` that says how to get it."""
    try:
        from plotly import graph_objects
    except ImportError as error:
        raise ImportError(
            f"Interactive figures need plotly. Received: {error}. Call "
            "`pip install 'keras-ib[html]'`."
        ) from error
    return graph_objects


def empty(text: str) -> Figure:
    """A figure that says why it is empty."""
    layout = {"title": {"text": safe(text)}, "template": "simple_white"}
    return plotly().Figure(layout=layout)


def _pairs(chosen, x, y):
    """The planes to choose from; none where a run has no Z-X or no Z-Y."""
    log = chosen[0].log
    if x or y:
        pair = x or log.default_axes[0], y or log.default_axes[1]
        return [pair] if all(pair) else []
    return [
        pair for pair in log.planes if all(map(c.has, pair) for c in chosen)
    ]


def save(figure: Figure, path: str | os.PathLike, title: str) -> None:
    """Writes a figure and all that it needs into one page."""
    if Path(path).suffix != ".html":
        raise ValueError(
            f"path={os.fspath(path)!r} does not end in .html; an interactive "
            "figure is one HTML file."
        )
    write_atomically(path, page(figure, title))


def page(figure: Figure, title: str, script: str = "") -> str:
    """A figure as a page, with plotly.js and the script of the pointer.

    Args:
        figure: What `interactive` returned.
        title: Of the page.
        script: More JavaScript, in which `plot` is the figure's element.
    """
    drawn = figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        auto_play=False,
        div_id="plane",
        config=CONFIG,
        post_script=SCRIPT.read_text(encoding="utf-8") + script,
    )
    return PAGE.format(title=escape(title), figure=drawn)
