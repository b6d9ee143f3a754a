"""A deep network in one picture: a field over depth and steps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ib import checks
from keras_ib.plotting import axes, curves, looks, over_steps
from keras_ib.units import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 4


def depth(
    runs: curves.Runs,
    field: str | None = None,
    *,
    data: str | None = None,
    target: str | None = None,
    units: Units | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws a field as an image: steps to the right, depth upwards.

    One panel a run and probe set, with one scale of colours, which is a
    square-root one for errors. What is not finite is grey. Legible from three
    taps to hundreds.

    Args:
        runs: A `RunLog` or its folder, or several.
        field: `"measure/field"`; Z-X where left out, else Z-Y.
        data: Name of the probe set; all of them where left out.
        target: Name of the label; the first one where left out.
        units: `"nats"` or `"bits"`; as the runs have it where left out.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a run did not measure what is asked for.

    Example:

        keras_ib.plotting.depth("runs/resnet", "zy/ce", path="depth.pdf")
    """
    field, path = checks.text("field", field), axes.where(path)
    chosen = curves.choose(runs, data, None, target, units)
    with axes.style():
        if not chosen:
            figure = axes.without_curves(over_steps.NOTHING_YET)
            return axes.save(figure, path)
        field = field or curves.default_field(chosen[0].log)
        return axes.save(_draw(chosen, field), path)


def _draw(chosen, field):
    panels = curves.group(chosen, lambda c: (c.run, c.data))
    taps = max((len(members) for members in panels.values()), default=1)
    size = 2.9, min(5.0, 1.9 + 0.1 * taps)
    figure, grid = axes.grid(len(panels), COLUMNS, size)
    norm = _norm(chosen, field)
    for ax, members in zip(grid, panels.values(), strict=True):
        image = _draw_panel(ax, members, field, norm, size[1])
        name = curves.distinct(members[0], chosen)
        ax.set_title(looks.wrapped(name, 2.2))
        ax.set_xlabel(axes.step_name(members[0].log))
    height = figure.get_size_inches()[1]
    bar = figure.colorbar(image, ax=grid, aspect=9 * height, pad=0.02)
    bar.set_label(axes.describe(chosen, field, 14 * height))
    longest = max(len(curve.tap) for curve in chosen)
    looks.widen(figure, min(COLUMNS, len(panels)) * (longest - 8))
    axes.finish(figure)
    return figure


def _norm(chosen, field):
    """One scale of colours for all panels."""
    from matplotlib.colors import Normalize, PowerNorm

    values = np.concatenate([c.series(field)[1] for c in chosen])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0, 1)
    if high == low:
        low, high = low - 0.5, high + 0.5
    is_error = axes.is_error(chosen[0].field(field))
    if is_error and low >= 0:
        return PowerNorm(0.5, 0, high)
    return Normalize(low, high)


def _draw_panel(ax, members, field, norm, height):
    steps, values = table(members, field)
    ax.set_facecolor("0.8")
    image = ax.pcolormesh(
        edges(steps),
        np.arange(len(members) + 1) - 0.5,
        values,
        norm=norm,
        cmap="cividis",  # The same to the colour-blind, and even in print.
        rasterized=True,
    )
    _step_ticks(ax, steps)
    taps = [curve.tap for curve in members]
    places = looks.ticks(len(taps), int(4 * height))
    ax.set_yticks(places, labels=[looks.plain(taps[place]) for place in places])
    return image


def table(
    members: list[curves.Curve], field: str
) -> tuple[np.ndarray, np.ndarray]:
    """Steps `[m]` of curves, and their values `[curves, m]`, NaN for none."""
    steps = np.unique(np.concatenate([c.series(field)[0] for c in members]))
    values = np.full((len(members), len(steps)), np.nan)
    for row, curve in zip(values, members, strict=True):
        measured, found = curve.series(field)
        row[np.searchsorted(steps, measured)] = found
    return steps, values


def edges(steps: np.ndarray) -> np.ndarray:
    """Where the pixel of each step ends, on the axis of `place`."""
    at = place(steps)
    if len(at) == 1:
        return np.array([at[0] - 0.5, at[0] + 0.5])
    middle = (at[1:] + at[:-1]) / 2
    return np.concatenate([at[:1], middle, at[-1:] + (at[-1] - at[-2]) / 2])


def place(steps: Any) -> Any:
    """Where steps are on a logarithmic axis that has a place for step 0."""
    return np.log1p(steps)


def _step_ticks(ax, steps):
    last = steps[-1]
    powers = axes.powers(last)
    gap = 1 + (len(powers) > 5)
    names = [
        axes.power(power) if i % gap == 0 else ""
        for i, power in enumerate(powers)
    ]
    ax.set_xticks(place(np.array([0, *powers])), labels=["0", *names])
    ax.set_xlim(edges(steps)[[0, -1]])
