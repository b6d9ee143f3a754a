"""Taps compared with each other, whatever groups they are captured in."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

from keras import ops
import numpy as np

from keras_ib.measures import Measure, Sample
from keras_ib.runtime.backend import load
from keras_ib.runtime.evaluator import Reading

# Of more, the log would be pairs, and memory what is kept of them.
MAX_TAPS = 64


class Comparison:
    """Measures of two taps.

    Of each tap that is captured it keeps what is compared, and no activations.

    Args:
        measures: Sequence of `Measure` whose `num_taps` is 2.
        num_samples: `{tap: samples}` that each is looked at on.
        share: As of `Backend.shared`.

    Attributes:
        readings: A `Reading` for each field and unordered pair of taps.
        declared: `{(measure, field): Field}` of what is measured.
        left_out: `(what, reason)` of what is not.
    """

    def __init__(
        self,
        measures: Sequence[Measure],
        num_samples: Mapping[str, int],
        share: Callable | None,
    ):
        most = max(num_samples.values(), default=0)
        alike = [tap for tap, num in num_samples.items() if num == most]
        is_possible = 2 <= len(alike) <= MAX_TAPS
        self._taps = alike if is_possible else []
        self._measures = list(measures) if is_possible else []
        self._share = share
        self._shared = {m: _of_all(m) for m in measures}
        self._kept: dict[tuple[str, str], Any] = {}
        self.left_out = [
            (measure.name, reason)
            for measure in measures
            for reason in _reasons(num_samples, alike)
        ]
        self.readings = [
            Reading(tap, None, measure.name, field, other)
            for measure in self._measures
            for field in measure.fields
            for tap, other in combinations(self._taps, 2)
        ]
        self.declared = {
            (measure.name, name): field
            for measure in self._measures
            for name, field in measure.fields.items()
        }

    def keep(self, outputs: Mapping[str, Any]) -> None:
        """Keeps what is compared of these taps.

        Args:
            outputs: `{tap: [n, ...]}`, as captured.
        """
        outputs = {tap: z for tap, z in outputs.items() if tap in self._taps}
        for measure in self._measures if outputs else ():
            if self._share is None:
                found = [
                    _compiled(measure, tuple(z.shape), str(z.dtype))(z)
                    for z in outputs.values()
                ]
            else:
                found = self._share(self._shared[measure], outputs, {})
            for place, tap in enumerate(outputs):
                self._kept[measure.name, tap] = found[place]

    def numbers(self) -> np.ndarray:
        """`[len(readings)]` float32; NaN of taps that nothing was kept of."""
        kept, self._kept = self._kept, {}
        found = [self._numbers(measure, kept) for measure in self._measures]
        return np.concatenate([np.zeros(0, "float32"), *found])

    def _numbers(self, measure, kept):
        count = len(self._taps)
        matrix = np.full((count, count), np.nan, "float32")
        at = [i for i, t in enumerate(self._taps) if (measure.name, t) in kept]
        if at:
            products = [kept[measure.name, self._taps[i]] for i in at]
            cosines = measure.cosines(products)
            matrix[np.ix_(at, at)] = ops.convert_to_numpy(cosines)
        # In the order of `combinations`.
        return matrix[np.triu_indices(count, 1)]


@lru_cache(maxsize=256)
def _compiled(measure, shape, dtype):
    """One program a shape, as for the measures of one tap."""
    return load().compiled(lambda z: _products(measure, z))


def _of_all(measure):
    """On a replica, the products `[t, k]` of t taps."""
    return lambda outputs, data, replicas: ops.stack(
        [_products(measure, z) for z in outputs.values()]
    )


def _products(measure, z):
    return measure.products(Sample(z, num_fit=z.shape[0]))


def _reasons(num_samples, alike):
    """Why taps are not compared."""
    if len(alike) > MAX_TAPS:
        yield (
            f"It compares at most {MAX_TAPS} taps, and there are {len(alike)}. "
            "Choose some with taps=."
        )
    elif len(alike) < 2:
        yield "It compares taps on the same samples, and there are no two."
    elif few := [tap for tap in num_samples if tap not in alike]:
        yield (
            f"Not of {', '.join(few)}: looked at on fewer samples than the "
            "other taps. Give memory_limit= in bytes for more."
        )
