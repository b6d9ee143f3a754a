"""What is read from the curves of many networks."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from keras_ib import archives
from keras_ib.analysis import phases
from keras_ib.analysis.statistics import Effect
from keras_ib.analysis.turning import Phase

CURVES = "curves.npz"
TITLES = {
    "ebab": "EBAB",
    "akde": "aKDE",
    "binning": "fixed bins",
    "kde": "KDE",
}
# Share of the ceiling of I(X;Z) that a phase must exceed.
DISTINCT = 0.01


class Curves:
    """What one part has measured, for all of its seeds.

    Args:
        folder: Of the part.

    Attributes:
        learned: `[seeds]`, whether a network ends better in training than an
            answer that never changes.
    """

    def __init__(self, folder: Path):
        self._found = archives.read_npz(folder / CURVES)
        constant = self._found["accuracy/constant"]
        self.learned = self.accuracy("train") > constant

    def epochs(self, measure: str) -> np.ndarray:
        """`[m]`."""
        return self._found[f"{measure}/epochs"]

    def information(self, measure: str, pair: str = "xz") -> np.ndarray:
        """`[seeds, layers, m]` nats; of bounds, the upper ones."""
        name = f"{measure}/i_{pair}"
        found = self._found.get(name)
        return self._found[f"{name}_upper"] if found is None else found

    def curve(
        self, measure: str, layers: str = "hidden", pair: str = "xz"
    ) -> np.ndarray:
        """`[seeds, m]`: the mean of the hidden layers, or the softmax."""
        values = self.information(measure, pair)
        if layers == "softmax":
            return values[:, -1]
        return values[:, :-1].mean(axis=1)

    def compression(self, measure: str, layers: str = "hidden") -> np.ndarray:
        """Compression `[seeds]` of I(X;Z) from each network's own top."""
        values = self.curve(measure, layers)
        return phases.uncorrected_magnitudes(values, lower_is_better=False)[1]

    def mean_compression(self, measure: str) -> np.ndarray:
        """Compression `[seeds]` of the hidden layers, whose mean counts.

        From the top of the mean of the other half of the networks, as in
        `mean_phases`: unlike `compression`, not the higher the more single
        networks go up and down.
        """
        values = self.curve(measure)[:, None]
        found = phases.magnitudes(
            self.epochs(measure), values, lower_is_better=False
        )
        return found.compression[:, 0]

    def magnitude(self, measure: str, phase: Phase, pair: str = "xz") -> Effect:
        """Of the mean of the hidden layers, no surer than its noise."""
        return self.mean_phases(measure, pair).with_noise(phase)

    def mean_phases(self, measure: str, pair: str = "xz") -> phases.Phases:
        """Phases of the mean of the hidden layers, on average over seeds."""
        (found,) = self._phases(measure, [self.curve(measure, pair=pair)])
        return found

    def layer_phases(
        self, measure: str, pair: str = "xz"
    ) -> list[phases.Phases]:
        """Phases of each layer, a list; the layers are one family."""
        return self._phases(
            measure, self.information(measure, pair).swapaxes(0, 1)
        )

    def _phases(self, measure, values):
        """Phases of a family of curves `[taps, seeds, m]`."""
        # One draw: the patterns are all that there are.
        curves = {
            tap: (self.epochs(measure), of_seeds[:, None])
            for tap, of_seeds in enumerate(values)
        }
        found = phases.of_family(curves, lower_is_better=False)
        return list(found.values())

    def distinct(self, measure: str) -> float:
        """The height above which a phase counts as one: 1 % of log n."""
        return DISTINCT * float(self._found[f"{measure}/ceiling"])

    def accuracy(self, split: str) -> np.ndarray:
        """`[seeds]` in the end; the split is `"train"` or `"test"`."""
        return self._found[f"accuracy/{split}"][:, -1]

    def summary(self) -> Iterator[tuple]:
        """What table.csv says: `(layer, quantity, [seeds])` in turn."""
        for split in ("train", "test"):
            yield "", f"{split} accuracy", self.accuracy(split)
        measured = [m for m in TITLES if f"{m}/epochs" in self._found]
        for measure, pair in product(measured, ("xz", "zy")):
            values = self.information(measure, pair).swapaxes(0, 1)
            for layer, of_seeds in enumerate(values, 1):
                magnitudes = phases.uncorrected_magnitudes(
                    of_seeds, lower_is_better=False
                )
                yield layer, f"{measure} i_{pair} fitting", magnitudes[0]
                yield layer, f"{measure} i_{pair} compression", magnitudes[1]
