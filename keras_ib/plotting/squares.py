"""Which taps say the same: a square of all of them, step by step."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from keras_ib import checks
from keras_ib.analysis.comparison import names
from keras_ib.logs.run import logs_of
from keras_ib.plotting import axes, curves, looks, over_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 2
# Up to so many taps each square has its number.
MAX_NUMBERS = 8


def similarity(
    runs: curves.Runs,
    *,
    step: int | None = None,
    data: str | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws how alike the taps are: linear CKA of every two.

    From input to output, to the right and upwards; a panel a run and step. The
    colours go from 0, which independent taps scatter around, to 1. What is not
    finite is grey. Legible from two taps to 64.

    Args:
        runs: A `RunLog` or its folder, or several, with the measure
            `similarity`.
        step: A measured optimizer step; the first one and the last one where
            left out.
        data: Name of the probe set; the first one where left out.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a run did not measure it, or not at that step.

    Example:

        keras_ib.plotting.similarity("runs/resnet", path="similarity.pdf")
    """
    path, data = axes.where(path), checks.text("data", data)
    logs = logs_of(checks.runs(runs))
    panels = [
        (log, name, one, *log.similarity(one, data))
        for log, name in zip(logs, names(logs), strict=True)
        for one in _steps(log, step)
    ]
    with axes.style():
        if not panels:
            figure = axes.without_curves(over_steps.NOTHING_YET)
            return axes.save(figure, path)
        return axes.save(_draw(panels), path)


def _steps(log, step):
    if step is not None:
        return [step]
    return sorted({*log.steps[:1], *log.steps[-1:]})


def _draw(panels):
    taps = max(len(panel[3]) for panel in panels)
    side = min(4.2, 2.0 + 0.06 * taps)
    longest = max(len(tap) for panel in panels for tap in panel[3])
    room = looks.LETTER * longest  # For names at two sides.
    size = side + room, side + room
    figure, grid = axes.grid(len(panels), COLUMNS, size)
    several = len({panel[1] for panel in panels}) > 1
    for ax, (log, name, step, members, matrix) in zip(
        grid, panels, strict=True
    ):
        image = _draw_panel(ax, members, matrix, side)
        title = f"{axes.step_name(log)} {step:,}"
        if several:
            title = f"{looks.wrapped(name, side)}\n{title}"
        ax.set_title(title)
    rows = -(-len(panels) // COLUMNS)
    bar = figure.colorbar(image, ax=grid, aspect=9 * rows * side, pad=0.02)
    log = panels[0][0]
    known = log.pair_fields["similarity/cka"]
    bar.set_label(f"{known['meaning']}\n({known['rows']} samples)")
    figure.draw_without_rendering()
    return figure


def _draw_panel(ax, taps, matrix, side):
    ax.set_facecolor("0.8")
    ends = np.arange(len(taps) + 1) - 0.5
    image = ax.pcolormesh(
        ends, ends, matrix, vmin=0, vmax=1, cmap="cividis", rasterized=True
    )
    ax.set_aspect("equal")
    places = looks.ticks(len(taps), int(4.5 * side))
    labels = [looks.plain(looks.tail(taps[place])) for place in places]
    ax.set_xticks(places, labels=labels, rotation=90)
    ax.set_yticks(places, labels=labels)
    if len(taps) <= MAX_NUMBERS:
        _write(ax, matrix)
    return image


def _write(ax, matrix):
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            colour = "white" if value < 0.5 else "black"
            text = f"{value + 0:.2f}".replace("-0.00", "0.00")
            look = {"ha": "center", "va": "center", "fontsize": 6}
            ax.text(column, row, text, color=colour, **look)
