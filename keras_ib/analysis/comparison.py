"""Runs of several conditions against each other, paired by their seeds.

compared = keras_ib.compare(
    {
        "identity": ["runs/identity-0", "runs/identity-1"],
        "none": ["runs/none-0", "runs/none-1"],
    }
)
keras_ib.plotting.comparison(compared, path="comparison.png")

Runs of `keras-ib train` say of what condition they are:

conditions = keras_ib.analysis.comparison.conditions(folders)
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_ib import checks
from keras_ib.analysis import phases
from keras_ib.analysis.phases import Phases
from keras_ib.analysis.statistics import Effect, mean_effect
from keras_ib.logs.run import RunLog, is_error, logs_of
from keras_ib.units import Units

# What the line of all taps together is called.
MEAN = "mean of taps"
# What tells runs of one condition apart, or says nothing of the training.
OF_A_RUN = {"seed", "data_dir"}


class Compared(NamedTuple):
    """One tap of one condition, beside the first condition.

    Attributes:
        condition: Name of the condition.
        tap: Name of the tap, or `MEAN`.
        field: `"measure/field"`.
        unit: Its unit.
        phases: Fitting and compression, and their name, which holds for all
            taps of the condition at once: see `keras_ib.phases.of_family`.
        values: `last`, the value after the last step, `fitting` and
            `compression`, with intervals over seeds.
        differences: The same quantities minus those of the first condition,
            seed by seed, with intervals; empty for the first condition.
    """

    condition: str
    tap: str
    field: str
    unit: str
    phases: Phases
    values: dict[str, Effect]
    differences: dict[str, Effect]


def conditions(runs: Sequence[Any]) -> dict[str, list[RunLog]]:
    """Runs by their condition: those that differ in no more than the seed.

    Args:
        runs: Of `keras-ib train`, each a `RunLog` or its folder.

    Returns:
        `{name: logs}` in the order of the runs. A condition is named by the
        options in which the conditions differ; `"all"` if they do not.

    Raises:
        ValueError: If a folder does not say how its model was trained.
    """
    logs = logs_of(checks.runs(runs))
    options = [_options(log) for log in logs]
    differing = [
        key
        for key in options[0]
        if any(one.get(key) != options[0][key] for one in options)
    ]
    found: dict[str, list[RunLog]] = {}
    for log, one in zip(logs, options, strict=True):
        name = ", ".join(str(one.get(key)) for key in differing) or "all"
        found.setdefault(name, []).append(log)
    return found


def grouped(runs: Sequence[Any]) -> dict[str, list[RunLog]]:
    """Runs by their condition, or by their folder where they do not say it.

    Args:
        runs: Each a `RunLog` or its folder.
    """
    logs = logs_of(checks.runs(runs))
    if all(log.training for log in logs):
        return conditions(logs)
    return {name: [log] for name, log in zip(names(logs), logs, strict=True)}


def names(logs: Sequence[RunLog]) -> list[str]:
    """The last part of each folder's path; more of it where that is shared.

    Raises:
        ValueError: If a folder is there twice.
    """
    paths = [log.folder.resolve().parts for log in logs]
    for depth in range(1, max(map(len, paths)) + 1):
        names = ["/".join(path[-depth:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    raise ValueError(
        f"runs={[str(log.folder) for log in logs]} holds a folder twice; give "
        "each once."
    )


def _options(log):
    if not log.training:
        raise ValueError(
            f"{log.folder} does not say how its model was trained: its "
            "config.json has no `training`. Give runs of `keras-ib train`, or "
            "call keras_ib.compare({name: runs, ...})."
        )
    return {k: v for k, v in log.training.items() if k not in OF_A_RUN}


def compare(
    conditions: Mapping[str, Any],
    field: str = "zx/fvu",
    *,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    units: Units | None = None,
) -> list[Compared]:
    """Compares runs that differ in one thing and share their seeds.

    Args:
        conditions: `{name: runs}`, a `RunLog` or its folder for every seed;
            the others are compared with the first.
        field: `"measure/field"`.
        data: Name of the probe set, all of its draws; the first one where
            left out.
        taps: Names of the taps; all of them where left out.
        units: `"nats"` or `"bits"`; as the runs have it where left out.

    Returns:
        One `Compared` for each tap, and for their mean, and condition.

    Raises:
        ValueError: If the conditions have other seeds, taps or steps.
    """
    if not isinstance(conditions, Mapping) or not conditions:
        raise ValueError(
            f"Not conditions. Received: {checks.short(conditions)}. Give "
            "{name: runs, ...}, the runs as folders or RunLogs."
        )
    taps = checks.names("taps", taps)
    logs = {name: by_seed(runs, units) for name, runs in conditions.items()}
    check(logs)
    first = next(iter(logs.values()))[0]
    known = first.field(field)
    every = first.taps if taps is None else taps
    members_of = {tap: [tap] for tap in every} | {MEAN: every}
    curves = {
        name: {
            tap: phases.mean_series(members, wanted, field, data)
            for tap, wanted in members_of.items()
        }
        for name, members in logs.items()
    }
    named = {
        name: phases.of_family(of_one, lower_is_better=is_error(known))
        for name, of_one in curves.items()
    }
    found = []
    for tap in members_of:
        base: dict[str, np.ndarray] = {}
        for name, of_one in curves.items():
            numbers = _quantities(*of_one[tap], is_error(known))
            found.append(
                Compared(
                    name,
                    tap,
                    field,
                    known["unit"],
                    named[name][tap],
                    {key: mean_effect(v) for key, v in numbers.items()},
                    {
                        key: mean_effect(numbers[key] - first_one)
                        for key, first_one in base.items()
                    },
                )
            )
            base = base or numbers
    return found


def by_seed(runs: Any, units: Units | None = None) -> list[RunLog]:
    """Logs of runs, in the order of their seeds.

    Raises:
        ValueError: If a seed is there twice.
    """
    logs = logs_of(checks.runs(runs), units)
    seeds = [_seed(log) for log in logs]
    if len(set(seeds)) < len(seeds):
        raise ValueError(
            "A condition must have one run a seed. Received runs of the seeds "
            f"{checks.short(sorted(seeds))}. Runs that differ in anything else "
            "are another condition."
        )
    return sorted(logs, key=_seed)


def _seed(log):
    if "seed" not in log.config:
        raise ValueError(
            f"{log.folder} does not say its seed, by which runs are paired: "
            "its config.json has no `seed`. Leave it out."
        )
    return log.config["seed"]


def check(logs: dict[str, list[RunLog]]):
    """Raises a `ValueError` if runs of all conditions cannot be compared."""
    seeds = {name: list(map(_seed, ls)) for name, ls in logs.items()}
    if not seeds or len({tuple(s) for s in seeds.values()}) > 1:
        raise ValueError(
            "The conditions must have the same seeds, to be paired. Received "
            f"the seeds {checks.short(seeds, 200)}. Leave out the runs that "
            "have no partner."
        )
    taps = {tuple(log.taps) for members in logs.values() for log in members}
    if len(taps) > 1:
        raise ValueError(
            "The runs must have the same taps. Received runs with "
            f"{checks.short(sorted(map(list, taps)), 200)}. Give runs of one "
            "architecture."
        )
    steps = {tuple(log.steps) for members in logs.values() for log in members}
    if len(steps) > 1:
        raise ValueError(
            "The runs must be measured at the same steps. Received runs with "
            f"{checks.short(sorted(map(list, steps)))}. Give runs of one "
            "schedule and length."
        )


def _quantities(steps, values, lower_is_better):
    """`{quantity: [seeds]}`."""
    found = phases.magnitudes(steps, values, lower_is_better=lower_is_better)
    return {
        "last": values[..., -1].mean(axis=1),
        "fitting": found.fitting.mean(axis=1),
        "compression": found.compression.mean(axis=1),
    }
