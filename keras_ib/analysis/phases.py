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

A phase is named if its mean is above a floor, which noise alone exceeds at one
tap in at most 6 % of all runs, for every number of seeds and draws. For all
taps of a run together it is `family=True` that promises this. Where a phase is
not named, the floor says what could have been seen.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
import warnings

import numpy as np
import numpy.typing as npt

from keras_ib import checks
from keras_ib.analysis.evidence import holm
from keras_ib.analysis.statistics import CONFIDENCE, Effect, mean_effect
from keras_ib.analysis.turning import ENDS, Located, Phase, Turned
from keras_ib.logs.run import RunLog, draws_of, is_error, logs_of

Tap = TypeVar("Tap", bound=Hashable)
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
            `"flat"`. A phase is named if its mean is above its floor. None
            if the turning point was located on the curve itself, one draw of
            one seed: nothing tells it from noise.
        fitting, compression: Mean magnitude over the seeds, in the unit of
            the field, with its interval and the count of seeds above 0.
        fitting_floor, compression_floor: The smallest mean that is named,
            with these seeds and draws and in this family: more than the
            spread over seeds, and over draws of the probe data at fixed
            weights. None where nothing is named.
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

    def with_noise(self, phase: Phase) -> Effect:
        """A magnitude with an interval that is no narrower than its noise.

        Where all seeds turn at the first or the last step, the magnitudes
        from there are 0 whatever the noise, and their own interval has no
        width; this one has that of the floor. Of a curve that is no member of
        a family.

        Args:
            phase: `"fitting"` or `"compression"`.
        """
        effect, floor = getattr(self, phase), getattr(self, f"{phase}_floor")
        half = max(effect.high - effect.mean, floor or 0.0)
        return effect._replace(low=effect.mean - half, high=effect.mean + half)

    def text(self, phase: Phase) -> str:
        """A magnitude as text, with the power where it is not named.

        Such as `"0.310 [0.270, 0.350]"`, or `"0.001 [-0.002, 0.004], not
        seen; would have been from 0.02"`.

        Args:
            phase: `"fitting"` or `"compression"`.
        """
        effect, floor = getattr(self, phase), getattr(self, f"{phase}_floor")
        if floor is None or effect.mean > floor:
            return str(effect)
        return f"{effect}, not seen; would have been from {floor:.2g}"


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
    family: bool = False,
    confidence: float = CONFIDENCE,
) -> dict[str, Phases]:
    """Phases of the taps of one run, or of runs that differ by their seed.

    Args:
        runs: A `RunLog` or its folder, or several.
        field: `"measure/field"`.
        data: Name of the probe set, all of its draws; the first one where
            left out.
        taps: Names of the taps; all of them where left out.
        family: Whether names and floors hold for all taps at once, as
            `of_family`: for tables. Where left out, for each tap alone.
        confidence: Coverage of the intervals, and level of the floors.

    Returns:
        `{tap: Phases}`, from input to output; without those that diverged,
        of which it warns.

    Raises:
        ValueError: If the runs did not measure the same taps at the same
            steps.
    """
    logs = logs_of(checks.runs(runs))
    taps, family = checks.names("taps", taps), checks.flag("family", family)
    confidence = checks.number("confidence", confidence)
    if not 0 < confidence < 1:
        raise ValueError(
            "confidence is a share between 0 and 1. Received: "
            f"confidence={confidence}. Give for example 0.95."
        )
    lower_is_better = is_error(logs[0].field(field))
    curves = {
        tap: series(logs, tap, field, data)
        for tap in (logs[0].taps if taps is None else taps)
    }
    curves = {tap: c for tap, c in curves.items() if _is_finite(tap, c)}
    families = [curves] if family else [{t: c} for t, c in curves.items()]
    return {
        tap: found
        for members in families
        for tap, found in of_family(
            members, lower_is_better=lower_is_better, confidence=confidence
        ).items()
    }


def _is_finite(tap, curve):
    """Whether a tap did not diverge; a warning if it did."""
    steps, values = curve
    bad = ~np.isfinite(values).all(axis=(0, 1))
    if bad.any():
        warnings.warn(
            f"The tap {tap!r} is left out: its values are not finite at the "
            f"steps {steps[bad].tolist()}, where the training diverged.",
            UserWarning,
            stacklevel=3,
        )
    return not bad.any()


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
        >>> curves = [[[0.0, 1.0, 0.5]], [[0.1, 1.1, 0.6]]]  # Two seeds.
        >>> found = of_curves(steps, curves, lower_is_better=False)
        >>> found.name, found.turning_point, f"{found.fitting.mean:.1f}"
        ('two-phase', 1.0, '1.0')
    """
    return of_family(
        {None: (steps, values)},
        lower_is_better=lower_is_better,
        confidence=confidence,
    )[None]


def of_family(
    curves: Mapping[Tap, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    lower_is_better: bool,
    confidence: float = CONFIDENCE,
) -> dict[Tap, Phases]:
    """Phases of several curves, whose names hold for all of them at once.

    In noise alone any phase at all is named in about `1 - confidence` of all
    families, half of it for fitting and half for compression (Holm). So a
    phase must be the higher, the more taps there are.

    Args:
        curves: `{tap: (steps, values)}`, as `of_curves`.
        lower_is_better, confidence: As `of_curves`.

    Raises:
        ValueError: If there is not one finite value for each step.

    Example:
        >>> steps = [0, 1, 2]
        >>> stem = [[[0.0, 1.0, 0.5]], [[0.1, 1.1, 0.7]]]  # Two seeds.
        >>> head = [[[0.0, 0.1, 0.2]], [[0.3, 0.1, 0.0]]]
        >>> curves = {"stem": (steps, stem), "head": (steps, head)}
        >>> found = of_family(curves, lower_is_better=False)
        >>> found["head"].name, f"{found['head'].fitting_floor:.1f}"
        ('flat', '2.9')
    """
    found = {
        tap: Turned(steps, values, lower_is_better)
        for tap, (steps, values) in curves.items()
    }
    floors = {
        phase: _floors(
            [one.evidence(phase) for one in found.values()],
            (1 - confidence) / 2,
        )
        for phase in ENDS
    }
    return {
        tap: _phases(one, fitting_floor, compression_floor, confidence)
        for (tap, one), fitting_floor, compression_floor in zip(
            found.items(), *floors.values(), strict=True
        )
    }


def magnitudes(
    steps: npt.ArrayLike, values: npt.ArrayLike, *, lower_is_better: bool
) -> Magnitudes:
    """Phase magnitudes of curves, not where their turning point was located.

    A turning point that is located on few data is not quite the highest
    point, so the magnitudes are a little too low, never too high. Arguments
    as `of_curves`.
    """
    found = Turned(steps, values, lower_is_better)
    return Magnitudes(
        found.magnitudes("fitting"),
        found.magnitudes("compression"),
        found.turning_point,
        found.located,
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


def _floors(found, level):
    """The floor of each piece of `Evidence` in a family."""
    levels = holm([one.p_value() for one in found], level)
    return [
        one.floor(held_against)
        for one, held_against in zip(found, levels, strict=True)
    ]


def _phases(turned, fitting_floor, compression_floor, confidence):
    fitting, compression = (
        mean_effect(turned.magnitudes(phase).mean(axis=1), confidence)
        for phase in ENDS
    )
    name = None
    if turned.located != "itself":
        name = NAMES[
            fitting.mean > fitting_floor, compression.mean > compression_floor
        ]
    return Phases(
        name,
        fitting,
        compression,
        fitting_floor,
        compression_floor,
        float(np.median(turned.turning_point)),
        turned.located,
    )
