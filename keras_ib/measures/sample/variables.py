"""What kind of thing X or Y is, as something to be measured."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Variable:
    """What kind of thing X or Y is. Static; its arrays travel beside it.

    - `"values"`: numbers, `[n, t]` float32.
    - `"classes"`: one class a sample, `[n]` int32 from 0.
    - `"labels"`: several labels a sample, `[n, L]` int32, each 0 or 1.

    Attributes:
        kind: `"values"`, `"classes"` or `"labels"`.
        num_classes: Of classes: how many occur. Of labels: how many labels a
            sample has.
        num_sets: Of labels: how many different sets of labels occur.
    """

    kind: Literal["values", "classes", "labels"]
    num_classes: int | None = None
    num_sets: int | None = None

    @property
    def num_symbols(self) -> int | None:
        """How many values `y_class` takes; None for values."""
        return self.num_sets if self.kind == "labels" else self.num_classes
