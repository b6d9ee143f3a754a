"""Draws the probe data: the fixed samples that the measures look at.

Drawn, split and described once, before any training time is spent.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras_ib import checks
from keras_ib.probe import identity
from keras_ib.probe.checks import (
    check_size,
    check_split,
    groups_of,
    reading,
)
from keras_ib.probe.drawing import Drawn, draw_samples
from keras_ib.probe.kinds import FEW, is_whole
from keras_ib.probe.notices import Notes
from keras_ib.probe.probe import Probe
from keras_ib.probe.reading import x_values_of
from keras_ib.probe.sources import read, sets_of
from keras_ib.probe.splitting import halves, warn_if_sorted
from keras_ib.probe.targets import check_target, targets_of


def draw_all(
    data: Any,
    *,
    target: Any = "auto",
    loss: Any = None,
    size: int,
    seed: int,
    draws: int = 1,
    groups: Any = None,
    split: str = "random",
    symbols: Any = None,
    is_prefix: bool = False,
    output_names: list[str] | None = None,
    output_size: int | None = None,
    notes: Iterable[str] = (),
) -> dict[str, Probe]:
    """Draws every probe set that a user gives, `{name: Probe}`.

    Further draws of a set are other samples of it, named `name#2`, ...

    Args:
        data: `(x, y)`, `(x,)`, `(x, y, sample_weight)`, x alone, a dataset or
            generator of these, or a dict of sets by name. Arrays of any type;
            structures of them for several inputs or outputs. Of arrays on
            disk only what is drawn is read; of datasets and generators the
            first `size * draws` samples.
        target: What Y is: `"auto"`, `"classes"`, `"values"`, `"labels"`,
            `"none"`, a function of y, or a dict of these by output.
        loss: The compiled loss, or None: says whether integers are classes.
        size: Samples of each draw; all are taken where there are fewer.
        seed: Seed of drawing, splitting and embedding.
        draws: How many times each set is drawn from.
        groups: `[n]`, or `{set: [n]}`: samples of a group stay on one side of
            the split.
        split: `"random"`, or `"blocks"`: the first half of the drawn samples
            in their given order fits, the second is held out.
        symbols: Structure like x of booleans: which inputs are ids. Strings
            always are.
        is_prefix: Whether `data` are only the first samples of more.
        output_names: Names of the outputs where y is a list.
        output_size: Numbers a sample of the only output. A loss of quantities
            that are not as many as those of y does not tell what y is.
        notes: Notes to begin with.

    Raises:
        TooFewSamples: If fewer than two samples are there.
        ValueError: If arrays do not match, or an argument is wrong.
    """
    size, draws = check_size(size, draws)
    check_target(target)
    seed, split = checks.seed(seed), check_split(split)
    options = {"target": target, "loss": loss, "output_names": output_names}
    options |= {"seed": seed, "split": split, "symbols": symbols}
    options |= {"output_size": output_size}
    probes: dict[str, Probe] = {}
    given: list[str] = []
    with reading(data):
        for name, one in sets_of(data).items():
            said = Notes(notes)
            source = read(one, enough=size * draws, notes=said)
            if source.x is None:
                raise ValueError(
                    f"The probe data {name!r} have no inputs. Received: "
                    "x=None. Give data=(x, y), or (x,) without labels."
                )
            source = replace(source, is_prefix=source.is_prefix or is_prefix)
            drawn = draw_samples(source, size, draws, seed, said)
            of_set = groups.get(name) if isinstance(groups, dict) else groups
            for k, samples in enumerate(drawn):
                own = Notes(said.texts)
                key = name if k == 0 else f"{name}#{k + 1}"
                probes[key] = _probe(samples, source, of_set, own, **options)
                given += said.warnings + own.warnings if k == 0 else []
    _give(given)
    return probes


def draw(
    x: Any = None,
    y: Any = None,
    *,
    num_samples: int | None = None,
    size: int | None = None,
    seed: int = 0,
    target: Any = "auto",
    loss: Any = None,
    groups: Any = None,
    split: str = "random",
) -> Probe:
    """A probe of arrays that are given with their Z, each row of which counts.

    As `draw_all`, but samples that come again stay, since their Z differ, and
    x may be missing. Numbers that come again are on one side of the split;
    symbols and integers are not. `probe.rows` says where each sample stands.

    Args:
        x: Array or structure of arrays, or None.
        y: The same, or None.
        num_samples: Number of samples, to check x and y against.
        size: Samples to draw; all by default.
        seed: As for `draw_all`.
        target: As for `draw_all`.
        loss: As for `draw_all`.
        groups: As for `draw_all`.
        split: As for `draw_all`.
    """
    check_target(target)
    seed, split = checks.seed(seed), check_split(split)
    said = Notes()
    with reading((x, y)):
        source = read((x, y), enough=0, notes=said, num_samples=num_samples)
        (drawn,) = draw_samples(
            source, size or source.num_samples, 1, seed, said, True
        )
        options = {"target": target, "loss": loss, "seed": seed}
        options |= {"split": split, "symbols": None}
        probe = _probe(
            drawn, source, groups, said, keep_repeated=True, **options
        )
    _give(said.warnings)
    return probe


def _give(texts):
    notes = Notes()
    notes.warnings = list(dict.fromkeys(texts))
    notes.give()


def _probe(
    drawn: Drawn,
    source,
    groups,
    notes,
    *,
    target,
    loss,
    seed,
    split,
    symbols,
    output_names=None,
    output_size=None,
    keep_repeated=False,
):
    if split == "blocks":
        drawn = drawn.take(np.argsort(drawn.rows))
    groups = groups_of(groups, drawn.rows, source.num_samples)
    # Symbols come again by nature; numbers do where samples were repeated.
    is_split_by_x = not keep_repeated or _are_numbers(drawn)
    keys = drawn.keys if is_split_by_x else None
    order, num_fit = halves(keys, groups, len(drawn.rows), notes)
    drawn = drawn.take(order)
    x_values, x_config = x_values_of(drawn.x, num_fit, symbols, seed, notes)
    targets = targets_of(
        drawn.y,
        num_fit=num_fit,
        loss=loss,
        target=target,
        output_names=output_names,
        output_size=output_size,
        inputs=keras.tree.flatten(drawn.x),
        notes=notes,
    )
    if source.is_prefix:
        for one in targets.values():
            if one.variable.kind == "classes" and one.y_class is not None:
                warn_if_sorted(one.y, drawn.rows, notes)
    return Probe(
        x=drawn.x,
        x_values=x_values,
        x_id=None if drawn.keys is None else identity.numbered(drawn.keys),
        targets=targets,
        num_fit=num_fit,
        rows=drawn.rows,
        fingerprint=identity.fingerprint(
            (drawn.x, drawn.y), drawn.keys, drawn.y_keys
        ),
        notes=notes.texts,
        x_config=x_config,
    )


def _are_numbers(drawn):
    """Whether X has floats that are no integers, of more than a few values."""
    arrays = [a for a in keras.tree.flatten(drawn.x) if a is not None]
    if all(a.dtype.kind != "f" or is_whole(a) for a in arrays):
        return False
    return len(np.unique(drawn.keys)) > FEW
