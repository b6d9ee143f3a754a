"""Targets from what labels were taken for: renumbered, centred, counted."""

import numpy as np

from keras_ib.measures.sample.variables import Variable
from keras_ib.probe.identity import numbered
from keras_ib.probe.inputs import PADDING, centred_float32
from keras_ib.probe.kinds import Decided
from keras_ib.probe.notices import Notes
from keras_ib.probe.target import Target

# Fewer held-out samples of a rare class say nothing of it.
FEW_HELD_OUT = 10
RARE = 0.02
# With more classes than that, few samples of each are warned of.
MANY = 20


def make(
    decided: Decided, num_fit: int, name: str, ignored: int | None, notes: Notes
) -> Target | None:
    """The target of one head; None if nothing is left of it.

    Args:
        decided: The labels and their kind.
        num_fit: Number of fit samples.
        name: Name of the target.
        ignored: A class that stands for no label, or None.
        notes: Where warnings are noted.
    """
    if decided.kind == "positions":
        return _positions(decided, ignored, num_fit, name)
    makers = {"classes": _classes, "values": _values, "labels": _labels}
    return makers[decided.kind](decided, num_fit, name, notes)


def _classes(decided, num_fit, name, notes):
    names, y = np.unique(decided.y, return_inverse=True)
    y = y.reshape(-1).astype("int32")
    target = Target(
        name,
        Variable("classes", num_classes=len(names)),
        y,
        y,
        entropy(y),
        names.tolist(),
        num_fit,
        f"{len(names)} class{'es' * (len(names) > 1)} ({decided.why})",
    )
    _warn_of_rare(target, notes)
    return target


def _values(decided, num_fit, name, notes):
    y = decided.y
    why = f"{_extent(y)}, taken as quantities ({decided.why})"
    y = centred_float32(y, num_fit)
    y = y.reshape(len(y), -1)
    is_good = np.isfinite(y).all(axis=0)
    if not is_good.all():
        notes.warn(
            f"{int(np.sum(~is_good))} of {len(is_good)} columns of {name} "
            "hold NaN or Inf and are left out."
        )
        y = y[:, is_good]
    if not y.shape[1]:
        return None
    return Target(name, Variable("values"), y, None, None, None, num_fit, why)


def _extent(y):
    flat = y.reshape(len(y), -1)
    what = "integers" if y.dtype.kind in "iu" else "numbers"
    if flat.shape[1] > 1 or not np.isrealobj(flat) or not flat.size:
        return f"{flat.shape[1]} {what} a sample"
    if np.isfinite(flat).all() and (flat == np.floor(flat)).all():
        what = "integers"
    count, low, high = len(np.unique(flat)), flat.min(), flat.max()
    return f"{count} {what} between {low:g} and {high:g}"


def _labels(decided, num_fit, name, notes):
    y = decided.y.astype("int32")
    y_class = numbered(np.unique(y, axis=0, return_inverse=True)[1].reshape(-1))
    num_sets = int(y_class.max()) + 1
    return Target(
        name,
        Variable("labels", num_classes=y.shape[1], num_sets=num_sets),
        y,
        y_class,
        entropy(y_class),
        None,
        num_fit,
        f"{y.shape[1]} labels a sample, {num_sets} sets of them occur "
        f"({decided.why})",
    )


def _positions(decided, ignored, num_fit, name):
    y = decided.y
    is_padding = y == ("" if y.dtype.kind in "US" else PADDING)
    if ignored is not None:
        is_padding |= y == ignored
    if is_padding.all():
        return None
    names, found = np.unique(y[~is_padding], return_inverse=True)
    numbers = np.full(y.shape, PADDING, "int32")
    numbers[~is_padding] = found.reshape(-1)
    shape = tuple(y.shape[1:])
    return Target(
        name,
        Variable("classes", num_classes=len(names)),
        numbers,
        None,
        entropy(found.reshape(-1)),
        names.tolist(),
        num_fit,
        f"{len(names)} classes at {shape} positions ({decided.why})",
        shape,
    )


def entropy(y: np.ndarray) -> float:
    """Plug-in entropy of classes, nats."""
    p = np.unique(y, return_counts=True)[1] / y.size
    return max(0.0, float(-np.sum(p * np.log(p))))


def _warn_of_rare(target, notes):
    counts = np.bincount(target.y)
    if len(counts) > MANY and len(target.y) < FEW_HELD_OUT * len(counts):
        notes.warn(
            f"{target.name} has {len(counts)} classes for {len(target.y)} "
            "samples, too few of each to tell them apart. Give a larger "
            "probe_size, or data= with more samples."
        )
        return
    held_out = np.bincount(target.y[target.num_fit :], minlength=len(counts))
    share = counts / len(target.y)
    limit = min(RARE, 0.5 / len(counts))
    rare = np.flatnonzero((held_out < FEW_HELD_OUT) & (share < limit))
    if len(rare):
        worst = rare[np.argmin(held_out[rare])]
        notes.warn(
            f"{len(rare)} of {len(share)} classes of {target.name} are rare: "
            f"of {target.names[worst]!r}, {100 * share[worst]:.2g} % of the "
            f"samples, some {held_out[worst]} are held out, too few to say "
            "how well it is told. Give a larger probe_size, or data= with "
            "more of them."
        )
