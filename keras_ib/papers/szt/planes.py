"""Planes of many networks, with the time along the path and the phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.papers.szt.figures import WIDTH, names
from keras_ib.papers.szt.results import Curves
from keras_ib.plotting import axes, labels, looks, paths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OF_PLANES = """
Planes of the mean over networks, one path a layer: its colour is the epoch. A
thin line is the way up to the highest I(X;Z) of the layer, fitting, a thick
line the way from there, compression. Layers are numbered from the input; out is
the softmax.
"""
THIN, THICK = 0.7, 1.8
ENDS = tuple(look | {"markersize": 3} for look in paths.ENDS)


def planes(panels: Mapping[str, tuple[Curves, str]], columns: int) -> Figure:
    """I(X;Z) against I(Z;Y), the mean over seeds, one path a layer.

    Args:
        panels: `{title: (Curves, name of the measure)}`.
        columns: Panels side by side.
    """
    with axes.style():
        size = (WIDTH, 1.6) if columns > 3 else (2.1, 1.9)
        figure, grid = axes.grid(
            len(panels), columns, size, sharex=True, sharey=True
        )
        curves, measure = next(iter(panels.values()))
        time = paths.Time(curves.epochs(measure)[-1], "epoch")
        ways = [
            _draw_paths(ax, time, *p)
            for ax, p in zip(grid, panels.values(), strict=True)
        ]
        for ax, title in zip(grid, panels, strict=True):
            ax.set_title(title)
            ax.margins(0.08)
        for ax in grid[-columns:]:
            ax.set_xlabel("I(X;Z) [nats]")
        for ax in grid[::columns]:
            ax.set_ylabel("I(Z;Y) [nats]")
        time.bar(figure, grid)
        looks.legend(figure, _of_planes(), below=True)
        axes.finish(figure)
        for ax, of_layers in zip(grid, ways, strict=True):
            labels.place(ax, of_layers, names(len(of_layers)))
    return figure


def _draw_paths(ax, time, curves, measure):
    x, y = (
        curves.information(measure, pair).mean(axis=0) for pair in ("xz", "zy")
    )
    ways = list(np.stack([x, y], axis=2))
    for way in ways:
        places = np.arange(len(way) - 1)
        widths = np.where(places < np.argmax(way[:, 0]), THIN, THICK)
        time.draw(ax, curves.epochs(measure), way, widths)
        paths.draw_ends(ax, way, ENDS)
    ax.autoscale_view()
    return ways


def _of_planes():
    mark = {"linestyle": "", "color": looks.INK}
    first, last = ENDS
    return [
        looks.line("before training", **mark | first),
        looks.line("at the end", **mark | last),
        looks.line("fitting", color="0.3", linewidth=THIN),
        looks.line("compression", color="0.3", linewidth=THICK),
    ]
