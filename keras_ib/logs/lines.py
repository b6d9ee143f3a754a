"""The lines of a log as arrays, read once and fast.

Most lines of a log differ in a number from one that was read before: the
parts around it are looked up, and only what is new goes through JSON.
"""

from array import array
from collections.abc import Callable
import json
import math
from pathlib import Path

import numpy as np

from keras_ib.logs.files import is_plain

# The last one is there in rows of two taps alone.
NAMES = ("data", "tap", "target", "measure", "field", "other")
Place = tuple[str | None, ...]
PAIR_ORDER = ["step", "epoch", *NAMES, "value"]
ORDER = [key for key in PAIR_ORDER if key != "other"]
OLDER_ORDER = [key for key in ORDER if key != "target"]
DAMAGE = (ValueError, KeyError, TypeError, OverflowError, RecursionError)
BOM = b"\xef\xbb\xbf"


class Lines:
    """What can be read of a file, one row a number.

    Args:
        path: The file; need not be there.
        of_schema_1: Whether rows have no target.

    Attributes:
        places: `(data, tap, target, measure, field, other)` of every curve;
            `other` is None where it is of one tap.
        steps, epochs, at, values: `[n]`; `at` counts in `places`, and the
            epoch is NaN where it is not known.
        numbers: `[n]` of the lines in the file, from 1.
        broken: Numbers of the lines that are none of a log.
        is_torn: Whether the last line was never finished.

    Raises:
        ValueError: If the path is a pipe, a device or a folder, or may not be
            read.
    """

    def __init__(self, path: Path, of_schema_1: bool = False):
        self._of_schema_1 = of_schema_1
        self._places: dict[Place, int] = {}
        self._moments: dict[bytes, tuple[int, float]] = {}
        self._middles: dict[bytes, int] = {}
        self.broken: list[int] = []
        self.is_torn = False
        columns = array("q"), array("d"), array("q"), array("d"), array("q")
        if not is_plain(path):
            raise ValueError(f"{path} is a pipe, a device or a folder.")
        try:
            if path.exists():
                self._read(path, [column.append for column in columns])
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error}.") from error
        self.places = list(self._places)
        self.steps, self.epochs, self.at, self.values, self.numbers = (
            np.frombuffer(column, column.typecode) for column in columns
        )

    def _read(self, path: Path, append: list[Callable]):
        add_step, add_epoch, add_place, add_value, add_number = append
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    step, epoch, place, value = self._row(line)
                except DAMAGE:
                    self._note(number, line)
                    continue
                add_step(step)
                add_epoch(epoch)
                add_place(place)
                add_value(value)
                add_number(number)

    def _row(self, line):
        head, _, rest = line.partition(b', "data": ')
        middle, _, value = rest.rpartition(b', "value": ')
        moment = self._moments.get(head)
        place = self._middles.get(middle)
        if moment is None or place is None or value[-2:] != b"}\n":
            return self._new_row(line, head, middle)
        value = value[:-2]
        return *moment, place, math.nan if value == b"null" else float(value)

    def _new_row(self, line, head, middle):
        if not line.endswith(b"\n"):
            raise ValueError("torn")
        row = json.loads(line.removeprefix(BOM))
        is_usual = list(row) in (ORDER, OLDER_ORDER, PAIR_ORDER)
        moment, place = _moment(row), self._place(row)
        value = _number(row["value"])
        # The same parts again are known, in the order that a log has.
        if middle and is_usual:
            self._moments[head.removeprefix(BOM)] = moment
            self._middles[middle] = place
        return *moment, place, value

    def _place(self, row):
        if self._of_schema_1:
            is_x = reads_x_alone(row["measure"], row["field"])
            row["target"] = None if is_x else "y"
        row.setdefault("other", None)
        place = tuple(row[name] for name in NAMES)
        for name in place:
            if name is not None:
                # Refuses numbers, and names with half a character.
                str.encode(name)
        return self._places.setdefault(place, len(self._places))

    def _note(self, number, line):
        """Notes a line that is no row."""
        if not line.endswith(b"\n"):
            self.is_torn = True
        elif line.removeprefix(BOM).strip():
            self.broken.append(number)


def _moment(row):
    step, epoch = row["step"], row["epoch"]
    if type(step) is not int or abs(step) >= 2**63:
        raise TypeError("A step is an integer.")
    return step, _number(epoch)


def _number(value):
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise TypeError("A value is a number.")
    return float(value)


def reads_x_alone(measure: str, field: str) -> bool:
    """Whether a field is about X and not about Y, told by its name."""
    return measure.startswith("zx") or "xz" in field.split("_")
