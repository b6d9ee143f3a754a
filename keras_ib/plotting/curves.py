"""Which curves of which runs a figure is made of."""

from collections.abc import Sequence
import os
from typing import NamedTuple

from keras_ib.logs.run import RunLog, logs_of

Runs = RunLog | str | os.PathLike | Sequence[RunLog | str | os.PathLike]


class Curve(NamedTuple):
    """One tap of one run, read on one probe set."""

    log: RunLog
    run: str
    data: str
    tap: str

    def series(self, field):
        """Steps `[m]` and values `[m]` of `"measure/field"`."""
        return self.log.series(self.tap, *_split(field), self.data)

    def what(self, field):
        """Unit, kind, rows, meaning, formula and ceilings of a field."""
        return self.log.field(*_split(field))

    def has(self, field):
        return field in _measured(self.log)


def choose(runs, data, taps) -> list[Curve]:
    """All curves that are asked for, run by run, from input to output."""
    logs = _logs(runs)
    chosen = [
        Curve(log, run, one, tap)
        for log, run in zip(logs, _names(logs), strict=True)
        for one in ([data] if data else _first_draws(log))
        for tap in (log.taps if taps is None else taps)
    ]
    if not chosen:
        raise ValueError("taps=[] has nothing to draw; give names of taps.")
    return chosen


def fields(chosen) -> list[str]:
    """Every field that all runs measured, without the standard errors."""
    return [
        field
        for field in _measured(chosen[0].log)
        if not field.endswith("_se") and all(c.has(field) for c in chosen)
    ]


def group(chosen, key) -> dict:
    groups = {}
    for curve in chosen:
        groups.setdefault(key(curve), []).append(curve)
    return groups


def _first_draws(log):
    """Probe sets without their further draws, which look the same."""
    return [name for name in log.data_names if "#" not in name]


def _logs(runs):
    logs = logs_of(runs)
    if not logs:
        raise ValueError("runs=[] has nothing to draw; give a run folder.")
    for log in logs:
        if not log.rows:
            raise ValueError(
                f"{log.folder} holds no whole measurement yet; let it train "
                "longer."
            )
    return logs


def _names(logs):
    """The last part of each folder's path; more of it where that is shared."""
    paths = [log.folder.resolve().parts for log in logs]
    for depth in range(1, max(map(len, paths)) + 1):
        names = ["/".join(path[-depth:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    raise ValueError(
        f"runs={[str(log.folder) for log in logs]} holds a folder twice; give "
        "each once."
    )


def _measured(log):
    measures = log.config["measures"]
    return [f"{m}/{field}" for m in measures for field in measures[m]["fields"]]


def _split(field):
    if field.count("/") != 1:
        raise ValueError(
            f"{field!r} names no field; give measure/field, such as zx/fvu."
        )
    return field.split("/")
