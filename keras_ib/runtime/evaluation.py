"""What a compiled measurement computes, on every backend: taps to numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
import math
from typing import NamedTuple

import keras
from keras import ops
import numpy as np

from keras_ib import taps as taps_module
from keras_ib.measures import (
    Noise,
    Sample,
    evaluate,
    evaluate_learned,
    from_parts,
    is_learned,
    learned_part,
    part,
)


@dataclass(frozen=True)
class Reading:
    """Names one number: a field of a measure at a tap."""

    tap: str
    measure: str
    field: str


class Replicas(NamedTuple):
    """The replicas that share a measurement out, as one of them sees it.

    Attributes:
        index: Which one this is, an int32 tensor.
        count: How many there are.
        total: Sums a structure of scalars over all of them.
    """

    index: object
    count: int
    total: Callable


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


class Evaluator:
    """All measures of all taps, as a function of tensors alone.

    The measures of one tap are compiled on their own, so that taps of equal
    shape and noise, such as the blocks of a transformer, are traced once.
    Networks of all taps train together.

    Several replicas share the work out: of measures that look at all pairs,
    each takes its share of the rows against all others; other measures of a
    tap are made by one replica, those of the next tap by the next. What the
    replicas exchange are the scalars, in one sum.

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
        self._compiled = cache(
            lambda method, *given: compiled(partial(method, self, *given))
        )

    def __call__(self, outputs, data, replicas=None) -> dict:
        """`{tap: {measure: {field: scalar}}}`, in the order of the measures.

        Args:
            outputs: `{tap: [n, ...]}`, representations of all probe rows.
            data: What the measures need of the probe data, tensors by name.
            replicas: The `Replicas`, or None if there is but one.
        """
        found = (
            self._alone(outputs, data)
            if replicas is None
            else self._shared(outputs, data, replicas)
        )
        # `jax.jit` returns dicts in the order of their keys.
        return {
            tap: {
                m.name: {field: values[m.name][field] for field in m.fields}
                for m in self._measures
            }
            for tap, values in found.items()
        }

    def _alone(self, outputs, data):
        found = {
            tap: self._of_tap(Evaluator._whole, tap)(z, data)
            for tap, z in outputs.items()
        }
        if self._learned:
            learned = evaluate_learned(
                self._learned, self._samples(outputs, data)
            )
            found = _joined(found, learned)
        return found

    def _shared(self, outputs, data, replicas):
        index, count, total = replicas
        parts = {
            tap: self._of_tap(Evaluator._part, tap, count)(
                z, data, index, ops.equal(index, place % count)
            )
            for place, (tap, z) in enumerate(outputs.items())
        }
        if self._learned:
            function = self._compiled(Evaluator._learned_part)
            learned = function(outputs, data, ops.equal(index, 0))
            parts = _joined(parts, learned)
        parts = total(parts)
        return {
            tap: self._of_tap(Evaluator._from_parts, tap)(z, data, parts[tap])
            for tap, z in outputs.items()
        }

    def _of_tap(self, method, tap, *given):
        noise = self._noise.get(taps_module.tap_of(tap))
        return self._compiled(method, noise, *given)

    def _samples(self, outputs, data):
        return [self._sample(z, **data) for z in outputs.values()]

    def _whole(self, noise, z, data):
        return evaluate(self._others, self._sample(z, **data, noise=noise))

    def _part(self, noise, count, z, data, index, is_mine):
        sample = self._sample(z, **data, noise=noise)
        return part(self._others, sample, index, count, is_mine)

    def _learned_part(self, outputs, data, is_mine):
        samples = self._samples(outputs, data)
        return learned_part(self._learned, samples, is_mine)

    def _from_parts(self, noise, z, data, parts):
        sample = self._sample(z, **data, noise=noise)
        return from_parts(self._measures, sample, parts)


def _joined(found, learned):
    """Puts the numbers of trained measures beside the others of each tap."""
    return {
        tap: values | more
        for (tap, values), more in zip(found.items(), learned, strict=True)
    }


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
            f"The tap {tap!r} has the shape {tuple(z.shape)} where {num_rows} "
            "probe rows go in; its first axis must be these rows. Leave it out "
            "of taps=."
        )
