"""Capture and measures of one probe set, made ready for a model."""

from collections.abc import Mapping, Sequence
from functools import cached_property
import math
from typing import Any

import keras
from keras import ops
import numpy as np

from keras_ib import taps as taps_module
from keras_ib.measures import Measure, Noise
from keras_ib.runtime.backend import load
from keras_ib.runtime.comparison import Comparison
from keras_ib.runtime.evaluator import Reading, evaluator
from keras_ib.runtime.forward import batch_size, by_tap, trial_size
from keras_ib.runtime.memory import default_limit, groups
from keras_ib.runtime.precision import float32_by_default
from keras_ib.runtime.samples import (
    given,
    position_tensors,
    static_targets,
    tensors,
)

NUMBER_BYTES = 4


class Measurement:
    """All measures of all taps on one probe set, at any time.

    Configured before it runs: a trial call on symbols gives the shapes, and
    from them follow all readings. Taps are captured in groups that fit a
    memory budget. A tap that does not fit alone is looked at on fewer
    samples. What fails is NaN; everything else is measured.

    Args:
        model: A built Keras model or layer.
        taps: `{name: layer}` to watch.
        measures: Sequence of `Measure`.
        probe: The `Probe`.
        memory_limit: Bytes that the activations of a group may take; by
            default 1 GB or a quarter of what is free, whichever is less.
        null: As of `Evaluator`.

    Attributes:
        shapes: `{tap: shape}` of one sample.
        num_samples: `{tap: samples}` that it is looked at on.
        readings: What each returned value is.
        declared: `{(measure, field): Field}` of all that is measured.
        left_out: `(tap, target, reason)` of targets that a tap does not have.
        not_compared: `(measure, reason)` of measures of two taps.
        failures: `(tap, error)` of the last call.
        held: `{(tap, measure, field): value}` of the fields that keep the
            value of the first measurement, once there is one.
    """

    def __init__(
        self,
        model: Any,
        taps: Mapping[str, Any],
        measures: Sequence[Measure],
        probe: Any,
        memory_limit: int | None = None,
        null: str | None = None,
    ):
        backend = load()
        of_one = [m for m in measures if m.num_taps == 1]
        samples = _Samples(model, of_one, probe, backend, null)
        self.shapes = _shapes(samples.capture, taps, trial_size(model))
        self.failures: list[tuple[str, Exception]] = []
        self._full_precision = backend.full_precision
        noise = {
            name: layer_noise(taps[taps_module.tap_of(name)])
            for name in self.shapes
        }
        limit = memory_limit or default_limit(backend.free_memory())
        self._groups = []
        for names, fraction in _plan(self.shapes, probe.num_rows, limit):
            part = samples
            if fraction < 1:
                part = _Samples(
                    model, of_one, probe.subset(fraction), backend, null
                )
            self._groups.append(
                _Group(
                    {name: taps[name] for name in names},
                    {
                        name: shape
                        for name, shape in self.shapes.items()
                        if taps_module.tap_of(name) in names
                    },
                    noise,
                    part,
                )
            )
        self.num_samples = {
            name: group.num_samples
            for group in self._groups
            for name in group.shapes
        }
        self._comparison = Comparison(
            [m for m in measures if m.num_taps == 2],
            {name: self.num_samples[name] for name in self.shapes},
            samples.share,
        )
        parts: list[Any] = [*self._groups, self._comparison]
        self.readings = [r for part in parts for r in part.readings]
        self.declared = {
            name: field
            for part in parts
            for name, field in part.declared.items()
        }
        self.not_compared = self._comparison.left_out
        self.left_out = [
            out for group in self._groups for out in group.left_out
        ]
        holding = {m.name: m.held for m in measures if m.held}
        self.held = {
            (r.tap, r.measure, r.field): math.nan
            for r in self.readings
            if r.field in holding.get(r.measure, ())
        }

    def __call__(self) -> np.ndarray:
        """Measures now: float32 `[len(readings)]`. The model is unchanged."""
        self.failures = []
        with self._full_precision():
            numbers = [
                group(self.failures, self.held, self._comparison)
                for group in self._groups
            ]
            numbers.append(self._compared())
        found = np.concatenate([np.zeros(0, "float32"), *numbers])
        if self.held:
            self._hold(found)
        return found

    def _compared(self):
        try:
            return self._comparison.numbers()
        except Exception as error:  # Whatever a device raises.
            readings = self._comparison.readings
            self.failures.append((readings[0].measure, error))
            return np.full(len(readings), np.nan, "float32")

    def _hold(self, numbers):
        for reading, value in zip(self.readings, numbers, strict=True):
            key = reading.tap, reading.measure, reading.field
            before = self.held.get(key)
            if before is not None and math.isnan(before):
                self.held[key] = float(value)


class _Samples:
    """Probe samples at a model: how they are captured, and their tensors."""

    def __init__(self, model, measures, probe, backend, null):
        self.probe = probe
        self._null = null
        self.capture = backend.Capture(
            model, probe.x, batch_size(model, probe.x)
        )
        self.share = backend.shared(model)
        self._measures = tuple(measures)
        self._backend = backend

    def evaluator(self, by_position):
        """The measures of taps, with these targets by position."""
        return evaluator(
            self._measures,
            self.probe.num_fit,
            given(self.probe),
            static_targets(self.probe, by_position),
            self._backend,
            self._null,
        )

    @cached_property
    def tensors(self):
        """X and the targets with a value a sample, on the device."""
        return tensors(self.probe, self._measures)


class _Group:
    """Taps that are captured together, on the same samples."""

    def __init__(self, taps, shapes, noise, samples):
        self.shapes = shapes
        self.num_samples = samples.probe.num_rows
        self.left_out = []
        self._taps = taps
        self._noise = noise
        self._samples = samples
        self._held = {}
        found = self._find_positions()
        self._positions = {
            tap: position_tensors(of_tap, (self.num_samples, *shapes[tap]))
            for tap, of_tap in found.items()
        }
        self._evaluator = samples.evaluator(
            {name: s for of_tap in found.values() for name, s in of_tap.items()}
        )
        positions = {name for of_tap in found.values() for name in of_tap}
        self.declared = self._evaluator.declared(sorted(positions))
        self.readings = [
            Reading(tap, *field)
            for tap in shapes
            for field in self._evaluator.fields(list(found.get(tap, ())))
        ]

    def _find_positions(self):
        """`{tap: {target: PositionSample}}` of targets that have positions."""
        found = {}
        for name, target in self._samples.probe.targets.items():
            if target.positions is None:
                continue
            for tap, shape in self.shapes.items():
                sample = target.at((self.num_samples, *shape))
                if sample is not None:
                    found.setdefault(tap, {})[name] = sample
                else:
                    self.left_out.append((tap, name, _apart(target, shape)))
        return found

    def __call__(self, failures, held, comparison):
        """Numbers of all taps; NaN and a failure noted where one fails."""
        self._held = _held_tensors(held)
        try:
            outputs = self._samples.capture(self._taps)
        except Exception as error:  # Whatever the model or a device raises.
            failures.extend((tap, error) for tap in self.shapes)
            return np.full(len(self.readings), np.nan, "float32")
        try:
            comparison.keep(outputs)
        except Exception as error:  # Of the numbers of taps none is lost.
            failures.append((comparison.readings[0].measure, error))
        try:
            return self._numbers(outputs)
        except Exception:
            # One of them: each on its own.
            return np.concatenate(
                [
                    self._tried({tap: outputs[tap]}, failures)
                    for tap in self.shapes
                ]
            )

    def _tried(self, outputs, failures):
        try:
            return self._numbers(outputs)
        except Exception as error:
            (tap,) = outputs
            failures.append((tap, error))
            count = sum(reading.tap == tap for reading in self.readings)
            return np.full(count, np.nan, "float32")

    def _numbers(self, outputs):
        if not self.readings:
            return np.zeros(0, "float32")
        data = self._samples.tensors | {
            "positions": self._positions,
            "held": self._held,
        }
        with float32_by_default():
            if self._samples.share is None:
                numbers = self._read(outputs, data, None)
            else:
                numbers = self._samples.share(self._read, outputs, data)
        return ops.convert_to_numpy(numbers)

    def _read(self, outputs, data, replicas):
        found = self._evaluator(outputs, data, self._noise, replicas)
        return ops.concatenate([found[tap] for tap in outputs])


def _held_tensors(held):
    """`{tap: {measure: {field: scalar}}}`."""
    found: dict = {}
    for (tap, measure, field), value in held.items():
        of_tap = found.setdefault(tap, {}).setdefault(measure, {})
        of_tap[field] = ops.convert_to_tensor(value, "float32")
    return found


def _shapes(capture, taps, num_samples):
    found = by_tap(capture.trial(taps, num_samples), taps)
    return {name: seen.shape[1:] for name, seen in found.items()}


def _plan(shapes, num_samples, limit):
    """Taps by groups, and the fraction of the samples for each group."""
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        tap = taps_module.tap_of(name)
        size = NUMBER_BYTES * num_samples * math.prod(shape)
        sizes[tap] = sizes.get(tap, 0) + size
    for names in groups(sizes, limit):
        yield names, min(1.0, limit / sum(sizes[name] for name in names))


def _apart(target, shape):
    return (
        f"The labels have the positions {target.positions} and the tap the "
        f"shape {shape}: neither divides the other."
    )


def layer_noise(layer: Any) -> Noise | None:
    """The Gaussian noise that a layer adds in training; None if it adds none.

    No other layer's: with `Dropout`, I(X;Z) is as infinite as without.
    """
    if isinstance(layer, keras.layers.GaussianNoise):
        return Noise("additive", layer.stddev)
    if isinstance(layer, keras.layers.GaussianDropout):
        return Noise("multiplicative", math.sqrt(layer.rate / (1 - layer.rate)))
    return None
