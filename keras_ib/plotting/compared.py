"""What a comparison of several conditions found, tap by tap."""

from __future__ import annotations

from collections.abc import Sequence
import os
from typing import TYPE_CHECKING, Any

from keras_ib import checks
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {
    "last": "after the last step",
    "fitting": "fitting",
    "compression": "compression",
}


def comparison(
    compared: Sequence[Any],
    *,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws a comparison: quantities of all conditions, with intervals.

    One panel each for the last value, fitting and compression; taps from left
    to right, conditions side by side. A bar is the interval of the mean over
    seeds.

    Args:
        compared: What `keras_ib.compare` returned.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    path = axes.where(path)
    compared = checks.sequence("compared", compared)
    if not compared or not all(hasattr(c, "condition") for c in compared):
        raise ValueError(
            f"Not a comparison. Received: {checks.short(compared)}. Give what "
            "keras_ib.compare returned."
        )
    taps = list(dict.fromkeys(line.tap for line in compared))
    conditions = list(dict.fromkeys(line.condition for line in compared))
    with axes.style():
        many = len(taps) > looks.MAX_NAMES
        size = (6.5, 2.2) if many else (max(2.3, 0.3 * len(taps)), 2.2)
        columns = 1 if many else len(TITLES)
        figure, panels = axes.grid(len(TITLES), columns, size)
        places = looks.ticks(len(taps), 30)
        for ax, quantity in zip(panels, TITLES, strict=True):
            for place, (condition, look) in enumerate(
                looks.by_run(conditions).items()
            ):
                effects = [
                    line.values[quantity]
                    for line in compared
                    if line.condition == condition
                ]
                shift = 0.6 * ((place + 0.5) / len(conditions) - 0.5)
                axes.draw_effects(ax, effects, shift, look)
            ax.axhline(0, color="0.8", linewidth=0.6, zorder=0)
            ax.set_xticks(places, [looks.plain(taps[i]) for i in places])
            ax.tick_params("x", rotation=90)
            ax.set_title(TITLES[quantity])
        unit = axes.bracketed(compared[0].unit)
        panels[0].set_ylabel(looks.plain(compared[0].field + unit))
        handles = [
            looks.line(name, linestyle="", markersize=4, **look)
            for name, look in looks.by_run(conditions).items()
        ]
        looks.legend(figure, handles, below=True)
        axes.finish(figure)
        return axes.save(figure, path)
