"""What an interactive figure draws, as plotly takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from keras_ib.plotting import curves, images
from keras_ib.plotting.looks import MAX_NAMES
from keras_ib.plotting.scales import Scale, numbers, safe

Trace = dict[str, Any]


class Walk(NamedTuple):
    """A tap's way through a plane; three lists of one length."""

    tap: str
    steps: np.ndarray
    x: list[float | None]
    y: list[float | None]
    label: list[list]  # The step, and what is said of x and of y.


def walk(curve: curves.Curve, x: Scale, y: Scale) -> Walk:
    """The way of one curve."""
    steps, points = curve.path(x.field, y.field)
    of_x, of_y = x.said(curve), y.said(curve)
    return Walk(
        safe(curve.tap),
        steps,
        numbers(x.place(points[:, 0])),
        numbers(y.place(points[:, 1])),
        [[step, *of_x[step], *of_y[step]] for step in steps.tolist()],
    )


def look(colour: str, is_one_of_many: bool) -> Trace:
    """A line; its points are marked unless it is one of very many."""
    line = {"mode": "lines", "line": {"color": colour, "width": 1.5}}
    if is_one_of_many:
        return line
    mark = {"color": colour, "size": 3}
    return line | {"mode": "lines+markers", "marker": mark}


def path(way: Walk, x: Scale, y: Scale, look: Trace) -> Trace:
    """A way as a thin line."""
    return look | {
        "type": "scatter",
        "name": way.tap,
        "x": way.x,
        "y": way.y,
        "customdata": way.label,
        "opacity": 0.6,
        "showlegend": False,
        "hovertemplate": "<b>%{fullData.name}</b>" + _hover(x, y),
    }


def _hover(*scales):
    """A label under a tap's name: the step, and a number a field."""
    lines, place = ["<br>step %{customdata[0]}"], 1
    for scale in scales:
        lines.append(scale.hover(place))
        place += 1 + scale.has_errors
    return "".join([*lines, "<extra></extra>"])


def points(
    ways: list[Walk], x: Scale, y: Scale, looks: Mapping[str, Trace]
) -> Trace:
    """Where all taps are: what moves."""
    return {
        "type": "scatter",
        "mode": "markers+text" if len(ways) <= MAX_NAMES else "markers",
        "textposition": "top center",
        "textfont": {"size": 11},
        "text": [way.tap for way in ways],
        "marker": {
            "color": [looks[way.tap]["line"]["color"] for way in ways],
            "size": 12 if len(ways) <= MAX_NAMES else 8,
            "line": {"color": "white", "width": 1.5},
        },
        "showlegend": False,
        "hovertemplate": "<b>%{text}</b>" + _hover(x, y),
    }


def at(ways: list[Walk], step: int) -> Trace:
    """Where all taps are at a step, or were when last measured."""
    found = [np.searchsorted(way.steps, step, "right") - 1 for way in ways]
    both = [(way, i) for way, i in zip(ways, found, strict=True)]
    return {
        "x": [way.x[i] if i >= 0 else None for way, i in both],
        "y": [way.y[i] if i >= 0 else None for way, i in both],
        "customdata": [way.label[i] if i >= 0 else None for way, i in both],
    }


def image(members: list[curves.Curve], scale: Scale) -> Trace:
    """Depth by steps, as an image; the colours are those of the layout."""
    steps, values = images.table(members, scale.field)
    return {
        "type": "heatmap",
        "x": numbers(images.edges(steps)),
        "y": [safe(curve.tap) for curve in members],
        "z": [numbers(row) for row in scale.place(values)],
        "customdata": [_labels(curve, steps, scale) for curve in members],
        "hoverongaps": False,
        "hovertemplate": "<b>%{y}</b>" + _hover(scale),
        "coloraxis": "coloraxis",
        "xaxis": "x2",
        "yaxis": "y2",
    }


def over_steps(curve: curves.Curve, scale: Scale, look: Trace) -> Trace:
    """A tap over the steps; where it has marks, with standard errors."""
    steps, values = curve.series(scale.field)
    return look | {
        "type": "scatter",
        "name": safe(curve.tap),
        "x": numbers(images.place(steps)),
        "y": numbers(scale.place(values)),
        "customdata": _labels(curve, steps, scale),
        "error_y": _errors(curve, scale, look),
        "showlegend": False,
        "hovertemplate": "<b>%{fullData.name}</b>" + _hover(scale),
        "xaxis": "x3",
        "yaxis": "y3",
    }


def _labels(curve, steps, scale):
    said = scale.said(curve)
    return [[step, *said.get(step, ())] for step in steps.tolist()]


def _errors(curve, scale, look):
    """On a root axis the two sides of an error have unequal lengths."""
    if not scale.has_errors or "marker" not in look:
        return {"visible": False}
    values = curve.series(scale.field)[1]
    error = curve.series(f"{scale.field}_se")[1]
    middle = scale.place(values)
    return {
        "visible": True,
        "array": numbers(scale.place(values + error) - middle),
        "arrayminus": numbers(middle - scale.place(values - error)),
        "color": look["line"]["color"],
        "thickness": 0.8,
        "width": 0,
    }


def now(panel: int, colour: str) -> Trace:
    """A line at the step that is shown, on an axis over that of a panel."""
    return {
        "type": "scatter",
        "mode": "lines",
        "y": [0, 1],
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
        "xaxis": f"x{panel}",
        "yaxis": f"y{panel + 2}",
        "hoverinfo": "skip",
        "showlegend": False,
    }
