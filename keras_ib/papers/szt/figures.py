"""Figures of many networks: curves over epochs, and phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.papers.figures import effects
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Names of the figures, to which claims lead.
EPOCHS, PHASES, PLANES = "epochs", "phases", "planes"
OF_EPOCHS = """
I(X;Z) of each layer over training: the mean over networks, and the middle half
of them. Black is the mean of the hidden layers, on which the claims rest; the
diamond is its highest point, up to which is fitting and from which is
compression.
"""
OF_PHASES = """
How far I(X;Z) rises to its highest point (fitting) and falls from there to the
end (compression), with 95 % intervals over networks: layers 1 to 5, the softmax
(out), and the mean of layers 1 to 5, on which the claims rest. Above the dashed
line, 1 % of the ceiling, it counts as a phase.
"""
WIDTH = 1.55  # Inches of a panel among many.
HEIGHT = "I(X;Z) moves by [nats]"
MEAN = {"color": "black", "linewidth": 1.4, "linestyle": (0, (4, 1))}
TOP = {"color": "black", "marker": "D", "markersize": 3.5, "linestyle": ""}


def over_epochs(
    panels: Mapping[str, Curves], measures: Sequence[str]
) -> Figure:
    """I(X;Z) over epochs: mean, and the middle half of the networks.

    Args:
        panels: `{title: Curves}`, one column each.
        measures: Names of the measures, one row each; side by side where
            there is one column.
    """
    many = len(panels) > 1
    drawn = [
        (curves, measure) for measure in measures for curves in panels.values()
    ]
    titles = list(panels) if many else [TITLES[m] for m in measures]
    columns = len(titles)
    with axes.style():
        size = (2.6 if columns == 2 else 2.1 - 0.1 * columns, 1.6)
        figure, grid = axes.grid(
            len(drawn), columns, size, sharex=True, sharey="row"
        )
        for ax, (curves, measure) in zip(grid, drawn, strict=True):
            _draw_layers(ax, curves, measure)
        for ax, title in zip(grid, titles, strict=False):
            ax.set_title(title)
        for ax, (_, measure) in list(zip(grid, drawn, strict=True))[::columns]:
            ax.set_ylim(0, None)
            name = f"\n{TITLES[measure]}" if many else ""
            ax.set_ylabel(f"I(X;Z) [nats]{name}")
        axes.step_axis(grid, curves.epochs(measures[0])[-1])
        for ax in grid[-columns:]:
            ax.set_xlabel("epoch")
        looks.legend(figure, _of_epochs(curves, measure), below=True)
        axes.finish(figure)
    return figure


def _draw_layers(ax, curves, measure):
    epochs = curves.epochs(measure)
    layers = curves.information(measure).swapaxes(0, 1)
    for look, values in zip(_looks(len(layers)), layers, strict=True):
        ax.plot(epochs, values.mean(axis=0), **look)
        band = np.quantile(values, (0.25, 0.75), axis=0)
        colour = look["color"]
        ax.fill_between(epochs, *band, color=colour, alpha=0.15, linewidth=0)
    mean = curves.curve(measure).mean(axis=0)
    ax.plot(epochs, mean, **MEAN)
    top = np.argmax(mean)
    ax.plot(epochs[top], mean[top], clip_on=False, zorder=5, **TOP)


def _of_epochs(curves, measure):
    count = curves.information(measure).shape[1]
    names = [*(f"layer {i}" for i in range(1, count)), "softmax"]
    return [
        *(
            looks.line(name, **look)
            for name, look in zip(names, _looks(count), strict=True)
        ),
        looks.line("mean of layers 1 to 5", **MEAN),
        looks.line("its highest point", **TOP),
    ]


def of_layers(panels: Mapping[str, Curves], measures: Sequence[str]) -> Figure:
    """Fitting and compression of every layer, and of the hidden ones' mean.

    Args:
        panels: `{title: Curves}`, a colour and a mark each.
        measures: Names of the measures, a column each.
    """
    found = {
        phase: {
            TITLES[measure]: {
                title: _places(curves, measure, phase)
                for title, curves in panels.items()
            }
            for measure in measures
        }
        for phase in ("fitting", "compression")
    }
    return effects(found, HEIGHT, limits(panels, measures))


def limits(
    panels: Mapping[str, Curves], measures: Sequence[str]
) -> dict[str, float]:
    """From where on a phase counts, `{title of the measure: nats}`."""
    curves = next(iter(panels.values()))
    return {TITLES[measure]: curves.distinct(measure) for measure in measures}


def _places(curves, measure, phase):
    layers = curves.layer_phases(measure)
    return {
        name: getattr(layer, phase)
        for name, layer in zip(names(len(layers)), layers, strict=True)
    } | {"1-5": curves.magnitude(measure, phase)}


def names(count: int) -> list[str]:
    """Of layers, as figures have room for them."""
    return [*map(str, range(1, count)), "out"]


def _looks(count):
    """A colour and a dash for each layer, by depth."""
    colours = looks.ramp_of("viridis", 0.85)(np.linspace(0, 1, count))
    return [
        {"color": colour, "linestyle": looks.DASHES[i % 2]}
        for i, colour in enumerate(colours)
    ]
