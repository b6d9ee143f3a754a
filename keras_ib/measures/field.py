"""What a measured number is: its unit, its kind, its rows and its ceiling."""

from dataclasses import dataclass
import math
from typing import Literal

# The largest value that a field can take, in nats, by the name of the
# formula. `num_rows` rows can tell at most `log(num_rows)` states apart, and
# nothing knows more of the label than its entropy.
CEILINGS = {
    "log n": lambda num_rows, label_entropy: math.log(num_rows),
    "H(Y)": lambda num_rows, label_entropy: label_entropy,
}


@dataclass(frozen=True)
class Field:
    """One named scalar of a measure.

    Attributes:
        meaning: What the number says, a short label for tables and figures.
        unit: `"nats"`, `"1"` for a pure ratio, or the unit in words.
        kind: `"estimate"`, or whether the number bounds from above or below
            what it stands for.
        rows: The probe rows that it is read on.
        formula: Key of `CEILINGS`, or None where nothing limits the value.
        max_rows: Where the measure reads no more of the rows than this.
    """

    meaning: str
    unit: str
    kind: Literal["estimate", "lower bound", "upper bound"]
    rows: Literal["all", "fit", "held-out"]
    formula: str | None = None
    max_rows: int | None = None

    def ceiling(
        self, num_rows: int, num_fit: int, label_entropy: float | None
    ) -> float | None:
        """The largest value that so many probe rows allow, or None.

        Args:
            num_rows: Probe rows, fit and held-out together.
            num_fit: How many of them are fit rows.
            label_entropy: Entropy of their labels, nats; None if unlabelled.
        """
        if self.formula is None:
            return None
        read = {
            "all": num_rows,
            "fit": num_fit,
            "held-out": num_rows - num_fit,
        }[self.rows]
        read = min(read, self.max_rows or read)
        return CEILINGS[self.formula](read, label_entropy)
