"""Figures of many networks: planes, curves over epochs, and scatters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.papers.szt.networks import SIZES
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 1.55  # Inches of a panel among many.
ENDS = (
    {"marker": "o", "markersize": 3, "markerfacecolor": "white"},
    {"marker": "s", "markersize": 3},
)


def planes(panels: dict[str, tuple[Curves, str]], columns: int) -> Figure:
    """I(X;Z) against I(Z;Y), the mean over seeds, one path a layer.

    Args:
        panels: `{title: (Curves, name of the measure)}`.
        columns: Panels side by side.
    """
    with axes.style():
        figure, grid = axes.grid(
            len(panels), columns, (WIDTH, 1.5), sharex=True, sharey=True
        )
        for ax, (title, shown) in zip(grid, panels.items(), strict=True):
            _draw_paths(ax, *shown)
            ax.set_title(title)
        figure.supxlabel("I(X;Z) [nats]")
        figure.supylabel("I(Z;Y) [nats]")
        _legend(figure)
        return figure


def _draw_paths(ax, curves, measure):
    x, y = (
        curves.information(measure, pair).mean(axis=0) for pair in ("xz", "zy")
    )
    for colour, *path in zip(_colours(), x, y, strict=True):
        ax.plot(*path, color=colour, linewidth=0.9)
        for i, look in zip((0, -1), ENDS, strict=True):
            ax.plot(path[0][i], path[1][i], color=colour, **look)


def over_epochs(panels: dict[str, Curves], measures: Sequence[str]) -> Figure:
    """I(X;Z) over epochs: mean, and the middle half of the networks.

    Args:
        panels: `{title: Curves}`, one column each.
        measures: Names of the measures, one row each.
    """
    with axes.style():
        figure, grid = axes.grid(
            len(panels) * len(measures),
            len(panels),
            (WIDTH if len(panels) > 2 else 2.2, 1.4),
            sharex=True,
            sharey="row",
        )
        rows = np.reshape(grid, (len(measures), len(panels)))
        for row, measure in zip(rows, measures, strict=True):
            for ax, curves in zip(row, panels.values(), strict=True):
                _draw_layers(ax, curves, measure)
            row[0].set_ylabel(f"I(X;Z) [nats]\n{TITLES[measure]}")
        for ax, title in zip(rows[0], panels, strict=True):
            ax.set_title(title)
        last = next(iter(panels.values())).epochs(measures[0])[-1]
        axes.step_axis(grid, last)
        figure.supxlabel("epoch")
        _legend(figure)
        return figure


def _draw_layers(ax, curves, measure):
    epochs = curves.epochs(measure)
    layers = curves.information(measure).swapaxes(0, 1)
    for colour, values in zip(_colours(), layers, strict=True):
        ax.plot(epochs, values.mean(axis=0), color=colour)
        band = np.quantile(values, (0.25, 0.75), axis=0)
        ax.fill_between(epochs, *band, color=colour, alpha=0.15, linewidth=0)


def scatter(panels: dict[str, Curves], measure: str) -> Figure:
    """Compression of networks that learned against their test accuracy.

    Args:
        panels: `{title: Curves}`, one colour each.
        measure: Name of the measure.
    """
    with axes.style():
        figure, grid = axes.grid(2, 2, (2.4, 2.2), sharey=True)
        look = {"markersize": 4, "markeredgewidth": 0, "alpha": 0.7}
        for ax, layers in zip(grid, ("hidden", "softmax"), strict=True):
            for title, curves in panels.items():
                ax.plot(
                    curves.compression(measure, layers)[curves.learned],
                    curves.accuracy("test")[curves.learned],
                    ".",
                    label=title,
                    **look,
                )
            ax.set_xlabel(f"compression, {layers} [nats]")
        grid[0].set_ylabel("test accuracy")
        figure.legend(
            *grid[0].get_legend_handles_labels(),
            loc="outside right upper",
            frameon=False,
        )
        return figure


def _colours():
    """One for each layer, by depth."""
    return looks.ramp_of("viridis", 0.9)(np.linspace(0, 1, len(SIZES) - 1))


def _legend(figure):
    from matplotlib.lines import Line2D

    colours = _colours()
    names = [*(f"layer {i}" for i in range(1, len(colours))), "softmax"]
    lines = [
        Line2D([], [], color=colour, label=name)
        for colour, name in zip(colours, names, strict=True)
    ]
    figure.legend(handles=lines, loc="outside right upper", frameon=False)
