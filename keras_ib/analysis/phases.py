"""Fitting and compression, found in logs, with their uncertainty.

*Fitting* is how far the information of a tap rises from step 0 to its
highest, or its error falls to its lowest; *compression* how far it comes back
from there to the end:

    log = keras_ib.RunLog("runs/mixer")
    for tap, found in keras_ib.phases.find(log, "zx/fvu").items():
        print(tap, found.name, found.fitting.mean, found.compression.mean)

The highest point of a noisy curve is above what it measures, so that pure
noise would show both phases. Here the turning point is located on one part of
the data and the magnitudes are evaluated on another, so that they are 0 in
expectation for noise alone: on other draws of the probe data
(`InfoPlane(draws=...)`), or where there is one draw, on other seeds.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from keras_ib.analysis.statistics import (
    CONFIDENCE,
    Effect,
    mean_effect,
    student,
)
from keras_ib.logs.run import RunLog, draws_of, is_error, logs_of

Located = Literal["other draws", "other seeds", "itself"]
NAMES = {
    (True, True): "two-phase",
    (True, False): "fitting only",
    (False, True): "compression only",
    (False, False): "flat",
}


class Phases(NamedTuple):
    """What happened at one tap.

    Attributes:
        name: `"two-phase"`, `"compression only"`, `"fitting only"` or
            `"flat"`. A phase is named if its mean is above the floor and its
            interval above 0. None if the turning point was located on the
            curve itself, one draw of one seed: nothing tells it from noise.
        fitting, compression: Mean magnitude over the seeds, in the unit of
            the field, with its interval and the count of seeds above 0.
        fitting_floor, compression_floor: What a mean magnitude must exceed
            to be more than the spread over draws of the probe data at fixed
            weights; None where there is one draw.
        turning_point: Optimizer step at the end of fitting, the median.
        located: Where the turning point was located.
    """

    name: str | None
    fitting: Effect
    compression: Effect
    fitting_floor: float | None
    compression_floor: float | None
    turning_point: float
    located: Located

    @property
    def turn(self) -> float:
        """The older name of `turning_point`."""
        return self.turning_point


class Magnitudes(NamedTuple):
    """Phase magnitudes and turning points of curves, each `[seeds, draws]`."""

    fitting: np.ndarray
    compression: np.ndarray
    turning_point: np.ndarray
    located: Located


def find(
    runs: Any,
    field: str = "zx/fvu",
    *,
    data: str | None = None,
    taps: Sequence[str] | None = None,
    confidence: float = CONFIDENCE,
) -> dict[str, Phases]:
    """Phases of the taps of one run, or of runs that differ by their seed.

    Args:
        runs: A `RunLog` or its folder, or several.
        field: `"measure/field"`.
        data: Name of the probe set, all of its draws; the first one where
            left out.
        taps: Names of the taps; all of them where left out.
        confidence: Coverage of the intervals, and level of the floors.

    Returns:
        `{tap: Phases}`, from input to output.

    Raises:
        ValueError: If the runs did not measure the same taps at the same
            steps.
    """
    logs = logs_of(runs)
    lower_is_better = is_error(logs[0].field(field))
    return {
        tap: of_curves(
            *series(logs, tap, field, data),
            lower_is_better=lower_is_better,
            confidence=confidence,
        )
        for tap in (logs[0].taps if taps is None else taps)
    }


def series(
    logs: Sequence[RunLog], tap: str, field: str, data: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Steps `[m]` and values `[seeds, draws, m]` of one tap of all runs."""
    names = draws_of(logs[0].data_names, data)
    found = [
        [log.series(tap, field, data=name) for name in names] for log in logs
    ]
    steps = found[0][0][0]
    for log, curves in zip(logs, found, strict=True):
        if not np.array_equal(curves[0][0], steps):
            raise ValueError(
                f"{log.folder} was measured at other steps than "
                f"{logs[0].folder}: {curves[0][0].tolist()}, not "
                f"{steps.tolist()}. Give runs of one schedule and length."
            )
    return steps, np.array([[values for _, values in c] for c in found])


def mean_series(
    logs: Sequence[RunLog],
    taps: Sequence[str],
    field: str,
    data: str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """As `series`, the mean over several taps."""
    found = [series(logs, tap, field, data) for tap in taps]
    return found[0][0], np.mean([values for _, values in found], axis=0)


def of_curves(
    steps: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    lower_is_better: bool,
    confidence: float = CONFIDENCE,
) -> Phases:
    """Phases of curves of any origin.

    Args:
        steps: `[m]`, ascending.
        values: `[seeds, draws, m]`; one draw where the probe data are the
            whole population, or where no more were measured.
        lower_is_better: Whether the field is an error, which falls while
            information grows.
        confidence: Coverage of the intervals, and level of the floors.

    Raises:
        ValueError: If there is not one finite value for each step.

    Example:
        >>> steps = [0, 1, 2]
        >>> curves = [[[0.0, 1.0, 0.5]], [[0.1, 1.1, 0.7]]]  # Two seeds.
        >>> found = of_curves(steps, curves, lower_is_better=False)
        >>> found.name, found.turning_point, f"{found.fitting.mean:.1f}"
        ('two-phase', 1.0, '1.0')
    """
    found = magnitudes(steps, values, lower_is_better=lower_is_better)
    both = found.fitting, found.compression
    fitting, compression = (
        mean_effect(one.mean(axis=1), confidence) for one in both
    )
    floor, other_floor = (_floor(one, confidence) for one in both)
    is_there = (
        _is_above(fitting, floor),
        _is_above(compression, other_floor),
    )
    return Phases(
        None if found.located == "itself" else NAMES[is_there],
        fitting,
        compression,
        floor,
        other_floor,
        float(np.median(found.turning_point)),
        found.located,
    )


def magnitudes(
    steps: npt.ArrayLike, values: npt.ArrayLike, *, lower_is_better: bool
) -> Magnitudes:
    """Phase magnitudes of curves, not where their turning point was located.

    A turning point that is located on few data is not quite the highest
    point, so the magnitudes are a little too low, never too high. Arguments
    as `of_curves`.
    """
    steps, values = np.asarray(steps), np.asarray(values, "float64")
    _check(steps, values)
    information = -values if lower_is_better else values
    others, located = _others(information)
    place = np.argmax(others, axis=-1)
    top = np.take_along_axis(information, place[..., None], axis=-1)[..., 0]
    return Magnitudes(
        top - information[..., 0],
        top - information[..., -1],
        steps[place],
        located,
    )


def uncorrected_magnitudes(
    values: npt.ArrayLike, *, lower_is_better: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Phase magnitudes of curves from their own highest points.

    For values without sampling noise, such as those of a whole population.

    Args:
        values: `[..., m]`.
        lower_is_better: Whether the field is an error.

    Returns:
        Fitting and compression, each `[...]`, never below 0.
    """
    values = np.asarray(values)
    information = -values if lower_is_better else values
    top = information.max(axis=-1)
    return top - information[..., 0], top - information[..., -1]


def _others(information):
    """For every curve the mean of those that locate its turning point."""
    num_seeds, num_draws, _ = information.shape
    if num_draws > 1:
        total = information.sum(axis=1, keepdims=True)
        return (total - information) / (num_draws - 1), "other draws"
    if num_seeds > 1:
        # In two halves: were each seed evaluated where all others turn, seeds
        # would depend on each other and intervals be too narrow.
        halves = [information[1::2].mean(axis=0), information[::2].mean(axis=0)]
        return np.stack(
            [halves[i % 2] for i in range(num_seeds)]
        ), "other seeds"
    return information, "itself"


def _floor(magnitudes, confidence):
    """How large the mean would be by the draws of the probe data alone."""
    num_seeds, num_draws = magnitudes.shape
    if num_draws == 1:
        return None
    spread = magnitudes.var(axis=1, ddof=1).mean() / magnitudes.size
    quantile = student(num_seeds * (num_draws - 1), confidence)
    return float(quantile * spread**0.5)


def _is_above(effect, floor):
    beyond_noise = floor is None or effect.mean > floor
    return bool(beyond_noise and (effect.num == 1 or effect.low > 0))


def _check(steps, values):
    if values.ndim != 3 or values.shape[2:] != steps.shape or not values.size:
        raise ValueError(
            f"values have the shape {values.shape} and steps {steps.shape}; "
            "[seeds, draws, m] and [m] are expected."
        )
    if not np.all(np.isfinite(values)):
        bad = np.unique(steps[~np.isfinite(values).all(axis=(0, 1))])
        raise ValueError(
            f"The values are not finite at the steps {bad.tolist()}: the "
            "training diverged there. Leave those runs or taps out."
        )
