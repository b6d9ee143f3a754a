"""All measures of all taps, as one function of tensors."""

from collections.abc import Callable
from functools import cache, partial
import math
from typing import NamedTuple

import keras
from keras import ops

from keras_ib import taps as taps_module
from keras_ib.measures import (
    Noise,
    Sample,
    Variable,
    evaluate,
    evaluate_trained,
    finalize,
    partial_trained,
)
from keras_ib.measures import partial as partial_sums


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
        self._learned = [m for m in measures if m.trains]
        self._others = [m for m in measures if not m.trains]
        self._sample = partial(
            sample_of,
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
                m.name: {
                    field: values[m.name][field]
                    for field in m.fields
                    if field in values[m.name]
                }
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
            learned = evaluate_trained(
                self._learned, self._samples(outputs, data)
            )
            found = _joined(found, [numbers for (numbers,) in learned])
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
        return [[self._sample(z, **data)] for z in outputs.values()]

    def _whole(self, noise, z, data):
        sample = self._sample(z, **data, noise=noise)
        return evaluate(self._others, [sample])[0]

    def _part(self, noise, count, z, data, index, is_mine):
        sample = self._sample(z, **data, noise=noise)
        return partial_sums(self._others, [sample], index, count, is_mine)[0]

    def _learned_part(self, outputs, data, is_mine):
        samples = self._samples(outputs, data)
        found = partial_trained(self._learned, samples, is_mine)
        return [numbers for (numbers,) in found]

    def _from_parts(self, noise, z, data, parts):
        sample = self._sample(z, **data, noise=noise)
        return finalize(self._measures, [sample], [parts])[0]


def sample_of(z, *, num_classes=None, y=None, **arguments) -> Sample:
    """A `Sample` of classes, or without Y."""
    if y is None:
        return Sample(z, **arguments)
    variable = Variable("classes", num_classes)
    return Sample(z, y=y, y_class=y, variable=variable, **arguments)


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
