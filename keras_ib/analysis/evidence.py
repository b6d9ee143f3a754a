"""Whether magnitudes are more than noise, alone or as a family."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_ib.analysis import student

# Two halves that turn at the same step by chance are both high there: their
# heights correlate a little, which their spread does not show. With errors
# larger by this, noise is named in at most 6 % of runs of one to fifty taps, of
# three to forty steps, independent or not (simulated; the tests have a part).
ALIKE = 1.15


class Noise(NamedTuple):
    """One reason why a mean magnitude is not 0.

    Attributes:
        error: Standard error of the mean.
        df: Its degrees of freedom.
    """

    error: float
    df: int


class Evidence(NamedTuple):
    """A mean magnitude, and all noise that it must exceed.

    Attributes:
        mean: Mean over seeds and draws.
        noises: Empty where nothing tells the magnitude from noise.
    """

    mean: float
    noises: tuple[Noise, ...]

    def p_value(self) -> float:
        """How often noise alone is as high, by the largest noise."""
        return max((self._p_value(*n) for n in self.noises), default=1.0)

    def floor(self, level: float) -> float | None:
        """The mean above which `p_value` is below a level."""
        floors = [n.error * student.quantile(level, n.df) for n in self.noises]
        return max(floors, default=None)

    def _p_value(self, error, df):
        if error > 0:
            return student.tail(self.mean / error, df)
        return 0.0 if self.mean > 0 else 1.0


def evidence(magnitudes: np.ndarray, moved: np.ndarray) -> Evidence:
    """Evidence for a phase.

    Args:
        magnitudes: `[seeds, draws]`.
        moved: `[seeds, draws]`, the same where no turning point is at the end
            from which magnitudes are counted: those are 0 whatever the noise.
    """
    noises = (n for values in (magnitudes, moved) for n in _noises(values))
    return Evidence(float(magnitudes.mean()), tuple(noises))


def holm(p_values: Sequence[float], level: float) -> list[float]:
    """The level that each p-value of a family is held against.

    After [Holm 1979][1]: no true hypothesis of the family is rejected, but
    for a share `level` of all families, whatever their dependence.

    Args:
        p_values: Of the family.
        level: Of the whole family.

    Returns:
        For each p-value a level, at or below which it is rejected.

    Example:
        >>> holm([0.2, 0.01, 0.02], 0.06)  # Two are rejected.
        [0.06, 0.02, 0.03]

    [1]: https://www.jstor.org/stable/4615733
    """
    # Each one that is rejected leaves a smaller family, and the first one
    # that stands the same for all that follow.
    levels, rejected = [0.0] * len(p_values), 0
    for place in sorted(range(len(p_values)), key=p_values.__getitem__):
        levels[place] = level / (len(p_values) - rejected)
        rejected += p_values[place] <= levels[place]
    return levels


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values of a family, corrected for its size after Holm.

    One is at or below a level where `holm` rejects it at that level.

    Args:
        p_values: Of the family.

    Example:
        >>> [round(p, 3) for p in adjusted([0.2, 0.01, 0.02])]
        [0.2, 0.03, 0.04]
    """
    found, largest = [0.0] * len(p_values), 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, place in enumerate(order):
        largest = max(largest, p_values[place] * (len(p_values) - rank))
        found[place] = min(largest, 1.0)
    return found


def _noises(values):
    num_seeds, num_draws = values.shape
    # Without draws it is the seeds that locate each other's turning points.
    factor = ALIKE if num_draws == 1 else 1.0
    if num_seeds > 1:
        spread = values.mean(axis=1).std(ddof=1) / num_seeds**0.5
        yield Noise(factor * float(spread), num_seeds - 1)
    if num_draws > 1:
        spread = (values.var(axis=1, ddof=1).mean() / values.size) ** 0.5
        yield Noise(ALIKE * float(spread), num_seeds * (num_draws - 1))
