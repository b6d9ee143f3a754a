"""A line a measurement, for a training that is watched from a log file."""

from collections.abc import Mapping
from typing import Any

from keras_ib import schedules

# No more steps than this are looked ahead.
MOST = 10_000


class Progress:
    """Prints each measurement; after two of them how long the rest takes.

    The first one compiles, so that what it says is a limit.

    Args:
        schedule: Of `keras_ib.schedules`.
        start: What the lines begin with: a new line, where Keras' bar is on
            this one.
    """

    def __init__(self, schedule: Any, start: str = ""):
        self._schedule = schedule
        self._start = start
        self._count = 0

    def say(
        self,
        step: int,
        seconds: float,
        last: int | None,
        epochs: int | None,
        values: Mapping[str, float],
    ) -> None:
        """Prints a line and flushes it.

        Args:
            step: The optimizer step that was measured.
            seconds: How long it took.
            last: The last step of the training, where it is known.
            epochs: Epochs that are still to end, where it is known.
            values: The latest numbers, named as in Keras' logs; two of the
                last tap are said.
        """
        self._count += 1
        text = f"step {step}, {seconds:.1f} s"
        number = self._number_left(step, last, epochs)
        if self._count <= 2 and number:
            about = "at most about" if self._count == 1 else "about"
            text += f"; {number} more to come, {about} "
            text += _duration(number * seconds)
        text += _of_last_tap(values)
        print(f"{self._start}InfoPlane: {text}", flush=True)

    def _number_left(self, step, last, epochs):
        """Measurements to come; None where the end is not known."""
        if isinstance(self._schedule, schedules.Epoch):
            return epochs
        if last is None:
            return None
        number = int(step < last)  # The last step is measured, too.
        while (step := self._schedule.next(step)) < last and number < MOST:
            number += 1
        return number


def _of_last_tap(values):
    taps = [name.rpartition("/")[2] for name in values]
    said = [
        f"; {name} {value:.3g}"
        for tap, (name, value) in zip(taps, values.items(), strict=True)
        if tap == taps[-1]
    ]
    return "".join(said[:2])


def _duration(seconds):
    seconds = max(1, seconds)
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
