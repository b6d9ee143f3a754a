"""The rows of a log as columns, so that a curve is looked up and not sought."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ib.logs.lines import NAMES, Lines, Place
from keras_ib.notices import warn


class Columns:
    """The rows of a file, read once.

    Measurements that were cut off half-way are left out. Of rows that are
    there twice the first one counts; that, and lines that are none of a log,
    is warned of.

    Args:
        path: The file; need not be there.
        config: Of the run; says how many rows a measurement has.

    Attributes:
        lines: All that the file has.
        is_kept: `[n]`, which rows of the file count.
        places: `(data, tap, target, measure, field, other)` of every curve.
        steps, values: One number a row that counts.

    Raises:
        ValueError: If the path is no file.
    """

    def __init__(self, path: Path, config: dict[str, Any]):
        self.lines = Lines(path, config.get("schema", 1) == 1)
        self.is_kept = _first_ones(self.lines, path)
        self.is_kept &= _whole_ones(self.lines, self.is_kept, config)
        if self.lines.broken:
            broken = _some_lines(self.lines.broken)
            warn(
                f"{path} is damaged: {broken} cannot be read. What is whole "
                "was."
            )
        self.places = self.lines.places
        self.steps = self.lines.steps[self.is_kept]
        self.values = self.lines.values[self.is_kept]
        self._at = self.lines.at[self.is_kept]
        self._numbers = {place: n for n, place in enumerate(self.places)}
        # Stable, so that rows of one curve stay in their order.
        order = np.argsort(self._at, kind="stable")
        bounds = np.searchsorted(
            self._at[order], np.arange(1, len(self.places))
        )
        self._rows_of = np.split(order, bounds)

    def curve(self, place: Place) -> tuple[np.ndarray, np.ndarray] | None:
        """Steps, ascending, and values of a place; None if it has none."""
        if place not in self._numbers:
            return None
        at = self._rows_of[self._numbers[place]]
        at = at[np.argsort(self.steps[at], kind="stable")]
        return self.steps[at], self.values[at]

    def matrix(
        self, field: str, data: str | None, step: int, taps: Sequence[str]
    ) -> tuple[list[str], np.ndarray]:
        """A field of two taps at a step: the taps that have it, `[t, t]`."""
        measure, field = field.split("/")
        found = {
            (place[1], place[5]): self._rows_of[number]
            for number, place in enumerate(self.places)
            if (place[0], *place[3:5]) == (data, measure, field)
        }
        there = {tap for pair in found for tap in pair}
        names = [tap for tap in taps if tap in there]
        at: dict = {tap: i for i, tap in enumerate(names)}
        matrix = np.full((len(names), len(names)), np.nan)
        np.fill_diagonal(matrix, 1.0)
        for pair, rows in found.items():
            values = self.values[rows[self.steps[rows] == step]]
            if len(values) and at.keys() >= set(pair):
                a, b = (at[tap] for tap in pair)
                matrix[a, b] = matrix[b, a] = values[-1]
        return names, matrix

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dicts, in their order."""
        places = [_named(place) for place in self.places]
        epochs = self.lines.epochs[self.is_kept]
        return [
            {
                "step": step,
                "epoch": None if epoch != epoch else epoch,
                **places[place],
                "value": value,
            }
            for step, epoch, place, value in zip(
                self.steps.tolist(),
                epochs.tolist(),
                self._at.tolist(),
                self.values.tolist(),
                strict=True,
            )
        ]


def _named(place):
    """A place as a part of a row, with its other tap if there is one."""
    names = dict(zip(NAMES, place, strict=True))
    if names["other"] is None:
        del names["other"]
    return names


def _first_ones(lines, path):
    """`[n]`, which rows are the first of their step and place."""
    _, steps = np.unique(lines.steps, return_inverse=True)
    is_first = np.zeros(len(steps), bool)
    keys = steps * len(lines.places) + lines.at
    is_first[np.unique(keys, return_index=True)[1]] = True
    if not is_first.all():
        warn(
            f"{path} has rows that are there twice: "
            f"{_some_lines(lines.numbers[~is_first])} repeat what came "
            "before. The first ones count. Did two processes write?"
        )
    return is_first


def _whole_ones(lines, is_kept, config):
    """`[n]`, which rows are of a measurement that has all of its rows."""
    _, at, counts = np.unique(
        lines.steps[is_kept], return_inverse=True, return_counts=True
    )
    is_whole = np.zeros(len(is_kept), bool)
    # Nothing can be looked up of a run that does not say what it measures.
    if len(counts) and all(map(config.get, ("measures", "taps", "data"))):
        whole = _rows_per_measurement(config, counts.max())
        is_whole[is_kept] = counts[at] >= whole
    return is_whole


def _rows_per_measurement(config, largest):
    """What a whole measurement has; where nothing says it, the largest."""
    if "rows_per_measurement" in config:
        return config["rows_per_measurement"]
    if config.get("schema", 1) == 1:
        measures = config.get("measures", {}).values()
        fields = sum(len(measure["fields"]) for measure in measures)
        return (
            len(config.get("taps", ())) * fields * len(config.get("data", ()))
        )
    return largest


def _some_lines(numbers):
    """Lines in words, by the first of them."""
    more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
    return f"line {numbers[0]}{more}"
