"""A class a position: which positions of a tap are looked at."""

from dataclasses import dataclass

import numpy as np

from keras_ib.measures.sample.variables import Variable


@dataclass(frozen=True, eq=False)
class PositionSample:
    """Positions of a tap `[n, *a, d]` with their classes, fit ones first.

    Attributes:
        index: Arrays `[m]` for the axes `(n, *a)`: `z[index]` is `[m, d]`.
        y: `[m]` int32 classes.
        num_fit: How many of them are of fit samples.
        variable: The `Variable`, of kind "classes".
    """

    index: tuple[np.ndarray, ...]
    y: np.ndarray
    num_fit: int
    variable: Variable

    @property
    def num_rows(self) -> int:
        """Number of positions, fit and held-out together."""
        return len(self.y)


def labels_at(y: np.ndarray, axes: tuple[int, ...]) -> np.ndarray | None:
    """Labels `[n, *a]` at the positions of a tap, or None.

    Where the axes of the tap divide those of the labels, a position takes the
    label at the centre of its patch; where they are those of the labels made
    flat, the labels are made flat.
    """
    positions = y.shape[1:]
    if axes == (int(np.prod(positions)),):
        return y.reshape(len(y), -1)
    if len(axes) != len(positions) or 0 in axes or max(axes) == 1:
        return None
    if any(p % a for p, a in zip(positions, axes, strict=True)):
        return None
    for axis, size in enumerate(axes, 1):
        step = y.shape[axis] // size
        y = np.take(y, np.arange(size) * step + step // 2, axis=axis)
    return y


def sampled(
    y: np.ndarray, num_fit: int, size: int, seed: int, variable: Variable
) -> PositionSample | None:
    """At most `size` positions, drawn at random from each side of the split.

    Args:
        y: `[n, *a]` classes at the positions of the tap; negative: padding.
        num_fit: Number of fit samples.
        size: Number of positions wanted.
        seed: Seed of the drawing.
        variable: What the classes are.

    Returns:
        None if a side of the split has fewer than two.
    """
    found = np.argwhere(y >= 0)
    is_fit = found[:, 0] < num_fit
    rng = np.random.default_rng(seed)
    size = min(size, len(found))
    wanted = round(size * is_fit.sum() / max(1, len(found)))
    sides = [
        _some(found[is_fit], wanted, rng),
        _some(found[~is_fit], size - wanted, rng),
    ]
    if min(map(len, sides)) < 2:
        return None
    index = tuple(np.concatenate(sides).T)
    return PositionSample(index, y[index], len(sides[0]), variable)


def _some(positions, count, rng):
    return positions[rng.permutation(len(positions))[:count]]
