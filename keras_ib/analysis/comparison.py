"""Runs of several kinds against each other, paired by their seeds.

compared = keras_ib.compare(
    {
        "identity": ["runs/identity-0", "runs/identity-1"],
        "none": ["runs/none-0", "runs/none-1"],
    }
)
keras_ib.plotting.comparison(compared, path="comparison.png")
"""

from typing import NamedTuple

from keras_ib.analysis import phases
from keras_ib.analysis.phases import Phases
from keras_ib.analysis.statistics import Effect, mean_effect
from keras_ib.logs.run import RunLog, is_error, logs_of

# What the line of all taps together is called.
MEAN = "mean of taps"


class Compared(NamedTuple):
    """One tap of one kind of run, beside the first kind.

    Attributes:
        kind: Name of the kind.
        tap: Name of the tap, or `MEAN`.
        field: `"measure/field"`.
        unit: Its unit.
        phases: Fitting and compression, and their name.
        values: `last`, the value after the last step, `fitting` and
            `compression`, with intervals over seeds.
        differences: The same quantities minus those of the first kind, seed
            by seed, with intervals; empty for the first kind.
    """

    kind: str
    tap: str
    field: str
    unit: str
    phases: Phases
    values: dict[str, Effect]
    differences: dict[str, Effect]


def compare(
    kinds, field: str = "zx/fvu", *, data=None, taps=None
) -> list[Compared]:
    """Compares runs that differ in one thing and share their seeds.

    Args:
        kinds: `{name: runs}`, a `RunLog` or its folder for every seed; the
            others are compared with the first.
        field: `"measure/field"`.
        data: Name of the probe set, all of its draws; the first one where
            left out.
        taps: Names of the taps; all of them where left out.

    Returns:
        One `Compared` for each tap, and for their mean, and kind.

    Raises:
        ValueError: If the kinds have other seeds, taps or steps.
    """
    logs = {name: by_seed(runs) for name, runs in kinds.items()}
    check(logs)
    first = next(iter(logs.values()))[0]
    known = first.field(*field.split("/"))
    found = []
    for tap in [*(first.taps if taps is None else taps), MEAN]:
        base = None
        for name, members in logs.items():
            wanted = (taps or first.taps) if tap == MEAN else [tap]
            steps, values = phases.mean_series(members, wanted, field, data)
            numbers = _quantities(steps, values, is_error(known))
            base = base or numbers
            found.append(
                Compared(
                    name,
                    tap,
                    field,
                    known["unit"],
                    phases.of_curves(steps, values, falls=is_error(known)),
                    {key: mean_effect(v) for key, v in numbers.items()},
                    {}
                    if base is numbers
                    else {
                        key: mean_effect(v - base[key])
                        for key, v in numbers.items()
                    },
                )
            )
    return found


def by_seed(runs) -> list[RunLog]:
    """Logs of runs, in the order of their seeds.

    Raises:
        ValueError: If a seed is there twice.
    """
    logs = logs_of(runs)
    seeds = [log.config["seed"] for log in logs]
    if len(set(seeds)) < len(seeds):
        raise ValueError(
            f"Runs of one kind have the seeds {sorted(seeds)}; give one run a "
            "seed. Runs that differ in anything else are another kind."
        )
    return sorted(logs, key=lambda log: log.config["seed"])


def check(logs: dict[str, list[RunLog]]):
    """Raises a `ValueError` if runs of all kinds cannot be compared."""
    seeds = {n: [log.config["seed"] for log in ls] for n, ls in logs.items()}
    if not seeds or len({tuple(s) for s in seeds.values()}) > 1:
        raise ValueError(
            f"The kinds must have the same seeds, to be paired; they have "
            f"{seeds}. Leave out the runs that have no partner."
        )
    taps = {tuple(log.taps) for members in logs.values() for log in members}
    if len(taps) > 1:
        raise ValueError(
            f"The runs have different taps: {sorted(map(list, taps))}. Give "
            "runs of one architecture."
        )


def _quantities(steps, values, falls):
    """`{quantity: [seeds]}`."""
    heights = phases.heights_of(steps, values, falls=falls)
    return {
        "last": values[..., -1].mean(axis=1),
        "fitting": heights.fitting.mean(axis=1),
        "compression": heights.compression.mean(axis=1),
    }
