"""Axes, numbers and names as plotly takes them."""

from html import escape
from typing import Any

import numpy as np

from keras_ib.logs.run import is_error
from keras_ib.plotting import axes, curves, images


class Scale:
    """Where the values of a field are on an axis; errors have a root axis.

    Args:
        chosen: All curves of the figure.
        field: `"measure/field"`.
    """

    def __init__(self, chosen: list[curves.Curve], field: str):
        self.field = field
        self._chosen = chosen
        self._about = chosen[0].field(field)
        self._is_error = is_error(self._about)
        self.has_errors = all(c.has(f"{field}_se") for c in chosen)
        values = np.concatenate([c.series(field)[1] for c in chosen])
        self._values = values[np.isfinite(values)]

    def place(self, values: Any) -> np.ndarray:
        """The coordinates of values."""
        values = np.asarray(values, float)
        return axes.signed_root(values) if self._is_error else values

    def span(self) -> list[float]:
        """The coordinates of the least value, 0 for errors, and the largest."""
        if not len(self._values):
            return [0, 1]
        low, high = self._values.min(), self._values.max()
        if self._is_error:
            low = min(low, 0)
        if low == high:
            low, high = low - 0.5, high + 0.5
        return self.place([low, high]).tolist()

    def said(self, curve: curves.Curve) -> dict[int, list[float | None]]:
        """What labels of a curve say, by step: value and standard error."""
        steps, values = curve.series(self.field)
        parts = [numbers(values)]
        if self.has_errors:
            parts.append(numbers(curve.series(f"{self.field}_se")[1], 2))
        said = map(list, zip(*parts, strict=True))
        return dict(zip(steps.tolist(), said, strict=True))

    def axis(self, width: int) -> dict[str, Any]:
        """Title, ticks and range of an axis of so many letters."""
        low, high = self.span()
        margin = 0.04 * (high - low)
        return {
            "title": {"text": self.title(width)},
            "range": [low - margin, high + margin],
            **self.ticks(),
        }

    def title(self, width: int) -> str:
        """Meaning, unit, samples and kind."""
        text = axes.in_words(self._chosen, self.field, width)
        return safe(text).replace("\n", "<br>")

    def ticks(self) -> dict[str, Any]:
        """Places and names of the ticks."""
        if self._is_error:
            found = axes.root_ticks(self._values)
        else:
            from matplotlib.ticker import MaxNLocator

            found = list(MaxNLocator(6).tick_values(*self.span()))
        return {
            "tickvals": numbers(self.place(found)),
            "ticktext": [f"{tick:g}" for tick in found],
        }

    def ceilings(self) -> list[float | None]:
        """Coordinates that the size of the sample sets an end at."""
        known = {
            (c.field(self.field)["ceiling"] or {}).get(c.data)
            for c in self._chosen
        }
        return numbers(self.place([one for one in known if one is not None]))

    def hover(self, place: int) -> str:
        """A line of a label, whose numbers begin at a place of customdata."""
        text = f"<br>{safe(self.field)} %{{customdata[{place}]}}"
        if self.has_errors:
            text += f" ± %{{customdata[{place + 1}]}}"
        return text + safe(axes.bracketed(self._about["unit"]))


def step_axis(last: int, name: str) -> dict[str, Any]:
    """Steps on a logarithmic axis that has a place for step 0."""
    ticks = [0, *axes.powers(last).tolist()]
    names = [
        str(tick) if tick < 10_000 else f"10<sup>{len(str(tick)) - 1}</sup>"
        for tick in ticks
    ]
    return {
        "title": {"text": safe(name)},
        "tickvals": numbers(images.place(np.array(ticks))),
        "ticktext": names,
    }


def numbers(values: Any, digits: int = 4) -> list[float | None]:
    """Numbers as they are sent; None for what is not finite."""
    return [
        float(f"{value:.{digits}g}") if np.isfinite(value) else None
        for value in np.asarray(values, float).tolist()
    ]


def safe(name: str) -> str:
    """A name in which plotly sees no tag and no template."""
    return escape(name).replace("%{", "&#37;{")
