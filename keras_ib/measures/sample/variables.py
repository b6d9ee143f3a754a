"""What kind of thing X or Y is, as measures see it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Variable:
    """What kind of thing X or Y is.

    Static and hashable; its arrays travel beside it.

    Attributes:
        kind: `"values"` (quantities), `"classes"` (one a sample) or
            `"labels"` (several 0/1 labels a sample).
        num_classes: For classes, how many occur (they are renumbered from
            0); for labels, how many labels a sample has.
        num_sets: For labels, how many different sets of labels occur.
    """

    kind: Literal["values", "classes", "labels"]
    num_classes: int | None = None
    num_sets: int | None = None
