"""The plane: two fields against each other while training goes on."""

from __future__ import annotations

from collections.abc import Sequence
import os
import textwrap
from typing import TYPE_CHECKING, Any

from keras_ib import checks
from keras_ib.plotting import axes, curves, labels, looks, over_steps, paths
from keras_ib.units import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# More curves than this in one panel cannot be told apart by their names: one
# panel a tap, up to looks.MAX_NAMES; of more taps, one path by depth.
MAX_CURVES = 6


def plane(
    runs: curves.Runs,
    *,
    x: str | None = None,
    y: str | None = None,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    target: str | None = None,
    overlay: bool | None = None,
    units: Units | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws two fields against each other while training goes on.

    One curve a tap, from an open mark to a filled one, coloured by the
    optimizer step on a logarithmic scale; by the run where runs share a
    panel; by depth where there are more than a dozen taps, one panel a probe
    set. Errors, such as `zx/fvu` and `zy/ce`, have square-root axes. A log
    that has no Z-X or no Z-Y is drawn against the step, and the title says
    so.

    Args:
        runs: A `RunLog` or its folder, or several.
        x: `"measure/field"` on the horizontal axis; Z-X where left out, as
            `RunLog.default_axes` has it.
        y: `"measure/field"` on the vertical axis; Z-Y where left out.
        data: Name of the probe set; all of them where left out.
        taps: Names of the taps; all of them where left out.
        target: Name of the label; the first one where left out.
        overlay: True draws one panel a tap, with all runs and probe sets in
            it, of a dozen taps at most; False one panel a run and set, with
            all taps in it. Left out: True for 7 to 12 taps.
        units: `"nats"` or `"bits"`; as the runs have it where left out.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a run did not measure what is asked for.
    """
    x, y, path = checks.text("x", x), checks.text("y", y), axes.where(path)
    chosen = curves.choose(runs, data, taps, target, units)
    if overlay is not None:
        overlay = checks.flag("overlay", overlay)
    else:
        num_taps = len({curve.tap for curve in chosen})
        overlay = MAX_CURVES < num_taps <= looks.MAX_NAMES
    with axes.style():
        if not chosen:
            figure = axes.without_curves(over_steps.NOTHING_YET)
            return axes.save(figure, path)
        defaults = chosen[0].log.default_axes
        x, y = x or defaults[0], y or defaults[1]
        if x and y:
            painter = _painter(chosen, overlay)
            return axes.save(draw(chosen, x, y, overlay, painter), path)
        return axes.save(_draw_one(chosen, x or y), path)


def _draw_one(chosen, field):
    """Draws the one field that there is, and says why."""
    log = chosen[0].log
    if field is None:
        field = curves.default_field(log)
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
    ax.set_title("\n".join(filter(None, [ax.get_title(), looks.plain(text)])))
    return figure


def draw(
    chosen: list[curves.Curve], x: str, y: str, overlay: bool, painter: Any
) -> Figure:
    """Draws the plane of two fields with a painter of `paths`."""
    taps = list(curves.group(chosen, lambda c: c.tap))
    if overlay:
        chosen = _some_taps(chosen, taps)
    panels = curves.group(
        chosen, lambda c: c.tap if overlay else (c.run, c.data)
    )
    columns = min(3 if len(panels) <= 3 else 4, len(panels))
    size = (3.0, 2.7) if columns <= 3 else (2.1, 2.0)
    if len(panels) == 4:
        size = (2.1, 3.0)  # One row, which has its labels at every panel.
    figure, grid = axes.grid(
        len(panels), columns, size, sharex=True, sharey=True
    )
    for ax in grid:
        axes.scale(ax, chosen, x, "x")
        axes.scale(ax, chosen, y, "y")
    ends = []
    for place, members in enumerate(panels.values()):
        ax = grid[place]
        found = [c.path(x, y) for c in members]
        for curve, (steps, points) in zip(members, found, strict=True):
            painter.draw(ax, curve, steps, points)
        ends.append((ax, [paths.finite(points) for _, points in found]))
        name = (
            members[0].tap if overlay else curves.distinct(members[0], chosen)
        )
        ax.set_title(looks.wrapped(name, size[0] - 0.4))
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
    painter.explain(figure, grid, below=len(panels) <= columns)
    if overlay and len(taps) > len(panels):
        figure.suptitle(f"{len(panels)} of {len(taps)} taps")
    axes.finish(figure)
    if isinstance(painter, paths.ByStep) and not overlay:
        for (ax, ways), members in zip(ends, panels.values(), strict=True):
            labels.place(ax, ways, [c.tap for c in members])
    return figure


def _some_taps(chosen, taps):
    """The curves of a dozen taps, evenly over the depth."""
    wanted = {taps[i] for i in looks.some(taps, looks.MAX_NAMES)}
    return [curve for curve in chosen if curve.tap in wanted]


def _painter(chosen, overlay):
    num_taps = len({c.tap for c in chosen})
    if not overlay and num_taps > looks.MAX_NAMES:
        return paths.ByDepth(chosen)
    if overlay and len({c.run for c in chosen}) > 1:
        return paths.ByRun(chosen)
    return paths.ByStep(chosen, overlay and len({c.data for c in chosen}) > 1)
