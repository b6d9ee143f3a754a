"""What a compiled measurement computes, on every backend: taps to numbers."""

from dataclasses import dataclass

import keras
from keras import ops
import numpy as np

from keras_ib import taps as taps_module
from keras_ib.runtime.evaluator import Evaluator


@dataclass(frozen=True)
class Reading:
    """Names one number: a field of a measure at a tap."""

    tap: str
    measure: str
    field: str


def forward(model, taps, x) -> dict:
    """Outputs of the taps in inference mode, `{name: [n, ...]}`."""
    with taps_module.capture(taps) as outputs:
        model(x, training=False)
    reached = {taps_module.tap_of(name) for name in outputs}
    missing = [name for name in taps if name not in reached]
    if missing:
        raise ValueError(
            f"The taps {', '.join(missing)} are not reached when the model is "
            "called in inference mode. Leave them out of taps=."
        )
    in_order = {}
    for name in taps:
        in_order |= {
            key: output
            for key, output in outputs.items()
            if taps_module.tap_of(key) == name
        }
    num_rows = keras.tree.flatten(x)[0].shape[0]
    for name, output in in_order.items():
        _check_rows(name, output, num_rows)
    return in_order


class BaseMeasurement:
    """Forward pass and measures of one probe set, traced once.

    The backends say how; what the taps return becomes numbers here.

    Args:
        model: A built Keras model.
        taps: `{name: layer}` to watch.
        measures: Sequence of `Measure`.
        probe: The `Probe`.
        compiled: `tf.function` or `jax.jit`; the backend's own.
        operations: The `Operations` of the backend.

    Attributes:
        readings: What each returned value is, after the first call.
        shapes: `{tap: shape}` of one row, after the first call.
    """

    def __init__(self, model, taps, measures, probe, compiled, operations):
        self.readings = None
        self.shapes = None
        self._model = model
        self._evaluator = Evaluator(
            measures,
            probe.num_fit,
            probe.num_classes,
            compiled,
            operations,
            taps,
        )

    def _read(self, outputs, data, replicas=None):
        """Values `[len(readings)]`, float32, of all measures of all taps."""
        self.shapes = {k: tuple(z.shape[1:]) for k, z in outputs.items()}
        evaluated = self._evaluator(outputs, data, replicas)
        found = {
            Reading(tap, measure, field): value
            for tap, measures in evaluated.items()
            for measure, fields in measures.items()
            for field, value in fields.items()
        }
        self.readings = list(found)
        return ops.stack([ops.cast(v, "float32") for v in found.values()])


def shares(num_rows: int, count: int) -> np.ndarray:
    """Which rows each of `count` replicas takes, `[count, share]`.

    Where they do not divide the rows, the first ones come again at the end.
    """
    return np.resize(np.arange(num_rows), (count, -(-num_rows // count)))


def needed_data(measures, probe) -> dict:
    """The arrays of the probe data that any of the measures needs."""
    needs = {need for measure in measures for need in measure.needs}
    source = {
        "x": lambda: probe.x_values,
        "x_id": lambda: probe.x_id,
        "y": lambda: probe.target.y,
    }
    return {need: source[need]() for need in sorted(needs)}


def check_labels(y, needs_y: bool):
    """Raises a `ValueError` if a training batch lacks the labels it needs."""
    if needs_y and y is None:
        raise ValueError(
            "The measures need labels and the training data have none. Give "
            'InfoPlane measures that need none, as measures=("zx",), or '
            "data=(x, y)."
        )


def _check_rows(tap, z, num_rows):
    if len(z.shape) == 0 or z.shape[0] != num_rows:
        raise ValueError(
            f"The tap {tap!r} has the shape {tuple(z.shape)} where {num_rows} "
            "probe rows go in; its first axis must be these rows. Leave it out "
            "of taps=."
        )
