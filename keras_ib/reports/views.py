"""The numbers of runs that differ by their seed, as a reader looks at them."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from keras_ib.analysis import student
from keras_ib.analysis.statistics import CONFIDENCE
from keras_ib.logs.run import RunLog, draws_of, is_error

Curve = tuple[np.ndarray, np.ndarray]


class Number(NamedTuple):
    """A mean over seeds and draws.

    Attributes:
        mean: The mean.
        error: Its standard error: by the spread over seeds, of one seed that
            of the held-out samples; NaN where the log has neither.
        df: Degrees of freedom of the error.
    """

    mean: float
    error: float = np.nan
    df: int = 1

    def __str__(self) -> str:
        """To the digit of the error, of which it has one: `0.31 ± 0.02`."""
        digits = _digits(self.mean, 3)
        if np.isnan(self.error):
            return f"{self.mean:.{digits}f}"
        digits = min(digits, _digits(self.error, 1))
        error = f"{self.error:.{digits}f}"
        if not float(error):
            error = f"<{10.0**-digits:.{digits}f}"
        return f"{self.mean:.{digits}f} ± {error}"

    def minus(self, other: "Number") -> "Number":
        """The difference to a number of its own error."""
        error = float(np.hypot(self.error, other.error))
        return Number(self.mean - other.mean, error, min(self.df, other.df))

    def noise(self, times: int = 1) -> float:
        """What noise alone exceeds at any of `times` taps in 2.5 % of runs."""
        if np.isnan(self.error):
            return np.nan
        level = (1 - CONFIDENCE) / 2 / times
        return student.quantile(level, self.df) * self.error

    def is_above(self, limit: float, times: int = 1) -> bool | None:
        """Whether it is more than noise above a limit; None: not known."""
        noise = self.noise(times)
        return None if np.isnan(noise) else bool(self.mean - limit > noise)


class View:
    """Runs of one condition, on one probe set, for one target.

    Args:
        condition: Its name.
        logs: One log a seed, of one model and with the same measures.
        data: Name of the probe set; all of its draws count.
        target: Name of the label, or None.
        against: The same of the first condition, or None for itself.

    Attributes:
        taps: From input to output.
        steps: `[m]`, those at which all runs were measured.
    """

    def __init__(
        self,
        condition: str,
        logs: Sequence[RunLog],
        data: str,
        target: str | None = None,
        against: "View | None" = None,
    ):
        self.against = against
        self.condition, self.logs = condition, list(logs)
        self.data, self.target = data, target
        self.taps = self.logs[0].taps
        steps = set(self.logs[0].steps)
        steps = steps.intersection(*(log.steps for log in self.logs))
        self.steps = np.array(sorted(steps))
        self._found: dict[str, dict[str, Curve]] = {}

    @cached_property
    def about(self) -> dict:
        """What the configuration says of the probe set."""
        return self.logs[0].config["data"][self.data]

    @property
    def draws(self) -> list[str]:
        return draws_of(self.logs[0].data_names, self.data)

    @property
    def x(self) -> str | None:
        """The field that is Z-X here, or None."""
        return self.logs[0].default_axes[0]

    @cached_property
    def y(self) -> str | None:
        """The field that is Z-Y of this target, or None."""
        names = (self.logs[0].default_axes[1], "zy/ce", "zy/fvu")
        known = self.logs[0].fields
        return next((n for n in names if n in known and self.curves(n)), None)

    def curves(self, field: str) -> dict[str, Curve]:
        """Steps `[m]` and values `[seeds, draws, m]` of the taps that have it.

        Without those whose values are not all finite.
        """
        if field not in self._found:
            found = {tap: self._curve(tap, field) for tap in self.taps}
            self._found[field] = {
                tap: (self.steps, values)
                for tap, values in found.items()
                if values is not None and np.isfinite(values).all()
            }
        return self._found[field]

    def _curve(self, tap, field):
        count = min(
            len(draws_of(log.data_names, self.data)) for log in self.logs
        )
        found = [
            [
                log.series(tap, field, data=name, target=self.target)
                for name in draws_of(log.data_names, self.data)[:count]
            ]
            for log in self.logs
        ]
        if any(not len(steps) for curves in found for steps, _ in curves):
            return None
        return np.array(
            [
                [values[np.isin(steps, self.steps)] for steps, values in curves]
                for curves in found
            ]
        )

    def information(self, field: str) -> dict[str, Curve]:
        """Curves that are 0 where nothing is known and rise with knowledge.

        Of `fvu` the share of the variance that is explained, of `ce` what is
        usable, `H(Y) - ce`; `{}` of another error, which has no zero.
        """
        name = field.rpartition("/")[2]
        if name == "ce":
            usable = f"{field[:-2]}usable"
            is_there = usable in self.logs[0].fields
            return self.curves(usable) if is_there else {}
        curves = self.curves(field)
        if name == "fvu":
            return {tap: (s, 1 - values) for tap, (s, values) in curves.items()}
        return {} if is_error(self.logs[0].field(field)) else curves

    def ends(self, field: str) -> dict[str, Number]:
        """Values of the taps at the last step."""
        curves = self.curves(field)
        return {t: self._end(v, t, field) for t, (_, v) in curves.items()}

    def known(self, field: str) -> dict[str, Number]:
        """Information of the taps at the last step, as `information`."""
        return {
            tap: self._end(values, tap, field)
            for tap, (_, values) in self.information(field).items()
        }

    def _end(self, values, tap, field):
        last = values[..., -1].mean(axis=1)
        num = len(last)
        if num > 1:
            error = last.std(ddof=1) / num**0.5
            return Number(float(last.mean()), float(error), num - 1)
        error_field = f"{field}_se"
        errors = {}
        if error_field in self.logs[0].fields:
            errors = self.curves(error_field)
        if tap not in errors:
            return Number(float(last.mean()))
        squares = errors[tap][1][0, :, -1] ** 2
        error = (squares.mean() / len(squares)) ** 0.5
        held_out = max(self.about.get("num_held_out", 2), 2)
        return Number(float(last.mean()), float(error), held_out - 1)

    def difference(self, field: str, tap: str, other: str) -> Number:
        """How much more a tap has at the last step than another one.

        Over seeds pair by pair; of one seed with both standard errors, which
        is rather too careful, as both look at the same samples.
        """
        curves = self.curves(field)
        if len(self.logs) > 1:
            return self._end(curves[tap][1] - curves[other][1], tap, field)
        ends = self.ends(field)
        return ends[tap].minus(ends[other])


def _digits(value, count):
    """Decimals that show so many digits of a number; 3 of zero."""
    if not value or not np.isfinite(value):
        return 3
    return int(np.clip(count - 1 - np.floor(np.log10(abs(value))), 0, 9))
