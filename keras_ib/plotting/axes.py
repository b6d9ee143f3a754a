"""What all figures share: their look, their panels, ceilings and words."""

from collections.abc import Sequence
from functools import partial
import io
import math
import os
from pathlib import Path
import textwrap
from typing import Any

import numpy as np

from keras_ib import checks
from keras_ib.logs.files import replaced
from keras_ib.logs.lines import reads_x_alone
from keras_ib.logs.run import RunLog, is_error
from keras_ib.plotting.curves import Curve
from keras_ib.plotting.looks import plain

STYLE: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "figure.titlesize": 8,
    "figure.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,  # Text stays text in the PDF.
    "savefig.dpi": 300,
}
SCREEN = 96  # Dots an inch of a screen.
CEILING = {"color": "0.55", "linewidth": 0.8, "linestyle": (0, (4, 3))}


# matplotlib is imported on use: a training that draws nothing does not wait.
def style() -> Any:
    import matplotlib

    return matplotlib.rc_context(STYLE)  # type: ignore[arg-type]


def grid(
    count: int, columns: int, size: tuple[float, float], **shared: Any
) -> tuple[Any, list]:
    """A figure, and its `count` axes of `size` inches in rows of `columns`."""
    from matplotlib.figure import Figure

    columns = min(count, columns)
    rows = math.ceil(count / columns)
    width, height = columns * size[0] + 0.9, rows * size[1]
    figure = Figure((width, height), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False, **shared).flat
    for ax in cells[count:]:
        ax.remove()
    # A notebook shows the figure whatever its settings for matplotlib are.
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure, list(cells[:count])


def png(figure: Any) -> tuple[bytes, dict[str, int]]:
    """A figure as a notebook shows it, with twice the points of a screen."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=2 * SCREEN)
    width, height = (figure.get_size_inches() * SCREEN).round().astype(int)
    return buffer.getvalue(), {"width": int(width), "height": int(height)}


def finish(figure: Any):
    """Lays a figure out; every axis of a panel gets two ticks at least."""
    for ax in figure.axes:
        for artist in (*ax.lines, *ax.collections):
            # Within its axes: of hundreds, the layout would take long.
            artist.set_in_layout(False)
        if ax.axison and ax.get_label() != "<colorbar>":
            _two_ticks(ax.xaxis)
            _two_ticks(ax.yaxis)
    figure.draw_without_rendering()


def _two_ticks(axis):
    from matplotlib.ticker import MaxNLocator

    low, high = sorted(axis.get_view_interval())

    def within(ticks):
        return [tick for tick in ticks if low <= tick <= high]

    if len(within(axis.get_majorticklocs())) < 2:
        found = within(MaxNLocator(4, min_n_ticks=2).tick_values(low, high))
        found = found if len(found) > 1 else [low, high]
        axis.set_ticks(found, labels=[f"{tick:.3g}" for tick in found])


def without_curves(text: str) -> Any:
    """A figure that says why it is empty."""
    figure, (ax,) = grid(1, 1, (3.0, 2.7))
    ax.set_axis_off()
    ax.text(0.5, 0.5, plain(text), ha="center", transform=ax.transAxes)
    return figure


def draw_ceilings(ax: Any, members: list[Curve], field: str, axis: str):
    """A dashed line and its formula, where the sample size ends `axis`."""
    known = {c.data: _ceiling(c, field) for c in members}
    for value in {value for value in known.values() if value is not None}:
        text = {"color": "0.45", "fontsize": 6.5, "ha": "right"}
        formula = plain(members[0].field(field)["formula"] or "")
        if axis == "y":
            ax.axhline(value, zorder=1, **CEILING)
            place = ax.get_yaxis_transform()
            ax.text(
                1,
                value,
                formula,
                transform=place,
                va="bottom",
                **text,
            )
        else:
            ax.axvline(value, zorder=1, **CEILING)
            place, text["va"] = ax.get_xaxis_transform(), "center"
            ax.text(
                value,
                0.5,
                formula,
                transform=place,
                rotation=90,
                **text,
            )


def _ceiling(curve, field):
    """Of a curve's probe set; one of a set, in older logs of all."""
    found = curve.field(field)["ceiling"]
    return found.get(curve.data) if isinstance(found, dict) else found


def describe(members: list[Curve], field: str, width: float) -> str:
    """What a field is, as Matplotlib takes it."""
    return plain(in_words(members, field, width))


def in_words(members: list[Curve], field: str, width: float) -> str:
    """Meaning and unit of a field; below, its samples and its kind."""
    log, target = members[0].log, members[0].target
    what = members[0].field(field)
    unit = bracketed(what["unit"])
    of = ""
    if len(log.targets) > 1 and not reads_x_alone(*field.split("/")):
        of = f"{target or log.targets[0]}: "
    meaning = _balance(of + what["meaning"] + unit, int(width))
    return f"{meaning}\n({what['rows']} samples, {what['kind']})"


def bracketed(unit: str) -> str:
    """A unit behind a name; nothing for a plain number."""
    return "" if unit == "1" else f" [{unit}]"


def _balance(text, width):
    """Breaks a text into as few lines as `width` allows, of equal length."""
    best = textwrap.wrap(text, width)
    for narrower in range(width, max(map(len, text.split())) - 1, -1):
        lines = textwrap.wrap(text, narrower)
        if len(lines) == len(best):
            best = lines
    return "\n".join(best)


def scale(ax: Any, members: list[Curve], field: str, axis: str):
    """Gives an error a square-root axis; leaves other fields linear.

    An error is an upper bound without a ceiling. Those of the inner taps are
    small beside those of the last one; this shows both, and 0.
    """
    if not is_error(members[0].field(field)):
        return
    values = np.concatenate([curve.series(field)[1] for curve in members])
    root_scale(ax, values, axis)


def root_scale(ax: Any, values: np.ndarray, axis: str):
    """A square-root axis with ticks for `values`."""
    ticks = root_ticks(values[np.isfinite(values)])
    functions = signed_root, _signed_square
    getattr(ax, f"set_{axis}scale")("function", functions=functions)
    getattr(ax, f"set_{axis}ticks")(ticks, labels=[f"{t:g}" for t in ticks])


def root_ticks(values: np.ndarray) -> list[float]:
    """Ticks from 0 to the largest value; two at least among the values."""
    from matplotlib.ticker import MaxNLocator

    top = max(values, default=1) or 1
    low = min(values, default=0)
    ticks = [0.0]
    for tick in np.outer(10.0 ** np.arange(-6, 7), (1, 2, 5)).flat:
        if tick <= top and tick**0.5 > ticks[-1] ** 0.5 + 0.12 * top**0.5:
            ticks.append(tick)
    if sum(low <= tick <= top for tick in ticks) < 2:
        between = MaxNLocator(4).tick_values(low, top)
        ticks = sorted({*ticks[:1], *(t for t in between if low <= t <= top)})
    return ticks


def signed_root(values: np.ndarray) -> np.ndarray:
    """Where values are on a square-root axis."""
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values):
    return np.sign(values) * np.square(values)


def draw_effects(
    ax: Any, effects: Sequence[Any], shift: float, look: dict[str, Any]
):
    """Means with the intervals of `Effect`s at 0, 1, ..., moved by `shift`."""
    means = np.array([effect.mean for effect in effects])
    ends = np.array([[effect.low, effect.high] for effect in effects]).T
    ax.errorbar(
        np.arange(len(means)) + shift,
        means,
        # One seed has no interval.
        np.nan_to_num(np.abs(ends - means)),
        linestyle="",
        markersize=3,
        elinewidth=1,
        **look,
    )


def step_axis(panels: Sequence[Any], last: int):
    """Optimizer steps on a logarithmic axis that has a place for step 0."""
    from matplotlib.ticker import NullLocator

    ticks = powers(last)
    # Where many decades crowd, every second one keeps its number.
    gap = 1 + (len(ticks) > 5)
    names = [power(t) if i % gap == 0 else "" for i, t in enumerate(ticks)]
    for ax in panels:
        ax.set_xscale("symlog", linthresh=1, linscale=0.5)
        ax.set_xlim(-0.2, max(last, 1) * 1.2)
        ax.set_xticks([0, *ticks], labels=["0", *names])
        ax.xaxis.set_minor_locator(NullLocator())


# What steps are where they were not read from an optimizer.
STEP_NAMES = {
    "number in the file name": "number of the checkpoint",
    "order": "place of the checkpoint",
}


def step_name(log: RunLog) -> str:
    """What the steps of a log count."""
    return STEP_NAMES.get(log.config.get("steps", ""), "optimizer step")


def powers(last: float) -> np.ndarray:
    """1, 10, 100 ... up to `last`."""
    return 10 ** np.arange(1 + int(math.log10(max(last, 1))))


def power(step: int) -> str:
    return str(step) if step < 10_000 else f"$10^{{{math.log10(step):.0f}}}$"


def where(path: str | os.PathLike | None) -> Path | None:
    """The path that a figure is saved at, if there is one.

    Raises:
        ValueError: If its suffix is not that of a figure.
    """
    if path is None:
        return None
    from matplotlib.backend_bases import FigureCanvasBase

    found = checks.path("path", path)
    if found.suffix[1:] not in FigureCanvasBase.get_supported_filetypes():
        raise ValueError(
            f"path={os.fspath(found)!r} does not say how to save; let it end "
            "in .png, .pdf or .svg."
        )
    return found


def save(figure: Any, path: str | os.PathLike | None) -> Any:
    """Saves a figure, given a path; returns it."""
    if (path := where(path)) is not None:
        with replaced(path) as draft:
            figure.savefig(draft)
    return figure
