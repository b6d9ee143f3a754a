"""The figures of the report of `Lyu2024`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_ib.analysis import phases
from keras_ib.analysis.statistics import Effect
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from keras_ib.papers.lyu2024.experiment import Lyu2024


def curves(reproduction: Lyu2024, conditions: Sequence[str]) -> Figure:
    """Z-X over the steps: a row a family, a column a kind of shortcut."""
    families = list(reproduction.families)
    panels = [(f, c) for f in families for c in conditions]
    with axes.style():
        figure, grid = axes.grid(
            len(panels), len(conditions), (2.3, 1.9), sharex=True, sharey="row"
        )
        for place, (ax, (family, condition)) in enumerate(
            zip(grid, panels, strict=True)
        ):
            logs = reproduction.logs(family, condition)
            _draw_taps(ax, logs)
            if place < len(conditions):
                ax.set_title(condition)
            if place % len(conditions) == 0:
                ax.set_ylabel(f"{family}\nZ-X (FVU)")
            if place + len(conditions) >= len(panels):
                ax.set_xlabel("optimizer step")
        axes.step_axis(grid, max(log.steps[-1] for log in logs))
        handles, names = grid[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside right", frameon=False)
    return figure


def _draw_taps(ax, logs):
    colours = looks.ramp_of("viridis", 0.9)
    for place, tap in enumerate(logs[0].taps):
        steps, values = phases.series(logs, tap, "zx/fvu")
        seeds = values.mean(axis=1)
        colour = colours(place / max(len(logs[0].taps) - 1, 1))
        ax.plot(steps, seeds.mean(axis=0), color=colour, label=tap)
        ends = seeds.min(axis=0), seeds.max(axis=0)
        ax.fill_between(steps, *ends, color=colour, alpha=0.2, linewidth=0)


def magnitudes(
    found: dict[str, dict[str, dict[str, Effect]]], label: str
) -> Figure:
    """Effects with their intervals, one panel a family.

    Args:
        found: `{panel: {series: {place: Effect}}}`.
        label: What the vertical axis shows.
    """
    places = list(next(iter(next(iter(found.values())).values())))
    with axes.style():
        size = (max(2.3, 0.32 * len(places)), 2.6)
        figure, grid = axes.grid(len(found), len(found), size, sharey=True)
        for ax, (panel, series) in zip(grid, found.items(), strict=True):
            for k, (name, effects) in enumerate(series.items()):
                shift = 0.5 * ((k + 0.5) / len(series) - 0.5)
                values = list(effects.values())
                axes.draw_effects(ax, values, shift, f"C{k}", name)
            ax.axhline(0, color="0.8", linewidth=0.6, zorder=0)
            ax.set_xticks(range(len(places)), places, rotation=60, ha="right")
            ax.set_title(panel)
        grid[0].set_ylabel(label)
        handles, names = grid[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside right", frameon=False)
    return figure
