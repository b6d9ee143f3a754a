"""The figures that only the report of `Chelombiev2019` has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keras_ib.papers.chelombiev2019.claims import (
    apart_and_moved,
    centred,
    correlation,
)
from keras_ib.papers.figures import effects
from keras_ib.papers.szt.figures import HEIGHT, limits
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OF_PHASES = """
How far I(X;Z) of the hidden layers, the mean of them, rises to its highest
point (fitting) and falls from there to the end (compression), with 95 %
intervals over networks. Above the dashed line, 1 % of the ceiling, it counts as
a phase.
"""
DOTS = {"markersize": 3, "markeredgewidth": 0, "alpha": 0.7, "linestyle": ""}


def phases(
    plain: Mapping[str, Curves],
    penalised: Mapping[str, Curves],
    measures: Sequence[str],
) -> Figure:
    """Fitting and compression of the hidden layers' mean, with and without L2.

    Args:
        plain: `{title of the activation: Curves}`.
        penalised: With L2.
        measures: Names of the measures, a column each.
    """
    found = {
        phase: {
            TITLES[measure]: {
                name: {
                    title: curves.magnitude(measure, phase)
                    for title, curves in kinds.items()
                }
                for name, kinds in (("no L2", plain), ("L2", penalised))
            }
            for measure in measures
        }
        for phase in ("fitting", "compression")
    }
    return effects(found, HEIGHT, limits(plain, measures))


def single_networks(curves: Curves, measures: Sequence[str]) -> Figure:
    """I(X;Z) of every network over epochs, and its mean; a panel a measure."""
    with axes.style():
        figure, grid = axes.grid(
            len(measures), len(measures), (2.8, 2.2), sharex=True, sharey=True
        )
        for ax, measure in zip(grid, measures, strict=True):
            epochs, values = curves.epochs(measure), curves.curve(measure)
            ax.plot(epochs, values.T, color=looks.COLOURS[0], linewidth=0.4)
            ax.plot(epochs, values.mean(axis=0), color="black", linewidth=2)
            away, moved = apart_and_moved(curves, measure)
            ax.set_title(
                f"{TITLES[measure]}: apart {away.mean():.2f}, moved {moved:.2f}"
            )
        axes.step_axis(grid, epochs[-1])
        grid[0].set_ylabel("I(X;Z), hidden layers [nats]")
        for ax in grid:
            ax.set_xlabel("epoch")
        axes.finish(figure)
    return figure


def generalisation(
    panels: Mapping[str, Curves], measures: Sequence[str]
) -> Figure:
    """Compression against test accuracy, of networks that learned.

    Args:
        panels: `{title: Curves}`, a colour and a mark each.
        measures: Names of the measures, a row each.
    """
    places = [(m, layers) for m in measures for layers in ("hidden", "softmax")]
    with axes.style():
        figure, grid = axes.grid(
            len(places), 2, (2.8, 2.0), sharex=True, sharey=True
        )
        for ax, (measure, layers) in zip(grid, places, strict=True):
            for title, look in looks.by_run(panels).items():
                pair = centred({title: panels[title]}, measure, layers)
                ax.plot(*pair, **DOTS, **look)
            effect = correlation(panels, measure, layers)
            ax.set_title(f"{TITLES[measure]}, {layers}: r = {effect}")
        for ax in grid[-2:]:
            ax.set_xlabel("compression less its mean [nats]")
        for ax in grid[::2]:
            ax.set_ylabel("test accuracy less its mean")
        handles = [
            looks.line(title, markersize=4, linestyle="", **look)
            for title, look in looks.by_run(panels).items()
        ]
        looks.legend(figure, handles, below=True)
        axes.finish(figure)
    return figure
