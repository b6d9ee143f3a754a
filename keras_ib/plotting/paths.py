"""How a path through the plane is drawn, and how a figure explains it.

One painter a figure: by step, by run, or by depth. `explain` adds legends
and colour bars, `below` the panels or beside them, where axes have no label of
the whole figure that they could cover.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from keras_ib.plotting import axes, curves, looks

ENDS = (
    {"marker": "o", "markersize": 4, "markerfacecolor": "white"},
    {"marker": "s", "markersize": 4, "markerfacecolor": looks.INK},
)


class Time:
    """The colours of steps, on a logarithmic scale.

    Args:
        last: The last step.
        name: What the steps are.
    """

    def __init__(self, last: float, name: str):
        from matplotlib.colors import FuncNorm

        self.last, self.name = last, name
        self.look = {
            "cmap": looks.ramp_of("plasma", 0.85),
            "norm": FuncNorm((np.log1p, np.expm1), 0, last),
        }

    def draw(
        self, ax: Any, steps: Any, points: Any, widths: Any = None
    ) -> None:
        """Draws a path whose pieces have the colours of their steps."""
        from matplotlib.collections import LineCollection

        # A segment to or from NaN is not drawn: a gap.
        middle = [np.mean(two) for two in pairwise(np.log1p(steps))]
        pieces = list(pairwise(points))
        ax.add_collection(
            LineCollection(
                pieces, array=np.expm1(middle), linewidths=widths, **self.look
            )
        )

    def bar(self, figure: Any, grid: Sequence[Any]) -> None:
        """A colour bar beside the panels."""
        from matplotlib.cm import ScalarMappable

        height = figure.get_size_inches()[1]
        bar = figure.colorbar(
            ScalarMappable(**self.look), ax=grid, aspect=9 * height, pad=0.02
        )
        powers = axes.powers(self.last)
        bar.set_ticks([0, *powers], labels=["0", *map(axes.power, powers)])
        bar.minorticks_off()
        bar.set_label(self.name)


class ByStep:
    """The colour is the optimizer step; probe sets of a panel have dashes.

    Args:
        chosen: All curves of the figure.
        dashed: Whether a panel holds more than one probe set.
    """

    def __init__(self, chosen: list[curves.Curve], dashed: bool):
        last = max(1, *(curve.log.steps[-1] for curve in chosen))
        self.time = Time(last, axes.step_name(chosen[0].log))
        self.dashes = looks.by_set(c.data for c in chosen) if dashed else {}

    def draw(
        self, ax: Any, curve: curves.Curve, steps: Any, points: Any
    ) -> None:
        if self.dashes:
            # Dashes would begin anew at every change of colour.
            ax.plot(
                *points.T,
                color="0.5",
                linewidth=0.9,
                linestyle=self.dashes[curve.data],
            )
        else:
            self.time.draw(ax, steps, points)
        size = 7 if self.dashes else 3
        look = {"linewidths": 0, "zorder": 2.5} | self.time.look
        ax.scatter(*points.T, size, steps, **look)
        draw_ends(ax, points, ENDS)

    def explain(self, figure: Any, grid: Sequence[Any], below: bool) -> None:
        self.time.bar(figure, grid)
        looks.legend(figure, _of_sets(self.dashes), below=below)


class ByRun:
    """The colour and the mark are the run's; probe sets have dashes."""

    def __init__(self, chosen: list[curves.Curve]):
        self.runs = looks.by_run(c.run for c in chosen)
        self.dashes = looks.by_set(c.data for c in chosen)

    def draw(
        self, ax: Any, curve: curves.Curve, steps: Any, points: Any
    ) -> None:
        look = self.runs[curve.run]
        dash = self.dashes[curve.data]
        ax.plot(*points.T, linestyle=dash, markersize=1.8, **look)
        first, last = look | {"markersize": 4.5}, look | {"markersize": 5}
        edge = {"markeredgecolor": look["color"]}
        draw_ends(
            ax, points, (first | edge | {"markerfacecolor": "white"}, last)
        )

    def explain(self, figure: Any, grid: Sequence[Any], below: bool) -> None:
        handles = [
            looks.line(run, markersize=4, **look)
            for run, look in self.runs.items()
        ]
        if len(self.dashes) > 1:
            handles += _of_sets(self.dashes)
        open_mark = {"linestyle": "", "marker": "o", "markersize": 4.5}
        handles += [
            looks.line(
                "first step", color="0.3", markerfacecolor="white", **open_mark
            ),
            looks.line("last step", color="0.3", **open_mark),
        ]
        looks.legend(figure, handles, below=below)


class ByDepth:
    """The colour is how deep the tap is; for more taps than have names."""

    def __init__(self, chosen: list[curves.Curve]):
        self.taps = looks.by_depth(c.tap for c in chosen)

    def draw(
        self, ax: Any, curve: curves.Curve, steps: Any, points: Any
    ) -> None:
        colour = self.taps[curve.tap]
        ax.plot(*points.T, color=colour, linewidth=0.7, alpha=0.8)
        look = {"markeredgecolor": colour, "markersize": 2.5}
        draw_ends(
            ax,
            points,
            (
                {"marker": "o", "markerfacecolor": "white", **look},
                {"marker": "s", "markerfacecolor": colour, **look},
            ),
        )

    def explain(self, figure: Any, grid: Sequence[Any], below: bool) -> None:
        looks.depth_bar(figure, grid, list(self.taps))
        mark = {"linestyle": "", "color": "0.3", "markersize": 3.5}
        handles = [
            looks.line("first step", marker="o", mfc="white", **mark),
            looks.line("last step", marker="s", **mark),
        ]
        looks.legend(figure, handles, below=below)


def finite(points: np.ndarray) -> np.ndarray:
    """The points of a path that are numbers, `[k, 2]`."""
    return points[np.isfinite(points).all(1)]


def draw_ends(ax: Any, points: np.ndarray, ends: Sequence[dict]) -> None:
    """Marks where a path begins and where it ends."""
    known = finite(points)
    if len(known):
        for point, look in zip(known[[0, -1]], ends, strict=True):
            look = {"markeredgecolor": looks.INK, "zorder": 4} | look
            ax.plot(*point, linestyle="", **look)


def _of_sets(dashes):
    return [
        looks.line(data, color="0.3", linestyle=dash)
        for data, dash in dashes.items()
    ]
