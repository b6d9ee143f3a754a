"""Fitting and compression over depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ib import checks
from keras_ib.analysis import phases as found_phases
from keras_ib.logs.run import logs_of
from keras_ib.plotting import axes, curves, looks, over_steps
from keras_ib.units import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = ("fitting", "compression")


def phases(
    runs: curves.Runs | Mapping[str, Any],
    field: str | None = None,
    *,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    units: Units | None = None,
    path: str | os.PathLike | None = None,
) -> Figure:
    """Draws how high fitting and compression are, over depth.

    A mark is the mean magnitude over seeds, its bar the interval. It is
    filled where the phase is named, which holds for all taps at once, and
    open where it may be noise: see `keras_ib.phases`.

    Args:
        runs: A `RunLog` or its folder; several that differ by their seed; or
            of several conditions `{name: runs}`, as `keras_ib.compare` takes.
        field: `"measure/field"`; Z-X where left out, else Z-Y.
        data: Name of the probe set, all of its draws; the first one where
            left out.
        taps: Names of the taps; all of them where left out.
        units: `"nats"` or `"bits"`; as the runs have it where left out.
        path: Where to save the figure: .png (300 dpi), .pdf or .svg.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If a run did not measure what is asked for, or the runs of
            a condition were not measured at the same steps.

    Example:

        keras_ib.plotting.phases({"identity": with_, "none": without})
    """
    field, path = checks.text("field", field), axes.where(path)
    conditions = {
        name: [log for log in logs_of(checks.runs(some), units) if log.steps]
        for name, some in (
            runs if isinstance(runs, Mapping) else {"": runs}
        ).items()
    }
    conditions = {name: logs for name, logs in conditions.items() if logs}
    with axes.style():
        if not conditions:
            figure = axes.without_curves(over_steps.NOTHING_YET)
            return axes.save(figure, path)
        first = next(iter(conditions.values()))[0]
        field = field or curves.default_field(first)
        return axes.save(_draw(conditions, field, data, taps), path)


def _draw(conditions, field, data, taps):
    found = {
        name: found_phases.find(logs, field, data=data, taps=taps, family=True)
        for name, logs in conditions.items()
    }
    names = list(next(iter(found.values())))
    # Names stand below the panels.
    shown = [looks.tail(name) for name in names]
    longest = max(map(len, shown), default=0)
    height = 2.3 + looks.LETTER * max(0, longest - 10)
    size = max(2.6, min(5.0, 0.9 + 0.22 * len(names))), height
    figure, grid = axes.grid(2, 2, size, sharey=True)
    for ax, phase in zip(grid, PANELS, strict=True):
        for place, (name, look) in enumerate(looks.by_run(found).items()):
            shift = 0.5 * ((place + 0.5) / len(found) - 0.5)
            _draw_heights(ax, found[name], names, phase, shift, look)
        ax.axhline(0, color="0.7", linewidth=0.6, zorder=0)
        places = looks.ticks(len(names), int(5 * size[0]))
        ax.set_xticks(
            places, [looks.plain(shown[i]) for i in places], rotation=90
        )
        ax.set_title(phase)
    log = next(iter(conditions.values()))[0]
    unit = axes.bracketed(log.field(field)["unit"])
    grid[0].set_ylabel(looks.plain(f"magnitude in {field}{unit}"))
    looks.legend(figure, _handles(found), below=True)
    figure.suptitle(_what(conditions, found))
    axes.finish(figure)
    return figure


def _draw_heights(ax, found, names, phase, shift, look):
    for named in (False, True):
        at = [
            i
            for i, tap in enumerate(names)
            if tap in found and _is_named(found[tap], phase) == named
        ]
        effects = [getattr(found[names[i]], phase) for i in at]
        means = np.array([effect.mean for effect in effects])
        ends = np.array([effect[1:3] for effect in effects]).reshape(-1, 2).T
        ax.errorbar(
            np.array(at) + shift,
            means,
            np.nan_to_num(np.abs(ends - means)),  # One seed has none.
            linestyle="",
            markersize=3 if len(names) <= 60 else 1.8,
            elinewidth=0.8,
            markerfacecolor=look["color"] if named else "white",
            **look,
        )


def _is_named(found, phase):
    floor = getattr(found, f"{phase}_floor")
    return floor is not None and getattr(found, phase).mean > floor


def _handles(found):
    many = looks.by_run(found) if len(found) > 1 else {}
    mark = {"linestyle": "", "marker": "o", "markersize": 4, "color": "0.3"}
    return [
        *(looks.line(name, **mark | look) for name, look in many.items()),
        looks.line("more than noise", **mark),
        looks.line("may be noise", markerfacecolor="white", **mark),
    ]


def _what(conditions, found):
    """What the bars are, or why there are none."""
    counts = {len(logs) for logs in conditions.values()}
    first = next(iter(next(iter(found.values())).values()))
    if first.located == "itself":
        return "one seed, one draw of probe data: nothing tells it from noise"
    if counts == {1}:
        return "one seed: no intervals"
    text = " or ".join(map(str, sorted(counts)))
    return f"95 % intervals of the mean over {text} seeds"
