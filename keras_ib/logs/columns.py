"""The rows of a log as columns, so that a curve is looked up and not sought."""

from collections import Counter
from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("data", "tap", "target", "measure", "field")
Place = tuple[str | None, ...]


class Columns:
    """The rows of a file, read once.

    Measurements that were cut off half-way are left out.

    Args:
        path: The file; need not be there.
        config: Of the run; says how many rows a measurement has.

    Attributes:
        places: `(data, tap, target, measure, field)` of every curve.
        steps, values: One number a row.
    """

    def __init__(self, path: Path, config: dict[str, Any]):
        numbers: dict[Place, int] = {}
        of_schema_1 = config.get("schema", 1) == 1
        rows = []
        for row in _read_rows(path):
            if of_schema_1:
                is_x = reads_x_alone(row["measure"], row["field"])
                row["target"] = None if is_x else "y"
            place = tuple(row[name] for name in NAMES)
            number = numbers.setdefault(place, len(numbers))
            rows.append((row["step"], row["epoch"], number, row["value"]))
        whole = _rows_per_measurement(config, rows)
        count = Counter(row[0] for row in rows)
        rows = [row for row in rows if count[row[0]] == whole]
        columns = zip(*rows, strict=True) if rows else [()] * 4
        steps, self._epochs, at, values = columns
        self.places = list(numbers)
        self.steps = np.array(steps, "int64")
        self.values = np.array(values, "float64")  # None becomes NaN.
        self._numbers = numbers
        self._place_of_row = np.array(at, "int64")
        # Stable, so that rows of one curve stay in their order.
        order = np.argsort(self._place_of_row, kind="stable")
        bounds = np.searchsorted(
            self._place_of_row[order], np.arange(1, len(numbers))
        )
        self._rows_of = np.split(order, bounds)

    def curve(self, place: Place) -> tuple[np.ndarray, np.ndarray] | None:
        """Steps and values of a place, or None; of a step the last counts."""
        if place not in self._numbers:
            return None
        at = self._rows_of[self._numbers[place]]
        steps, last = np.unique(self.steps[at][::-1], return_index=True)
        return steps, self.values[at][::-1][last]

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dicts, in their order."""
        places = [dict(zip(NAMES, p, strict=True)) for p in self.places]
        return [
            {"step": step, "epoch": epoch, **places[place], "value": value}
            for step, epoch, place, value in zip(
                self.steps.tolist(),
                self._epochs,
                self._place_of_row.tolist(),
                self.values.tolist(),
                strict=True,
            )
        ]


def reads_x_alone(measure: str, field: str) -> bool:
    """Whether a field is about X and not about Y, told by its name."""
    return measure.startswith("zx") or "xz" in field.split("_")


def _rows_per_measurement(config, rows):
    """What a whole measurement has; where nothing says it, the largest."""
    if "rows_per_measurement" in config:
        return config["rows_per_measurement"]
    if config.get("schema", 1) == 1:
        measures = config.get("measures", {}).values()
        fields = sum(len(measure["fields"]) for measure in measures)
        return (
            len(config.get("taps", ())) * fields * len(config.get("data", ()))
        )
    return max(Counter(row[0] for row in rows).values(), default=0)


def _read_rows(path) -> Iterator[dict[str, Any]]:
    # What follows the last newline is a line that was never finished.
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for line in text.split("\n")[:-1]:
        try:
            yield json.loads(line)
        except ValueError:
            continue  # A crash cut it, and what came later went on behind it.
