"""The figures of the report of `Lyu2024`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.analysis import phases
from keras_ib.papers import figures
from keras_ib.papers.lyu2024.claims import (
    BLOCKS,
    CONTROLS,
    DECODERS,
    LAST_BLOCK,
    MAIN,
    PHASES,
    SHARE,
    WHERE,
    effects,
)
from keras_ib.plotting import axes, looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from keras_ib.papers.lyu2024.experiment import Lyu2024

LABEL = "as a share of Z-X at step 0"
# What the conditions are called where they stand alone.
TITLES = {
    "orthogonal": "projection, orthogonal at first",
    "started as identity": "projection, identity at first",
}


def curves(reproduction: Lyu2024, conditions: Sequence[str]) -> Figure:
    """Z-X over the steps: a row a family, a column a kind of shortcut."""
    families, columns = list(reproduction.families), len(conditions)
    with axes.style():
        count = len(families) * columns
        figure, grid = axes.grid(
            count, columns, (2.0, 1.6), sharex=True, sharey="row"
        )
        rows = np.reshape(grid, (len(families), columns))
        for row, family in zip(rows, families, strict=True):
            found = []
            for ax, condition in zip(row, conditions, strict=True):
                logs = reproduction.logs(family, condition)
                found.append(_draw_taps(ax, logs))
            for ax in row:
                axes.root_scale(ax, np.concatenate(found), "y")
            row[0].set_ylabel(f"{family}\nZ-X (FVU)")
        for ax, condition in zip(rows[0], conditions, strict=True):
            ax.set_title(condition)
        for ax in rows[-1]:
            ax.set_xlabel("optimizer step")
        axes.step_axis(grid, logs[0].steps[-1])
        handles = [
            looks.line(tap, **look)
            for tap, look in _looks(logs[0].taps).items()
        ]
        looks.legend(figure, handles, below=True)
        axes.finish(figure)
    return figure


def _draw_taps(ax, logs):
    """Draws every tap, and returns the values that the axis must hold."""
    found = []
    for tap, look in _looks(logs[0].taps).items():
        steps, values = phases.series(logs, tap, "zx/fvu")
        seeds = values.mean(axis=1)
        ax.plot(steps, seeds.mean(axis=0), **look)
        ends = seeds.min(axis=0), seeds.max(axis=0)
        colour = look["color"]
        ax.fill_between(steps, *ends, color=colour, alpha=0.2, linewidth=0)
        found.append(seeds.ravel())
    return np.concatenate(found)


def _looks(taps):
    """A colour and a dash for each tap, by depth."""
    colours = looks.ramp_of("viridis", 0.85)(np.linspace(0, 1, len(taps)))
    return {
        tap: {"color": colour, "linestyle": looks.DASHES[i % 2]}
        for i, (tap, colour) in enumerate(zip(taps, colours, strict=True))
    }


def blocks(reproduction: Lyu2024) -> Figure:
    """Fitting and compression of every block, and of their mean."""
    taps = {"1": BLOCKS[:1], "2": BLOCKS[1:2], "3": BLOCKS[2:], "mean": BLOCKS}
    return _phases(reproduction, MAIN, taps)


def controls(reproduction: Lyu2024) -> Figure:
    """Fitting and compression of every kind of shortcut, controls too."""
    taps = {"mean": BLOCKS, "last": LAST_BLOCK}
    return _phases(reproduction, (*MAIN, *CONTROLS), taps)


def _phases(reproduction, conditions, taps):
    """A row a phase, a column a family, one place for each of `taps`."""
    found = {
        (family, condition): {
            place: effects(reproduction, family, condition, taps=of_one)
            for place, of_one in taps.items()
        }
        for family in reproduction.families
        for condition in conditions
    }
    panels = {
        phase: {
            family: {
                TITLES.get(condition, condition): {
                    place: of_one[phase]
                    for place, of_one in found[family, condition].items()
                }
                for condition in conditions
            }
            for family in reproduction.families
        }
        for phase in PHASES
    }
    return figures.effects(panels, LABEL, SHARE)


def decoders(reproduction: Lyu2024) -> Figure:
    """Fitting as every decoder sees it; networks read the last block only."""
    panels = {
        where: {
            family: {
                condition: {
                    decoder: effects(
                        reproduction, family, condition, decoder, taps
                    )["fitting"]
                    for decoder, (kind, _) in DECODERS.items()
                    if kind == "plane" or taps == LAST_BLOCK
                }
                for condition in MAIN
            }
            for family in reproduction.families
        }
        for where, taps in WHERE.items()
    }
    return figures.effects(panels, f"fitting, {LABEL}", SHARE)
