"""On which side of the split a sample stands, and whether they come sorted."""

import numpy as np

from keras_ib.probe.identity import numbered
from keras_ib.probe.notices import Notes

# Half of the samples fit the decoders and half are held out: held-out
# standard errors are then as good as those of the fit, and the Gram matrix of
# wide layers, the largest cost, is half of the full one.
FIT_FRACTION = 0.5


def halves(
    keys: np.ndarray | None, groups: np.ndarray | None, count: int, notes: Notes
) -> tuple[np.ndarray, int]:
    """Splits samples in half; equal X and groups stay on one side.

    Args:
        keys: `[n]` identity of X, or None.
        groups: `[n]` groups, or None.
        count: Number of samples.
        notes: Where it is noted if there is nothing to split by.

    Returns:
        The order of the samples, fit samples first, and their number.
    """
    half = int(count * FIT_FRACTION)
    units = _units(keys, groups, count)
    sizes = np.bincount(units)
    if len(sizes) == 1 and count > 1:
        notes.warn(
            "All samples are of one group, or have one X: the samples of it "
            "stand on both sides of the split."
        )
        return np.arange(count), half
    is_fit = np.zeros(len(sizes), bool)
    num_fit = 0
    for unit, size in enumerate(sizes):
        if num_fit + size <= half:
            is_fit[unit] = True
            num_fit += size
    if num_fit == 0:
        is_fit[np.argmin(sizes)] = True
    side = is_fit[units]
    order = np.concatenate([np.flatnonzero(side), np.flatnonzero(~side)])
    return order, int(side.sum())


def _units(keys, groups, count):
    """`[n]`: number of the unit that must not be split."""
    parts = [numbered(part) for part in (keys, groups) if part is not None]
    if not parts:
        return np.arange(count)
    unit = parts[0].astype("int64")
    # What is linked by equal X or by a group takes the smallest number of it.
    while len(parts) > 1:
        before = unit
        for part in parts:
            smallest = np.full(part.max() + 1, count)
            np.minimum.at(smallest, part, unit)
            unit = smallest[part]
        if np.array_equal(before, unit):
            break
    return numbered(unit)


def warn_if_sorted(y: np.ndarray, rows: np.ndarray, notes: Notes):
    """Warns where the first samples of a source come sorted by class.

    Args:
        y: `[n]` classes.
        rows: `[n]`, where in the source they stand.
        notes: Where the warning goes.
    """
    if len(y) < 32:
        return
    y = y[np.argsort(rows)]
    p = np.unique(y, return_counts=True)[1] / len(y)
    expected = (len(y) - 1) * (1 - np.sum(p**2))
    changes = np.count_nonzero(np.diff(y))
    if len(p) == 1 or changes < 0.2 * expected:
        notes.warn(
            f"The samples come sorted by class, and the probe has only the "
            f"first of them: {len(p)} classes. Shuffle them, or give "
            "data=(x, y)."
        )
