"""The probe: samples of X and Y that the measures look at, as they are kept."""

from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np

from keras_ib.probe.target import Target


@dataclass(frozen=True, eq=False)
class Probe:
    """Samples of X and Y, the fit samples first.

    Attributes:
        x: What the model takes: an array `[n, ...]` or a structure of them,
            padded to one shape; None where only Y was given.
        x_values: `[n, ...]` numbers that Z-X reads: the input in its shape,
            or several side by side as float32; embedded where they are ids or
            strings; None if X cannot be read.
        x_id: `[n]` int32, equal where samples of X are equal as given; None
            without X.
        targets: `{name: Target}`; `{}` without labels.
        num_fit: Number of fit samples; the others are held out.
        rows: `[n]` int, where the samples stand in the data given.
        fingerprint: Digest of X and Y as given.
        notes: What was decided and what misleads, in sentences.
        x_config: What the log says of X.
    """

    x: object
    x_values: np.ndarray | None
    x_id: np.ndarray | None
    targets: dict[str, Target]
    num_fit: int
    rows: np.ndarray
    fingerprint: str
    notes: list[str]
    x_config: dict

    @property
    def num_rows(self) -> int:
        """Number of samples, fit and held-out together."""
        return len(self.rows)

    @property
    def num_held_out(self) -> int:
        """Number of held-out samples."""
        return self.num_rows - self.num_fit

    @cached_property
    def target(self) -> Target | None:
        """The target if there is one alone, and one kind a sample."""
        found = [t for t in self.targets.values() if t.positions is None]
        return found[0] if len(found) == len(self.targets) == 1 else None

    @property
    def num_classes(self) -> int | None:
        """Number of classes, if one target of classes is all."""
        is_classes = self.target and self.target.variable.kind == "classes"
        return self.target.variable.num_classes if is_classes else None

    @property
    def label_entropy(self) -> float | None:
        """Plug-in entropy of Y, nats, if it is one target and not values."""
        return self.target and self.target.entropy

    def swapped(self) -> "Probe":
        """The other half as fit samples."""

        def roll(array):
            return None if array is None else np.roll(array, -self.num_fit, 0)

        return replace(
            self,
            x=keras.tree.map_structure(roll, self.x),
            x_values=roll(self.x_values),
            x_id=roll(self.x_id),
            rows=roll(self.rows),
            targets={n: t.swapped() for n, t in self.targets.items()},
            num_fit=self.num_held_out,
        )

    def subset(self, fraction: float) -> "Probe":
        """Fewer samples, the first of each half: at least two of each."""
        counts = [
            min(max(2, int(fraction * count)), count)
            for count in (self.num_fit, self.num_held_out)
        ]
        places = np.r_[: counts[0], self.num_fit : self.num_fit + counts[1]]

        def take(array):
            return None if array is None else array[places]

        return replace(
            self,
            x=keras.tree.map_structure(take, self.x),
            x_values=take(self.x_values),
            x_id=take(self.x_id),
            rows=take(self.rows),
            targets={
                name: target.subset(places, counts[0])
                for name, target in self.targets.items()
            },
            num_fit=counts[0],
        )

    def get_config(self) -> dict:
        """What the log says of the probe data."""
        return {
            "num_rows": self.num_rows,
            "num_fit": self.num_fit,
            "num_held_out": self.num_held_out,
            "num_classes": self.num_classes,
            "label_entropy": self.label_entropy,
            "fingerprint": self.fingerprint,
            "x": self.x_config,
            "targets": {n: t.get_config() for n, t in self.targets.items()},
            "notes": self.notes,
        }
