"""Figures that several papers' reports share: effects, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import textwrap
from typing import TYPE_CHECKING

from keras_ib.analysis.statistics import Effect
from keras_ib.papers.claims import Claim, Verdict
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# They differ in lightness and by their hatches, so in print, too.
VERDICTS: dict[Verdict, dict] = {
    "supported": {"facecolor": looks.COLOURS[0]},
    "undecided": {"facecolor": "0.88"},
    "not supported": {"facecolor": looks.COLOURS[1], "hatch": "//////"},
}
LIMIT = {"color": "0.25", "linewidth": 0.8, "linestyle": (0, (4, 2))}


def effects(
    found: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Effect]]]],
    label: str,
    limit: float | Mapping[str, float],
) -> Figure:
    """Effects with their intervals, and the limit that decides.

    Args:
        found: `{row: {column: {series: {place: Effect}}}}`.
        label: What the vertical axes show, with the unit.
        limit: Where a verdict turns, of all panels or `{column: limit}`.
    """
    rows, columns = list(found), list(next(iter(found.values())))
    panels = [(row, column) for row in rows for column in columns]
    series = {name: None for r, c in panels for name in found[r][c]}
    looks_of = looks.by_run(series)
    with axes.style():
        places = max(len(p) for r, c in panels for p in found[r][c].values())
        size = (max(1.9, 0.33 * places), 1.7)
        figure, grid = axes.grid(
            len(panels), len(columns), size, sharex="col", sharey="row"
        )
        for number, (ax, (row, column)) in enumerate(
            zip(grid, panels, strict=True)
        ):
            at = limit if isinstance(limit, float) else limit[column]
            turned = _draw_effects(ax, found[row][column], looks_of)
            ax.axhline(0, color="0.75", linewidth=0.6, zorder=0)
            ax.axhline(at, zorder=0, **LIMIT)
            if number < len(columns):
                ax.set_title(column)
            if number % len(columns) == 0:
                ax.set_ylabel(row)
        figure.supylabel(label)
        handles = [
            looks.line(name, markersize=4, linestyle="", **look)
            for name, look in looks_of.items()
        ]
        handles.append(looks.line("limit", **LIMIT))
        looks.legend(figure, handles, below=True)
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height + looks.LETTER * turned)
        axes.finish(figure)
    return figure


def _draw_effects(ax, series, looks_of):
    """Draws a panel; returns how many letters its turned names are long."""
    for k, (name, of_places) in enumerate(series.items()):
        shift = 0.6 * ((k + 0.5) / len(series) - 0.5)
        values = list(of_places.values())
        axes.draw_effects(ax, values, shift, looks_of[name])
    ax.set_xticks(range(len(of_places)), list(of_places))
    ax.set_xlim(-0.5, len(of_places) - 0.5)
    longest = max(map(len, of_places))
    if longest * len(of_places) <= 28:
        return 0
    ax.tick_params("x", rotation=90)
    return longest


def thresholds(
    found: Sequence[tuple[int, Claim, Sequence[Verdict]]],
    factors: Sequence[float],
    limit: str,
) -> Figure:
    """Verdicts on claims over the limit, one line a claim.

    Args:
        found: Number and claim, and its verdict at each of `factors`.
        factors: Times the limit that was chosen, ascending.
        limit: What the limits are, in words.
    """
    names = [
        textwrap.fill(f"{number}. {claim.claim}", 64)
        for number, claim, _ in found
    ]
    lines = sum(name.count("\n") + 1 for name in names)
    with axes.style():
        figure, (ax,) = axes.grid(1, 1, (6.3, 0.7 + 0.17 * lines))
        for place, (_, _, verdicts) in enumerate(found):
            _draw_verdicts(ax, place, factors, verdicts)
        ax.axvline(1, **LIMIT)
        ax.set_xscale("log")
        ax.set_xlim(factors[0], factors[-1])
        ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10]
        ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.set_yticks(range(len(found)), list(map(looks.plain, names)))
        ax.set_ylim(len(found) - 0.4, -0.6)
        ax.set_xlabel(f"limit, times ours ({limit})")
        _explain(figure)
        axes.finish(figure)
    return figure


def _draw_verdicts(ax, place, factors, verdicts):
    ends = [*factors, factors[-1]]
    for verdict, look in VERDICTS.items():
        spans = [
            (ends[i], ends[i + 1] - ends[i])
            for i, one in enumerate(verdicts)
            if one == verdict
        ]
        ax.broken_barh(spans, (place - 0.36, 0.72), edgecolor="none", **look)


def _explain(figure):
    from matplotlib.patches import Patch

    handles = [
        Patch(label=verdict, edgecolor="none", **look)
        for verdict, look in VERDICTS.items()
    ]
    handles.append(looks.line("our limit", **LIMIT))
    looks.legend(figure, handles, below=True)
