"""The latest numbers in Keras' logs, for callbacks that come later."""

import math
import re
from typing import Literal

from keras_ib.logs.run import AXES
from keras_ib.logs.writer import Row, of_one_tap

UNNAMED = "probe"


class KerasLogs:
    """Keeps the latest values under names such as `zx_fvu/block_02`.

    `EarlyStopping`, `CSVLogger`, `TensorBoard` and the History see them at
    the end of every epoch in which something was measured, and NaN after
    other epochs; the progress bar does not.

    Args:
        fields: `"plane"`, at most two numbers a tap, or `"all"`.

    Attributes:
        latest: The values, `{name: float}`.
    """

    def __init__(self, fields: Literal["plane", "all"] = "plane"):
        if fields not in ("plane", "all"):
            raise ValueError(
                f"Unknown fields for Keras' logs. Received: fields={fields!r}. "
                "Choose 'plane' or 'all'."
            )
        self.latest: dict[str, float] = {}
        self._fields = fields
        self._wanted: set[str] | None = None
        self._is_new = False

    def open(self, config: dict, step: float) -> None:
        """Chooses the fields that the run has."""
        self.latest.clear()
        measured = {
            f"{measure}/{field}"
            for measure, about in config["measures"].items()
            for field in about["fields"]
        }
        chosen = [measured & set(fields) for fields in AXES]
        first = next(filter(None, chosen), measured)
        self._wanted = first if self._fields == "plane" else None

    def write(self, rows: list[Row]) -> None:
        """Takes the values of a measurement."""
        for row in of_one_tap(rows):
            field = f"{row['measure']}/{row['field']}"
            if self._wanted is None or field in self._wanted:
                self.latest[key(row)] = row["value"]
        self._is_new = True

    def of_epoch(self) -> dict[str, float]:
        """What was measured since this was last asked for, `{name: float}`.

        NaN under the same names where nothing was: the last value again
        would look like a measurement.
        """
        is_new, self._is_new = self._is_new, False
        return self.latest if is_new else dict.fromkeys(self.latest, math.nan)

    def close(self) -> None:
        """Nothing to do: Keras has the values."""


def key(row: Row) -> str:
    """The name of a number in Keras' logs; MLflow takes it, too.

    The second call of a layer, `dense#2`, is `dense.2`, and the second layer
    of a name, `dense@2`, is `dense-2`: `dense_2` is another layer.
    """
    data = "" if row["data"] == UNNAMED else f"{row['data']}_"
    target = row.get("target")
    target = "" if target in (None, "y") else f"_{target}"
    name = f"{data}{row['measure']}{target}_{row['field']}/{row['tap']}"
    name = name.replace("#", ".").replace("@", "-")
    return re.sub(r"[^\w./ -]", "_", name)
