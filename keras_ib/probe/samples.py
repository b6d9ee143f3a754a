"""The probe data: the fixed rows that the measures look at.

Checked, drawn and split once, before any training time is spent.
"""

from dataclasses import dataclass
import hashlib

import keras
import numpy as np

from keras_ib.probe.inputs import MIN_ROWS, as_array, check_inputs
from keras_ib.probe.targets import classes_of, need_labels

# Half of the rows fit the decoders and half read them: held-out standard
# errors are then as good as those of the fit, and the Gram matrix of wide
# layers, the largest cost, is half of the full one.
FIT_FRACTION = 0.5
# Name of the probe set in the log where the user gives only one.
UNNAMED = "probe"


@dataclass(frozen=True, eq=False)
class Probe:
    """Rows of X and Y, the fit rows first.

    Attributes:
        x: What the model takes: an array `[n, ...]` or a structure of them.
        y: `[n]` int32 classes, or None.
        num_fit: Number of fit rows; the others are held out.
    """

    x: object
    y: np.ndarray | None
    num_fit: int

    @property
    def num_rows(self) -> int:
        return len(keras.tree.flatten(self.x)[0])

    @property
    def num_classes(self) -> int | None:
        return None if self.y is None else int(self.y.max()) + 1

    @property
    def shaped_x(self):
        """`[n, ...]`: the input in its shape, or several side by side."""
        parts = keras.tree.flatten(self.x)
        return parts[0] if len(parts) == 1 else self.flat_x

    def turned(self):
        """The other half as fit rows."""

        def roll(array):
            return np.roll(array, -self.num_fit, axis=0)

        return Probe(
            keras.tree.map_structure(roll, self.x),
            None if self.y is None else roll(self.y),
            self.num_rows - self.num_fit,
        )

    @property
    def flat_x(self):
        """`[n, p]` float32: all elements of all inputs, side by side."""
        parts = keras.tree.flatten(self.x)
        parts = [np.reshape(p, (len(p), -1)).astype("float32") for p in parts]
        return np.concatenate(parts, axis=1)

    @property
    def x_id(self):
        """`[n]` int32 that are equal where rows of X are equal."""
        rows = np.ascontiguousarray(self.flat_x + 0.0)  # -0. becomes 0.
        rows = rows.view(np.dtype((np.void, rows.strides[0])))[:, 0]
        return np.unique(rows, return_inverse=True)[1].astype("int32")

    @property
    def label_entropy(self) -> float | None:
        """Plug-in entropy of the labels of all rows, nats."""
        if self.y is None:
            return None
        p = np.unique(self.y, return_counts=True)[1] / self.num_rows
        return max(0.0, float(-np.sum(p * np.log(p))))

    def get_config(self) -> dict:
        """What the log says of the probe data."""
        digest = hashlib.sha256(self.flat_x.tobytes())
        if self.y is not None:
            digest.update(self.y.tobytes())
        return {
            "num_rows": self.num_rows,
            "num_fit": self.num_fit,
            "num_held_out": self.num_rows - self.num_fit,
            "num_classes": self.num_classes,
            "label_entropy": self.label_entropy,
            "fingerprint": digest.hexdigest(),
        }


def check_size(size: int, draws: int):
    """Raises a `ValueError` if so many rows so often give no numbers."""
    if draws < 1:
        raise ValueError(
            f"draws={draws} would measure nothing; give 1 or more."
        )
    if size < MIN_ROWS:
        raise ValueError(
            f"probe_size={size} is too small to fit a decoder and to read it; "
            f"give {MIN_ROWS} or more, 1,000 or more for numbers to report."
        )


def draw_all(data, measures, *, size: int, seed: int, draws: int = 1) -> dict:
    """Draws every probe set that a user gives, `{name: Probe}`.

    Further draws of a set are other rows of it, and are named `name#2`, ...

    Args:
        data: `(x, y)`, or such pairs by name.
        measures: Sequence of `Measure`; they say whether labels are needed.
        size: As for `draw`, of each draw of each set.
        seed: As for `draw`.
        draws: How many times each set is drawn from.

    Raises:
        ValueError: If a set is no pair, and as from `draw`.
    """
    sets = data if isinstance(data, dict) else {UNNAMED: data}
    for name, pair in sets.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(
                f"The probe data {name!r} are a {type(pair).__name__}; "
                "expected is (x, y), or a dict of such pairs by name. Without "
                "labels, give (x, None) and measures that need none, as "
                '("zx",).'
            )
    needs_y = need_labels(measures)
    return {
        name if k == 0 else f"{name}#{k + 1}": draw(
            *pair, needs_y=needs_y, size=size, seed=seed, place=(k, draws)
        )
        for name, pair in sets.items()
        for k in range(draws)
    }


def draw(x, y, *, needs_y: bool, size: int, seed: int, place=(0, 1)) -> Probe:
    """Draws at most `size` rows at random and splits them.

    Args:
        x: Array `[n, ...]` or a structure of them.
        y: Classes as integers `[n]` or `[n, 1]`, or one-hot `[n, c]`; None if
            no measure needs labels.
        needs_y: Whether a measure reads the labels.
        size: Number of rows wanted; all are taken where there are fewer.
        seed: Seed of the drawing.
        place: `(k, m)`, the k-th (from 0) of m draws without common rows.

    Raises:
        ValueError: If the rows are too few, do not match or are not finite,
            or the labels are not classes.
    """
    x = keras.tree.map_structure(as_array, x)
    k, draws = place
    num_rows = check_inputs(x, draws)
    classes = classes_of(y, num_rows) if needs_y else None
    size = min(size, num_rows // draws)
    order = np.random.default_rng(seed).permutation(num_rows)
    rows = order[k * size : (k + 1) * size]
    return Probe(
        keras.tree.map_structure(lambda array: array[rows], x),
        None if classes is None else classes[rows],
        int(len(rows) * FIT_FRACTION),
    )
