"""What a compiled measurement computes, on every backend: taps to numbers."""

from dataclasses import dataclass
from functools import cache, partial
import math

import keras
from keras import ops

from keras_ib import taps as taps_module
from keras_ib.measures import (
    Noise,
    Sample,
    evaluate,
    evaluate_learned,
    is_learned,
)


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
    return in_order


class Evaluator:
    """All measures of all taps, as a function of tensors alone.

    The measures of one tap are compiled on their own, so that taps of equal
    shape and noise, such as the blocks of a transformer, are traced once.
    Networks of all taps train together.

    Args:
        measures: Sequence of `Measure`.
        num_fit: Number of fit rows.
        num_classes: Number of classes, or None.
        compiled: `tf.function` or `jax.jit`.
        operations: The `Operations` of the backend.
        taps: `{name: layer}`, where the noise of layers is known from.
    """

    def __init__(
        self, measures, num_fit, num_classes, compiled, operations, taps=()
    ):
        self._measures = measures
        self._learned = [m for m in measures if is_learned(m)]
        self._others = [m for m in measures if not is_learned(m)]
        self._sample = partial(
            Sample,
            num_fit=num_fit,
            num_classes=num_classes,
            operations=operations,
        )
        self._noise = {n: layer_noise(layer) for n, layer in dict(taps).items()}
        self._with_noise = cache(
            lambda noise: compiled(partial(self._of_one_tap, noise))
        )

    def __call__(self, outputs, data) -> dict:
        """`{tap: {measure: {field: scalar}}}`, in the order of the measures.

        Args:
            outputs: `{tap: [n, ...]}`, representations of all probe rows.
            data: What the measures need of the probe data, tensors by name.
        """
        found = {
            tap: self._with_noise(self._noise_at(tap))(z, data)
            for tap, z in outputs.items()
        }
        if self._learned:
            samples = [self._sample(z, **data) for z in outputs.values()]
            learned = evaluate_learned(self._learned, samples)
            for tap, values in zip(found, learned, strict=True):
                found[tap] = found[tap] | values
        # `jax.jit` returns dicts in the order of their keys.
        return {
            tap: {
                m.name: {field: values[m.name][field] for field in m.fields}
                for m in self._measures
            }
            for tap, values in found.items()
        }

    def _noise_at(self, tap):
        return self._noise.get(taps_module.tap_of(tap))

    def _of_one_tap(self, noise, z, data):
        return evaluate(self._others, self._sample(z, **data, noise=noise))


def layer_noise(layer) -> Noise | None:
    """The Gaussian noise that a layer adds in training; None if it adds none.

    No other layer's: with `Dropout`, I(X;Z) is as infinite as without.
    """
    if isinstance(layer, keras.layers.GaussianNoise):
        return Noise("additive", layer.stddev)
    if isinstance(layer, keras.layers.GaussianDropout):
        return Noise("multiplicative", math.sqrt(layer.rate / (1 - layer.rate)))
    return None


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
        self._num_rows = probe.num_rows
        self._evaluator = Evaluator(
            measures,
            probe.num_fit,
            probe.num_classes,
            compiled,
            operations,
            taps,
        )

    def _read(self, outputs, data):
        """Values `[len(readings)]`, float32, of all measures of all taps."""
        for tap, z in outputs.items():
            _check_rows(tap, z, self._num_rows)
        self.shapes = {k: tuple(z.shape[1:]) for k, z in outputs.items()}
        found = {
            Reading(tap, measure, field): value
            for tap, measures in self._evaluator(outputs, data).items()
            for measure, fields in measures.items()
            for field, value in fields.items()
        }
        self.readings = list(found)
        return ops.stack([ops.cast(v, "float32") for v in found.values()])


def needed_data(measures, probe) -> dict:
    """The arrays of the probe data that any of the measures needs."""
    needs = {need for measure in measures for need in measure.needs}
    source = {
        "x": lambda: probe.shaped_x,
        "x_id": lambda: probe.x_id,
        "y": lambda: probe.y,
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
            f"The tap {tap!r} has the shape {tuple(z.shape)}; its first axis "
            f"must be the {num_rows} probe rows. Leave it out of taps=."
        )
