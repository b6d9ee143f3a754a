"""What kind of target the labels are: the one place that decides."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ib import checks
from keras_ib.probe import kinds
from keras_ib.probe.losses import Hint, hint_of, loss_of
from keras_ib.probe.making import make
from keras_ib.probe.notices import Notes
from keras_ib.probe.target import Target

KINDS = ("auto", "classes", "values", "labels", "none")


def check_target(target: Any):
    """Raises a `ValueError` if `target` names no kind.

    Args:
        target: A kind, a function of y, or a dict of these by output.
    """
    parts = target.values() if isinstance(target, dict) else [target]
    for part in parts:
        is_known = isinstance(part, str) and part in KINDS
        if not callable(part) and not is_known:
            raise ValueError(
                "Unknown kind of target. Received: "
                f"target={checks.short(part)}.{checks.nearest(part, KINDS)} "
                f"Choose one of {', '.join(KINDS)}, a function of y, or a "
                "dict of these by the name of the output."
            )


def targets_of(
    y: Any,
    *,
    num_fit: int,
    loss: Any = None,
    target: Any = "auto",
    output_names: list[str] | None = None,
    output_size: int | None = None,
    inputs: Sequence[np.ndarray] = (),
    notes: Notes,
) -> dict[str, Target]:
    """One target for each head of the labels, by name.

    Args:
        y: Array, structure of arrays (several heads), or None.
        num_fit: Number of fit samples, the first ones.
        loss: The compiled loss, or None.
        target: `"auto"`, a kind, a function of y, or a dict of these.
        output_names: Names of the outputs where y is a list.
        output_size: Numbers a sample of the only output, or None.
        inputs: Arrays of X, to know an autoencoder.
        notes: Where decisions and warnings are noted.
    """
    if callable(target):
        y, target = _applied(target, y), "auto"
    heads = _heads(y, output_names)
    _check_names(target, heads)
    found = {}
    for place, (head, array) in enumerate(heads.items()):
        # One head alone is "y", whatever its output is called.
        name = "y" if len(heads) == 1 else head
        found[name] = target_of(
            array,
            num_fit=num_fit,
            loss=loss_of(loss, head, place, len(heads)),
            target=_kind_of(target, head, name),
            name=name,
            output_size=output_size if len(heads) == 1 else None,
            inputs=inputs,
            notes=notes,
        )
    return {name: one for name, one in found.items() if one is not None}


def _check_names(target, heads):
    if not isinstance(target, dict) or not heads:
        return
    names = {*heads, "y"} if len(heads) == 1 else {*heads}
    unknown = [name for name in target if name not in names]
    if unknown:
        raise ValueError(
            f"target= names an output without labels. Received: {unknown[0]!r}"
            f". Choose from {', '.join(sorted(names))}."
        )


def _kind_of(target, head, name):
    if not isinstance(target, dict):
        return target
    return target.get(head, target.get(name, "auto"))


def _applied(function, y):
    try:
        found = function(y)
    except Exception as error:
        raise ValueError(
            "The function target= cannot be applied to y. Received: "
            f"{type(error).__name__}: {error}. Give a function of the labels "
            "as they are given to fit, as NumPy arrays."
        ) from error
    found = keras.tree.map_structure(np.asarray, found)
    lengths = [
        {len(a) if np.ndim(a) else 0 for a in keras.tree.flatten(part)}
        for part in (y, found)
    ]
    if lengths[0] != lengths[1]:
        raise ValueError(
            "The function target= must keep the samples. Received: "
            f"{sorted(lengths[1])} entries for {sorted(lengths[0])} samples. "
            "Give a function that returns one entry a sample."
        )
    return found


def _heads(y, output_names):
    heads = _named(y, output_names)
    return {name: a for name, a in heads.items() if a is not None}


def _named(y, output_names, prefix=""):
    if isinstance(y, dict):
        items = y.items()
    elif isinstance(y, (list, tuple)):
        names = list(output_names or ())
        if len(names) != len(y):
            names = [f"{prefix or 'y'}_{k}" for k in range(1, len(y) + 1)]
            prefix = ""
        items = zip(names, y, strict=True)
    else:
        return {prefix or "y": y}
    found = {}
    for key, part in items:
        name = f"{prefix}_{key}" if prefix else str(key)
        found |= _named(part, None, name)
    return found


def target_of(
    y: np.ndarray,
    *,
    num_fit: int,
    loss: Any = None,
    target: Any = "auto",
    name: str = "y",
    output_size: int | None = None,
    inputs: Sequence[np.ndarray] = (),
    notes: Notes,
) -> Target | None:
    """Decides what kind of target the labels of one head are.

    Args:
        y: `[n, ...]` labels, fit samples first.
        num_fit: Number of fit samples.
        loss: The loss of this head, or None.
        target: `"auto"`, a kind, or a function of y.
        name: Name of the target.
        output_size: Numbers a sample of the output, or None.
        inputs: Arrays of X.
        notes: Where decisions and warnings are noted.

    Returns:
        None if there is nothing to tell.
    """
    if callable(target):
        y, target = _applied(target, y), "auto"
    if target == "none":
        return None
    hint = hint_of(loss)
    is_of_y = output_size in (None, y.size // max(len(y), 1))
    if hint.kind == "values" and not is_of_y:
        # As an autoencoder's, whose loss compares with X.
        hint = Hint()
    if target == "auto" and "ctc" in hint.name.lower():
        notes.say(f"{name}: left out; labels of CTC belong to no position.")
        return None
    if target == "auto":
        is_input = any(_is_equal(y, x) for x in inputs)
        decided = kinds.decide(y, hint, is_input)
    else:
        decided = _as_asked(y, target, hint)
    made = make(decided, num_fit, name, hint.ignored, notes)
    if made is not None:
        notes.say(made.summary())
    return made


def _is_equal(y, x):
    if x is None or y.shape != x.shape or y.dtype.kind == "O":
        return False
    return np.array_equal(y, x)


def _as_asked(y, target, hint):
    why = f"as target={target!r} asks"
    if target == "values":
        if y.dtype.kind not in "fiubcmM":
            raise ValueError(
                f"Only numbers are quantities. Received: target={target!r} "
                f'with y of type {y.dtype}. Choose target="classes".'
            )
        return kinds.Decided("values", y, why)
    if target == "labels":
        if y.ndim != 2 or y.dtype.kind not in "fiub":
            raise ValueError(
                "Labels are columns of 0 and 1. Received: target='labels' "
                f"with y of shape {y.shape}. Give y of shape [n, L]."
            )
        return kinds.Decided("labels", y > 0, why)
    found = kinds.decide(y, hint._replace(kind="classes"))
    if found.kind in ("classes", "positions"):
        return found._replace(why=why)
    if y.size == len(y):
        return kinds.Decided("classes", y.reshape(-1), why)
    return kinds.Decided("positions", y, why)
