"""The plane: two fields against each other while training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
import os
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.plotting import axes, curves, labels, over_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# More curves than this in one panel cannot be told apart: one panel a tap.
MAX_CURVES = 6
ENDS = (
    {"marker": "o", "markersize": 4, "markerfacecolor": "white"},
    {"marker": "s", "markersize": 4, "markerfacecolor": "0.15"},
)


def plane(
    runs: curves.Runs,
    *,
    x: str | None = None,
    y: str | None = None,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    target: str | None = None,
    overlay: bool | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws two fields against each other while training goes on.

    One curve a tap, from an open circle to a filled square, coloured by the
    optimizer step on a logarithmic scale. Errors, such as `zx/fvu` and
    `zy/ce`, have square-root axes. A log that has no Z-X or no Z-Y is drawn
    against the step, and the title says so.

    Args:
        runs: A `RunLog` or its folder, or several.
        x: `"measure/field"` on the horizontal axis; Z-X where left out, as
            `RunLog.default_axes` has it.
        y: `"measure/field"` on the vertical axis; Z-Y where left out.
        data: Name of the probe set; all of them where left out.
        taps: Names of the taps; all of them where left out.
        target: Name of the label; the first one where left out.
        overlay: True draws one panel a tap, with all runs in it; False one
            panel a run, with all taps in it. Left out: False for up to six
            taps, True for more.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a run did not measure what is asked for.
    """
    chosen = curves.choose(runs, data, taps, target)
    if overlay is None:
        overlay = len({curve.tap for curve in chosen}) > MAX_CURVES
    with axes.style():
        if not chosen:
            figure = axes.without_curves(over_steps.NOTHING_YET)
            return axes.save(figure, path)
        defaults = chosen[0].log.default_axes
        x, y = x or defaults[0], y or defaults[1]
        if x and y:
            return axes.save(_draw(chosen, x, y, overlay), path)
        return axes.save(_draw_one(chosen, x or y), path)


def _draw_one(chosen, field):
    """Draws the one field that there is, and says why."""
    log = chosen[0].log
    if field is None:
        field = next(iter(log.fields))
        missing = "neither Z-X nor Z-Y"
    else:
        missing = "no Z-Y" if log.default_axes[0] else "no Z-X"
    reasons = [
        entry["reason"]
        for entry in log.config.get("left_out", ())
        if entry["name"].startswith(("zx", "zy"))
    ]
    why = f": {reasons[0]}" if reasons else ""
    figure = over_steps.draw(chosen, [field])
    ax = figure.axes[0]
    text = textwrap.fill(f"{log.folder.name} has {missing}{why}", 32)
    ax.set_title("\n".join(filter(None, [ax.get_title(), text])))
    return figure


def _draw(chosen, x, y, overlay):
    panels = curves.group(
        chosen, lambda c: c.tap if overlay else (c.run, c.data)
    )
    size, columns = ((3.0, 2.7), 3) if len(panels) <= 3 else ((2.1, 2.0), 4)
    columns = min(columns, len(panels))
    figure, grid = axes.grid(
        len(panels), columns, size, sharex=True, sharey=True
    )
    for ax in grid:
        axes.scale(ax, chosen, x, "x")
        axes.scale(ax, chosen, y, "y")
    norm, colours = _time_scale(chosen)
    ends = []
    for place, members in enumerate(panels.values()):
        ax = grid[place]
        paths = [_draw_path(ax, c, x, y, norm, colours) for c in members]
        names = [_name(c, chosen, tap=not overlay) for c in members]
        ends.append((ax, paths, names))
        ax.set_title(_name(members[0], chosen, tap=overlay))
        axes.draw_ceilings(ax, members, x, "x")
        axes.draw_ceilings(ax, members, y, "y")
        if place + columns >= len(panels):
            ax.tick_params(labelbottom=True)
    if len(panels) > columns:
        figure.supxlabel(axes.describe(chosen, x, 60))
        figure.supylabel(axes.describe(chosen, y, 60), ma="center")
    else:
        grid[0].set_ylabel(axes.describe(chosen, y, 15 * size[1]))
        for ax in grid:
            ax.set_xlabel(axes.describe(chosen, x, 15 * size[0]))
    _step_bar(figure, grid, norm, colours, axes.step_name(chosen[0].log))
    figure.draw_without_rendering()  # Labels need the axes' final places.
    for end in ends:
        labels.place(*end)
    return figure


def _time_scale(chosen):
    from matplotlib.colors import FuncNorm

    last = max(curve.log.steps[-1] for curve in chosen)
    norm = FuncNorm((np.log1p, np.expm1), 0, max(last, 1))
    return norm, axes.truncated_colormap("plasma", 0.85)


def _draw_path(ax, curve, x, y, norm, colours):
    """Draws one path through the plane; returns its points `[m, 2]`."""
    from matplotlib.collections import LineCollection

    steps, points = curve.path(x, y)
    # A segment to or from NaN is not drawn: a gap.
    middle = np.expm1([np.mean(two) for two in pairwise(np.log1p(steps))])
    ax.add_collection(
        LineCollection(
            list(pairwise(points)), cmap=colours, norm=norm, array=middle
        )
    )
    ax.scatter(*points.T, 3, steps, cmap=colours, norm=norm, linewidths=0)
    known = points[np.isfinite(points).all(1)]
    if len(known):
        for point, look in zip(known[[0, -1]], ENDS, strict=True):
            ax.plot(*point, markeredgecolor="0.15", zorder=4, **look)
    return known


def _step_bar(figure, grid, norm, colours, name):
    from matplotlib.cm import ScalarMappable

    height = figure.get_size_inches()[1]
    bar = figure.colorbar(
        ScalarMappable(norm, colours), ax=grid, aspect=9 * height, pad=0.02
    )
    powers = axes.powers(norm.vmax)
    bar.set_ticks([0, *powers], labels=["0", *map(axes.power, powers)])
    bar.minorticks_off()
    bar.set_label(name)


def _name(curve, chosen, tap):
    """The tap, or else what tells the curve from those of other runs."""
    if tap:
        return curve.tap
    return ", ".join(
        getattr(curve, part)
        for part in ("run", "data")
        if len({getattr(other, part) for other in chosen}) > 1
    )
