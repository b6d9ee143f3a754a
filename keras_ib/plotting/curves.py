"""Which curves of which runs a figure is made of."""

from collections.abc import Callable, Hashable, Sequence
import os
from typing import Any, NamedTuple

import numpy as np

from keras_ib import checks
from keras_ib.analysis.comparison import names
from keras_ib.logs.run import RunLog, logs_of
from keras_ib.units import Units

BESIDE = ("_se", "_null")
Runs = RunLog | str | os.PathLike | Sequence[RunLog | str | os.PathLike]


class Curve(NamedTuple):
    """One tap of one run, on one probe set, for one target."""

    log: RunLog
    run: str
    data: str
    tap: str
    target: str | None = None

    def series(self, field: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps `[m]` and values `[m]` of `"measure/field"`."""
        return self.log.series(
            self.tap, field, data=self.data, target=self.target
        )

    def path(self, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps `[m]` at which both fields were measured; both, `[m, 2]`."""
        (steps_x, of_x), (steps_y, of_y) = self.series(x), self.series(y)
        steps, i, j = np.intersect1d(steps_x, steps_y, return_indices=True)
        return steps, np.stack([of_x[i], of_y[j]], 1)

    def field(self, field: str) -> dict[str, Any]:
        """Unit, kind, rows, meaning, formula and ceilings of a field."""
        return self.log.field(field)

    def has(self, field: str) -> bool:
        return field in self.log.fields


def choose(
    runs: Runs,
    data: str | None,
    taps: Sequence[str] | None,
    target: str | None = None,
    units: Units | None = None,
) -> list[Curve]:
    """All curves that are asked for, run by run, from input to output.

    None of runs that have not measured yet.
    """
    data, target = checks.text("data", data), checks.text("target", target)
    taps = checks.names("taps", taps)
    logs = logs_of(checks.runs(runs), units)
    return [
        Curve(log, run, one, tap, target)
        for log, run in zip(logs, names(logs), strict=True)
        if log.steps
        for one in ([data] if data else _first_draws(log))
        for tap in (log.taps if taps is None else taps)
    ]


def fields(chosen: list[Curve]) -> list[str]:
    """Every field that all runs measured and that has a panel of its own.

    Standard errors and levels are drawn beside what they belong to.
    """
    return [
        field
        for field, known in chosen[0].log.fields.items()
        if not field.endswith(BESIDE)
        and not known["is_check"]
        and all(c.has(field) for c in chosen)
    ]


def default_field(log: RunLog) -> str:
    """Z-X, or else Z-Y, or else the first field that there is.

    Raises:
        ValueError: If nothing was measured of a tap alone.
    """
    known = [*filter(None, log.default_axes), *log.fields]
    if not known:
        raise ValueError(
            f"{log.folder} has no field of one tap; it has "
            f"{', '.join(log.pair_fields)}. Choose plotting.similarity."
        )
    return known[0]


def group(
    chosen: list[Curve], key: Callable[[Curve], Hashable]
) -> dict[Any, list[Curve]]:
    groups: dict[Any, list[Curve]] = {}
    for curve in chosen:
        groups.setdefault(key(curve), []).append(curve)
    return groups


def distinct(curve: Curve, chosen: list[Curve]) -> str:
    """What tells a curve's panel from others: its run, its probe set."""
    return ", ".join(
        getattr(curve, part)
        for part in ("run", "data")
        if len({getattr(other, part) for other in chosen}) > 1
    )


def _first_draws(log):
    """Probe sets without their further draws, which look the same."""
    return [name for name in log.data_names if "#" not in name]
