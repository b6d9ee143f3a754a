"""A film of the plane: what `plane` draws, step by step."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
from typing import Any

import numpy as np

from keras_ib.logs.files import replaced
from keras_ib.plotting import axes, curves, looks, planes
from keras_ib.units import Units

DOTS = 120  # An inch.
LAST = 2.0  # Seconds for which the end stands still.


def film(
    runs: curves.Runs,
    path: str | os.PathLike,
    *,
    x: str | None = None,
    y: str | None = None,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    target: str | None = None,
    units: Units | None = None,
    fps: float = 6,
) -> None:
    """Writes the plane as a film, one picture a measured step.

    Every tap leaves its path behind. One panel a run and probe set.

    Args:
        runs: A `RunLog` or its folder, or several.
        path: Where: .gif, or .mp4 where the program ffmpeg is.
        x: `"measure/field"` on the horizontal axis; Z-X where left out.
        y: `"measure/field"` on the vertical axis; Z-Y where left out.
        data: Name of the probe set; all of them where left out.
        taps: Names of the taps; all of them where left out.
        target: Name of the label; the first one where left out.
        units: `"nats"` or `"bits"`; as the runs have it where left out.
        fps: Steps a second.

    Raises:
        ValueError: If a run did not measure what is asked for, or there is
            nothing yet, or the path says no form of a film.

    Example:

        keras_ib.plotting.film("runs/mixer", path="plane.gif")
    """
    writer = _writer(path, fps)
    chosen = curves.choose(runs, data, taps, target, units)
    if not chosen:
        raise ValueError("No measurement is complete yet; a film needs some.")
    log = chosen[0].log
    x, y = x or log.default_axes[0], y or log.default_axes[1]
    if not (x and y):
        raise ValueError(
            f"{log.folder} has no Z-X or no Z-Y. Give x= and y=, of "
            f"{', '.join(log.fields)}."
        )
    with axes.style():
        painter = Walking(chosen)
        figure = planes.draw(chosen, x, y, False, painter)
        figure.set_layout_engine("none")  # It stays as it is laid out.
        steps = sorted({step for c in chosen for step in c.log.steps})
        with replaced(path) as draft, writer.saving(figure, draft, DOTS):
            for step in [*steps, *[steps[-1]] * int(LAST * fps)]:
                painter.move(figure, step)
                writer.grab_frame()


def _writer(path, fps):
    from matplotlib.animation import FFMpegWriter, PillowWriter

    suffix = Path(path).suffix
    if suffix not in (".gif", ".mp4"):
        raise ValueError(
            f"path={os.fspath(path)!r} does not say which film; let it end in "
            ".gif or .mp4."
        )
    if suffix == ".gif":
        return PillowWriter(fps)
    if not FFMpegWriter.isAvailable():
        raise ValueError(
            f"path={os.fspath(path)!r} needs the program ffmpeg, which is not "
            "there. Install it, or let the path end in .gif."
        )
    return FFMpegWriter(fps)


class Walking:
    """A painter of paths that end at a step; the colour is the depth.

    Args:
        chosen: All curves of the film.
    """

    def __init__(self, chosen: list[curves.Curve]):
        self._taps = looks.by_depth(c.tap for c in chosen)
        self._name = axes.step_name(chosen[0].log)
        self._ways: list[tuple[Any, Any, Any, Any]] = []

    def draw(
        self, ax: Any, curve: curves.Curve, steps: Any, points: Any
    ) -> None:
        colour = self._taps[curve.tap]
        # The whole path, so that the axes have room for it.
        (line,) = ax.plot(*points.T, color=colour, linewidth=1, alpha=0.6)
        look = {"markersize": 7, "markeredgecolor": "white", "zorder": 3}
        (dot,) = ax.plot([], [], "o", color=colour, **look)
        self._ways.append((steps, points, line, dot))

    def explain(self, figure: Any, grid: Sequence[Any], below: bool) -> None:
        looks.depth_bar(figure, grid, list(self._taps))
        # Its place, before the layout.
        figure.suptitle(" ")

    def move(self, figure: Any, step: int) -> None:
        """Shows the plane as it was at a step."""
        figure.suptitle(f"{self._name} {step}")
        for ax in figure.axes:
            ax.set_autoscale_on(False)
        for steps, points, line, dot in self._ways:
            so_far = points[: np.searchsorted(steps, step, "right")]
            line.set_data(*so_far.T)
            dot.set_data(*so_far[-1:].T)
