"""One thing that the network is trained to tell, and what it was taken for."""

from dataclasses import dataclass, replace

import numpy as np

from keras_ib.measures.sample.variables import Variable
from keras_ib.probe.positions import PositionSample, labels_at, sampled


@dataclass(frozen=True, eq=False)
class Target:
    """One thing that the network is trained to tell.

    Attributes:
        name: "y", or the name of the output.
        variable: What kind of thing it is.
        y: Classes `[n]` int32, values `[n, t]` float32 about the mean of the
            fit samples, labels `[n, L]` int32 0/1, or `[n, *p]` int32 where
            there is a class a position (-1: padding).
        y_class: `[n]` int32 from 0: the classes, or the number of the set of
            labels; None for values and for a class a position.
        entropy: Plug-in entropy of the classes or the sets, nats; None for
            values.
        names: The classes as the user wrote them; None if there are none.
        num_fit: Number of fit samples.
        why: What it was taken for, and the reason.
        positions: Shape of the positions, or None.
    """

    name: str
    variable: Variable
    y: np.ndarray
    y_class: np.ndarray | None
    entropy: float | None
    names: list | None
    num_fit: int
    why: str
    positions: tuple[int, ...] | None = None

    def summary(self) -> str:
        """One line about what it is and why."""
        return f"{self.name}: {self.why}"

    def at(
        self, z_shape: tuple[int, ...], size: int = 2048, seed: int = 0
    ) -> PositionSample | None:
        """Which positions of a tap are looked at, with their classes.

        Args:
            z_shape: Shape `(n, *a, d)` of the tap, samples included.
            size: At most so many positions, fit and held-out together.
            seed: Seed of the drawing.

        Returns:
            None if there is no class a position, or if the axes `a` neither
            are nor divide those of the labels.
        """
        if self.positions is None or len(z_shape) < 3:
            return None
        y = labels_at(self.y, tuple(z_shape[1:-1]))
        if y is None or len(y) != z_shape[0]:
            return None
        return sampled(y, self.num_fit, size, seed, self.variable)

    def swapped(self) -> "Target":
        """The other half as fit samples."""
        y, y_class = np.roll(self.y, -self.num_fit, axis=0), self.y_class
        if y_class is not None:
            y_class = np.roll(y_class, -self.num_fit, axis=0)
        num_fit = len(y) - self.num_fit
        if self.variable.kind == "values":
            y = y - y[:num_fit].mean(axis=0)
        return replace(self, y=y, y_class=y_class, num_fit=num_fit)

    def subset(self, places: np.ndarray, num_fit: int) -> "Target":
        """The target of fewer samples.

        Args:
            places: Where they stand, the fit samples first.
            num_fit: How many of them are fit samples.
        """
        y_class = None if self.y_class is None else self.y_class[places]
        return replace(self, y=self.y[places], y_class=y_class, num_fit=num_fit)

    def get_config(self) -> dict:
        """What the log says of it."""
        names = self.names
        return {
            "kind": self.variable.kind,
            "num_classes": self.variable.num_classes,
            "num_sets": self.variable.num_sets,
            "entropy": self.entropy,
            "classes": names if names and len(names) <= 100 else None,
            "positions": self.positions and list(self.positions),
            "summary": self.summary(),
        }
