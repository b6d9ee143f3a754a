"""Where curves turn, and how high they stand there."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from keras_ib import checks
from keras_ib.analysis.evidence import Evidence, evidence

# What NumPy and the objects of others raise where they hold no numbers.
READ_ERRORS = (TypeError, ValueError, AttributeError, RuntimeError)

Phase = Literal["fitting", "compression"]
Located = Literal["other draws", "other seeds", "itself"]
# The step from which the height of a phase is counted, and the next one to it.
ENDS: dict[Phase, tuple[int, int]] = {
    "fitting": (0, 1),
    "compression": (-1, -2),
}


class Turned:
    """Curves of information with their turning points.

    Args:
        steps: `[m]`, ascending.
        values: `[seeds, draws, m]`.
        lower_is_better: Whether the values are errors.

    Attributes:
        turning_point: `[seeds, draws]` steps.
        located: Where the turning points were located.

    Raises:
        ValueError: If there is not one finite value for each step.
    """

    def __init__(
        self,
        steps: npt.ArrayLike,
        values: npt.ArrayLike,
        lower_is_better: bool,
    ):
        places = _reals("steps", steps)
        heights = _reals("values", values).astype("float64")
        _check(places, heights)
        self._information = -heights if lower_is_better else heights
        others, self.located = _others(self._information)
        self._place = np.argmax(others, axis=-1)
        self.turning_point = places[self._place]

    def magnitudes(self, phase: Phase) -> np.ndarray:
        """`[seeds, draws]`."""
        return self._heights(self._place, ENDS[phase][0])

    def evidence(self, phase: Phase) -> Evidence:
        """What the magnitudes say of their mean."""
        end, neighbour = (
            place % self._information.shape[-1] for place in ENDS[phase]
        )
        moved = np.where(self._place == end, neighbour, self._place)
        return evidence(self.magnitudes(phase), self._heights(moved, end))

    def _heights(self, place, end):
        top = np.take_along_axis(self._information, place[..., None], axis=-1)[
            ..., 0
        ]
        return top - self._information[..., end]


def _others(information):
    """For every curve the mean of those that locate its turning point.

    Those are one half of the draws or seeds, the other half theirs: were each
    evaluated where all others turn, they would depend on each other, and
    their spread would be too small.
    """
    num_seeds, num_draws, _ = information.shape
    if num_draws > 1:
        axis, located = 1, "other draws"
    elif num_seeds > 1:
        axis, located = 0, "other seeds"
    else:
        return information, "itself"
    parts = np.moveaxis(information, axis, 0)
    halves = [parts[1::2].mean(axis=0), parts[::2].mean(axis=0)]
    return np.stack(
        [halves[i % 2] for i in range(len(parts))], axis=axis
    ), located


def _reals(name: str, values: Any) -> np.ndarray:
    try:
        array = np.ma.asarray(values)
        if array.dtype.kind in "iu" and not np.ma.is_masked(array):
            return array.data
        if array.dtype.kind != "c":
            return np.ma.filled(array.astype("float64"), np.nan)
    except READ_ERRORS as error:
        raise _no_numbers(name, values) from error
    raise _no_numbers(name, values)


def _no_numbers(name, values):
    return ValueError(
        f"{name} are no numbers. Received: {checks.kinds(values)}. Give an "
        "array of real numbers."
    )


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
