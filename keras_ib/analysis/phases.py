"""Fitting and compression, found in logs, with their uncertainty.

*Fitting* is how far the information of a tap rises from step 0 to its
highest, or its error falls to its lowest; *compression* how far it comes back
from there to the end:

    log = keras_ib.RunLog("runs/mixer")
    for tap, found in keras_ib.phases.find(log, "zx/fvu").items():
        print(tap, found.name, found.fitting.mean, found.compression.mean)

The highest of a noisy curve is above what it measures, and so pure noise
would show both phases. Here the turn is located on one part of the data and
the heights are read on another, so that noise alone has the height 0 in
expectation: on other draws of the probe data (`InfoPlane(draws=...)`), or
where there is one draw, on other seeds.
"""

from typing import Literal, NamedTuple

import numpy as np

from keras_ib.analysis.statistics import (
    CONFIDENCE,
    Effect,
    mean_effect,
    student,
)
from keras_ib.logs.run import draws_of, is_error, logs_of

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
            interval above 0. None if the turn was located on the curve
            itself, one draw of one seed: nothing tells it from noise then.
        fitting, compression: Mean height over the seeds, in the unit of the
            field, with its interval and the count of seeds above 0.
        fitting_floor, compression_floor: What a mean height must exceed to
            be more than the spread over draws of the probe data at fixed
            weights; None where there is one draw.
        turn: Optimizer step at the end of fitting, the median.
        located: Where the turn was located.
    """

    name: str | None
    fitting: Effect
    compression: Effect
    fitting_floor: float | None
    compression_floor: float | None
    turn: float
    located: Literal["other draws", "other seeds", "itself"]


class Heights(NamedTuple):
    """Heights and turns of every curve, each `[seeds, draws]`."""

    fitting: np.ndarray
    compression: np.ndarray
    turn: np.ndarray
    located: str


def find(
    runs, field="zx/fvu", *, data=None, taps=None, confidence=CONFIDENCE
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
    measure, _, name = field.partition("/")
    falls = is_error(logs[0].field(measure, name))
    return {
        tap: of_curves(
            *series(logs, tap, field, data), falls=falls, confidence=confidence
        )
        for tap in (logs[0].taps if taps is None else taps)
    }


def series(logs, tap, field, data=None):
    """Steps `[m]` and values `[seeds, draws, m]` of one tap of all runs."""
    names = draws_of(logs[0].data_names, data)
    found = [
        [log.series(tap, *field.split("/"), name) for name in names]
        for log in logs
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


def mean_series(logs, taps, field, data=None):
    """As `series`, the mean over several taps."""
    found = [series(logs, tap, field, data) for tap in taps]
    return found[0][0], np.mean([values for _, values in found], axis=0)


def of_curves(steps, values, *, falls, confidence=CONFIDENCE) -> Phases:
    """Phases of curves of any origin.

    Args:
        steps: `[m]`, ascending.
        values: `[seeds, draws, m]`; one draw where the probe data are the
            whole population, or where no more were measured.
        falls: Whether the field falls while information grows: an error.
        confidence: Coverage of the intervals, and level of the floors.

    Raises:
        ValueError: If there is not one finite value for each step.
    """
    heights = heights_of(steps, values, falls=falls)
    fitting, compression = (
        mean_effect(h.mean(axis=1), confidence)
        for h in (heights.fitting, heights.compression)
    )
    floors = [
        _floor(h, confidence) for h in (heights.fitting, heights.compression)
    ]
    is_there = (
        _is_above(fitting, floors[0]),
        _is_above(compression, floors[1]),
    )
    return Phases(
        None if heights.located == "itself" else NAMES[is_there],
        fitting,
        compression,
        *floors,
        float(np.median(heights.turn)),
        heights.located,
    )


def heights_of(steps, values, *, falls) -> Heights:
    """Heights of every curve, read where its turn was not located.

    A turn that is located on few data is not quite the highest point, so the
    heights are a little too low, never too high. Arguments as `of_curves`.
    """
    steps, values = np.asarray(steps), np.asarray(values, "float64")
    _check(steps, values)
    information = -values if falls else values
    others, located = _others(information)
    turn = np.argmax(others, axis=-1)
    top = np.take_along_axis(information, turn[..., None], axis=-1)[..., 0]
    return Heights(
        top - information[..., 0],
        top - information[..., -1],
        steps[turn],
        located,
    )


def own_heights(values, *, falls):
    """Heights of curves from their own highest points, without correction.

    For values without sampling noise, such as those of a whole population.

    Args:
        values: `[..., m]`.
        falls: Whether the field is an error.

    Returns:
        Fitting and compression, each `[...]`, never below 0.
    """
    information = -np.asarray(values) if falls else np.asarray(values)
    top = information.max(axis=-1)
    return top - information[..., 0], top - information[..., -1]


def _others(information):
    """For every curve the mean of those that its turn is located on."""
    num_seeds, num_draws, _ = information.shape
    if num_draws > 1:
        total = information.sum(axis=1, keepdims=True)
        return (total - information) / (num_draws - 1), "other draws"
    if num_seeds > 1:
        # In two halves: were each seed read where all others have their turn,
        # seeds would depend on each other and intervals be too narrow.
        halves = [information[1::2].mean(axis=0), information[::2].mean(axis=0)]
        return np.stack(
            [halves[i % 2] for i in range(num_seeds)]
        ), "other seeds"
    return information, "itself"


def _floor(heights, confidence):
    """How high the mean would be by the draws of the probe data alone."""
    num_seeds, num_draws = heights.shape
    if num_draws == 1:
        return None
    spread = heights.var(axis=1, ddof=1).mean() / heights.size
    quantile = student(num_seeds * (num_draws - 1), confidence)
    return float(quantile * spread**0.5)


def _is_above(height, floor):
    beyond_noise = floor is None or height.mean > floor
    return bool(beyond_noise and (height.num == 1 or height.low > 0))


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
