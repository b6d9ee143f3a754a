"""Names at the ends of curves, placed so that they cover least."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from keras_ib.plotting.looks import plain, tail

SIZE = 6.5  # Points.
# Sixteen ways around an end; of equals, above right comes first.
ANGLES = np.deg2rad((45 + np.arange(16) * 112.5) % 360)
RADII = (4, 8, 13, 20, 29, 41)  # Points.


def place(ax: Any, curves: Sequence[np.ndarray], names: Sequence[str]):
    """Writes each name near the last point of its curve.

    Every place in turn around the end is judged by how many points of curves
    and how many other names it would cover; the best one wins, with a thin
    line to its end if it is far. The figure must have been laid out.

    Args:
        ax: The axes.
        curves: Per curve its points `[m, 2]`, in the units of the axes.
        names: Per curve its name.
    """
    scale = ax.figure.dpi / 72
    ends = {
        name: _dense(ax.transData.transform(curve))
        for name, curve in zip(names, curves, strict=True)
        if len(curve) and name
    }
    if not ends:
        return
    everything = np.concatenate(list(ends.values()))
    frame = ax.bbox.padded(-3 * scale).extents
    taken: list = []
    for name, curve in ends.items():
        rivals = [other[-1] for other in ends.values() if other is not curve]
        # A letter is a little more than half as wide as it is high.
        size = np.array([0.6 * len(tail(name)), 1.25]) * SIZE * scale
        end = curve[-1]
        boxes = list(_boxes(end, size, scale))
        costs = [
            _gap(box, end) / 2
            + _covered(box, everything)
            + 40 * _wrong(box, end, rivals, taken, frame)
            for box in boxes
        ]
        box = boxes[np.argmin(costs)]
        taken.append(box)
        _write(ax, name, curve[-1], box, scale)


def _dense(curve, spacing=4):
    """Points along a curve, a few pixels apart; the last one last."""
    pieces = []
    for start, end in pairwise(curve):
        count = 1 + int(np.hypot(*(end - start)) / spacing)
        pieces.append(np.linspace(start, end, count, endpoint=False))
    return np.concatenate([*pieces, curve[-1:]])


def _boxes(end, size, scale):
    for radius in RADII:
        for angle in ANGLES:
            way = np.array([np.cos(angle), np.sin(angle)])
            # A slanted box has a corner towards the end, others a side.
            side = np.clip(way * 1.5, -1, 1) * size / 2
            centre = end + way * radius * scale + side
            yield np.concatenate([centre - size / 2, centre + size / 2])


def _covered(box, points):
    """How many points of curves a box hides."""
    return ((points > box[:2]) & (points < box[2:])).all(1).sum()


def _wrong(box, end, rivals, taken, frame):
    """In how many ways a box misleads or cannot be read."""
    gap = _gap(box, end)
    return (
        any(_gap(box, rival) < gap + 2 for rival in rivals)
        + 2
        * sum(
            (box[:2] < other[2:]).all() and (box[2:] > other[:2]).all()
            for other in taken
        )
        + 3 * ((box[:2] < frame[:2]).any() or (box[2:] > frame[2:]).any())
    )


def _gap(box, end):
    """Pixels between a box and a point."""
    return np.hypot(*np.maximum(0, np.maximum(box[:2] - end, end - box[2:])))


def _write(ax, name, end, box, scale):
    from matplotlib.patheffects import withStroke

    line = {"arrowstyle": "-", "color": "0.4", "linewidth": 0.5}
    ax.annotate(
        plain(tail(name)),
        xy=ax.transData.inverted().transform(end),
        xytext=((box[:2] + box[2:]) / 2 - end) / scale,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SIZE,
        zorder=5,
        path_effects=[withStroke(linewidth=1.5, foreground="white")],
        arrowprops=line if _gap(box, end) > 6 * scale else None,
    )
