"""Which optimizer steps are measured.

A schedule answers one question: after `step`, which step is the next to be
measured? Step 0, before any update, and the last step of a training are
measured under every schedule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math
import numbers
from typing import Any

import numpy as np

from keras_ib import checks

NEVER = math.inf


@dataclass(frozen=True)
class Log:
    """Two steps an octave: 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, ...

    Published traces put the whole fitting phase into the first third of the
    first epoch, where a grid of epochs has no point.
    """

    per_octave: int = 2

    def next(self, step: int) -> float:
        if step < 1:
            return 1
        k = math.floor(self.per_octave * math.log2(step))
        while round(2 ** (k / self.per_octave)) <= step:
            k += 1
        return round(2 ** (k / self.per_octave))


@dataclass(frozen=True)
class Every:
    """Every `interval` steps."""

    interval: int

    def next(self, step: int) -> float:
        return (step // self.interval + 1) * self.interval


@dataclass(frozen=True)
class Listed:
    """The listed steps."""

    steps: tuple[int, ...]

    def next(self, step: int) -> float:
        return min((s for s in self.steps if s > step), default=NEVER)


@dataclass(frozen=True)
class Epoch:
    """The end of every epoch, whichever step that is."""

    def next(self, step: int) -> float:
        return NEVER


NAMED = {"log": Log, "epoch": Epoch}


def get(schedule: Any) -> Log | Every | Listed | Epoch:
    """A schedule from what a user writes.

    Args:
        schedule: `"log"`, `"epoch"`, an integer interval in steps, or a
            sequence of steps.

    Raises:
        ValueError: If it is none of these.
    """
    if isinstance(schedule, str) and schedule in NAMED:
        return NAMED[schedule]()
    if isinstance(schedule, np.ndarray):
        schedule = schedule.tolist()
    if _is_count(schedule) and schedule > 0:
        return Every(int(schedule))
    if _is_list_of_steps(schedule):
        return Listed(tuple(sorted({int(step) for step in schedule})))
    raise ValueError(
        f"schedule={checks.short(schedule)} is not one of 'log', 'epoch', an "
        "interval in optimizer steps (an integer above 0), or a list of steps "
        "such as [0, 10, 100]."
    )


def _is_list_of_steps(value):
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        return False
    return bool(value) and all(_is_count(s) and s >= 0 for s in value)


def _is_count(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
