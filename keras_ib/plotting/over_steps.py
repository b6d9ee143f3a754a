"""The dynamics: fields against the optimizer step."""

from __future__ import annotations

from collections.abc import Sequence
import os
from typing import TYPE_CHECKING

from keras_ib import checks
from keras_ib.plotting import axes, curves, looks
from keras_ib.units import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
# What a measure reads where X and Y are permuted.
LEVEL = {"linewidth": 0.5}
NOTHING_YET = "No measurement is complete yet."
NOTHING_SHARED = "The runs have no field in common."


def dynamics(
    runs: curves.Runs,
    *,
    fields: Sequence[str] | None = None,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    target: str | None = None,
    units: Units | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws fields against the optimizer step, one line a tap.

    The step axis is logarithmic, with step 0 in a place of its own; errors
    have a square-root axis. Probe
    sets differ by the style of the line; a band is one standard error to
    each side, where the measure gives one; a thin line is the level of
    permuted samples, where `null="permuted"` measured it. More than a dozen
    taps have a colour bar for a legend, and no bands. Several runs stand side
    by side.

    Args:
        runs: A `RunLog` or its folder, or several.
        fields: `"measure/field"` names; all that were measured if left out.
        data: Name of the probe set; all of them where left out.
        taps: Names of the taps; all of them where left out.
        target: Name of the label; the first one where left out.
        units: `"nats"` or `"bits"`; as the runs have it where left out.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a run did not measure what is asked for.
    """
    fields, path = checks.names("fields", fields), axes.where(path)
    chosen = curves.choose(runs, data, taps, target, units)
    with axes.style():
        if not chosen:
            return axes.save(axes.without_curves(NOTHING_YET), path)
        fields = fields or curves.fields(chosen)
        if not fields:
            return axes.save(axes.without_curves(NOTHING_SHARED), path)
        return axes.save(draw(chosen, fields), path)


def draw(chosen: list[curves.Curve], fields: Sequence[str]) -> Figure:
    """Draws one panel a field and run."""
    runs = curves.group(chosen, lambda curve: curve.run)
    several = len(runs) > 1
    # Of very many panels, about as many side by side as below each other.
    square = max(COLUMNS, round(len(fields) ** 0.5))
    columns = len(runs) if several else min(len(fields), square)
    colour = looks.by_depth(curve.tap for curve in chosen)
    dash = looks.by_set(curve.data for curve in chosen)
    shared = {"sharex": True, "sharey": "row"} if several else {}
    panels = [(field, run) for field in fields for run in runs]
    figure, grid = axes.grid(len(panels), columns, (2.3, 1.9), **shared)
    for place, (ax, (field, run)) in enumerate(zip(grid, panels, strict=True)):
        _draw_panel(ax, runs[run], field, (colour, dash))
        axes.scale(ax, chosen, field, "y")
        if not (several and place % columns):
            ax.set_ylabel(axes.describe(chosen, field, 29), fontsize=7)
        if place < columns and several:
            ax.set_title(looks.wrapped(run, 1.9))
        if place + columns >= len(panels):
            ax.set_xlabel(axes.step_name(chosen[0].log))
    axes.step_axis(grid, max(curve.log.steps[-1] for curve in chosen))
    has_level = any(c.has(f"{f}_null") for c in chosen for f in fields)
    _explain(figure, grid, colour, dash, has_level)
    axes.finish(figure)
    return figure


def _draw_panel(ax, members, field, of_taps_and_sets):
    colour, dash = of_taps_and_sets
    many = len(colour) > looks.MAX_NAMES
    marker = "" if many else "."
    for curve in members:
        steps, values = curve.series(field)
        look = {"color": colour[curve.tap], "linestyle": dash[curve.data]}
        ax.plot(steps, values, marker=marker, markersize=2.5, **look)
        if curve.has(f"{field}_se") and not many:
            error = curve.series(f"{field}_se")[1]
            band = {"facecolor": colour[curve.tap], "alpha": 0.13}
            ax.fill_between(
                steps, values - error, values + error, linewidth=0, **band
            )
        if curve.has(f"{field}_null"):
            ax.plot(*curve.series(f"{field}_null"), **look | LEVEL)
    axes.draw_ceilings(ax, members, field, "y")


def _explain(figure, grid, colour, dash, has_level):
    """Names of the taps, or of many a colour bar; dashes of the sets."""
    many = len(colour) > looks.MAX_NAMES
    lines = [] if many else [looks.line(t, color=c) for t, c in colour.items()]
    if len(dash) > 1:
        lines += [
            looks.line(data, color="0.3", linestyle=style)
            for data, style in dash.items()
        ]
    if has_level:
        lines.append(looks.line("permuted", color="0.3", **LEVEL))
    if many:
        looks.depth_bar(figure, grid, list(colour))
    looks.legend(figure, lines, below=many)
