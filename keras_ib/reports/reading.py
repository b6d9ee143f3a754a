"""A reading of runs: what their numbers say, and how far to trust them.

keras_ib.report("runs/mixer", path="report")
"""

from collections.abc import Mapping, Sequence
import os

from keras_ib import checks
from keras_ib.analysis.comparison import grouped
from keras_ib.logs.run import RunLog, logs_of
from keras_ib.reports import pages, tables
from keras_ib.reports.blocks import Report
from keras_ib.reports.views import View

Runs = RunLog | str | os.PathLike | Sequence[RunLog | str | os.PathLike]


def report(
    runs: Runs | Mapping[str, Runs],
    *,
    path: str | os.PathLike | None = None,
) -> Report:
    """Says in sentences what the numbers of runs say.

    Where Y becomes readable and how fast, where X is lost, which phases are
    more than noise, and which layers still hold what the next ones need; then
    what limits the numbers. Each sentence has its number and its rule. A rule
    that cannot be checked on these logs is left out.

    Args:
        runs: A `RunLog` or its folder, or several. Runs of `keras-ib train`
            that differ in no more than the seed are taken together; other
            runs are a condition each, or given as `{name: runs}`.
        path: A folder, made if it is not there, for `report.html`, which
            stands alone, `report.md` with its figures, and `table.csv`, a
            line a tap. Nothing is written where left out.

    Returns:
        The `keras_ib.reports.blocks.Report`.

    Raises:
        ValueError: If a run has no whole measurement yet, or runs of one
            condition did not measure the same.

    Example:

        keras_ib.report({"with": ["runs/a-0", "runs/a-1"], "without": "runs/b"})
    """
    views: dict[str, list[View]] = {}
    for condition, logs in _conditions(runs).items():
        first = next(iter(views.values()), [])
        views[condition] = _views(condition, logs, first)
    made = pages.page(views)
    if path is not None:
        made.write(checks.path("path", path), *tables.numbers(views))
    return made


def _conditions(runs):
    if not isinstance(runs, Mapping):
        conditions = grouped(checks.runs(runs))
    else:
        conditions = {str(n): logs_of(checks.runs(r)) for n, r in runs.items()}
    logs = [log for members in conditions.values() for log in members]
    for log in logs:
        if not log.steps or not log.taps:
            raise ValueError(
                "A report needs a run with one whole measurement. Received: "
                f"{log.folder}, which has none. Wait for its first one, or "
                "leave it out."
            )
    for members in conditions.values():
        _check_alike(members)
    return conditions


def _check_alike(logs):
    """Raises a `ValueError` if runs are not of one condition."""
    for log in logs[1:]:
        for what in ("taps", "data_names", "fields"):
            mine, first = (list(getattr(one, what)) for one in (log, logs[0]))
            if mine != first:
                raise ValueError(
                    "Runs of one condition differ in no more than their seed. "
                    f"Received: {log.folder} with the {what} "
                    f"{checks.short(mine)}, and {logs[0].folder} with "
                    f"{checks.short(first)}. Give them as {{name: runs}}."
                )
    if not set(logs[0].steps).intersection(*(log.steps for log in logs)):
        raise ValueError(
            "Runs of one condition are measured at the same steps. Received: "
            f"{[str(log.folder) for log in logs]}, which share none. Give "
            "runs of one schedule."
        )


def _views(condition, logs, first):
    """Each target on each probe set, beside the first condition's."""
    sets = [data for data in logs[0].data_names if "#" not in data]
    targets = logs[0].targets or [None]
    beside = {(view.data, view.target): view for view in first}
    return [
        View(condition, logs, data, target, beside.get((data, target)))
        for data in sets
        for target in targets
    ]
