"""Many measures at once, on one device or divided over several.

What the measures have in common is made once, also for several targets of one
representation. On several replicas each computes a partial sum: the pairs of
its share of the samples, and whole measures of the taps that it owns. Partial
sums add up exactly, and a few scalars are all that the replicas exchange.
"""

from collections.abc import Sequence

from keras_ib.measures.base import Measure
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.trained.base import trained_partials

# `{measure: {field: scalar}}`.
Numbers = dict[str, dict]


def evaluate(
    measures: Sequence[Measure], samples: Sequence[Sample]
) -> list[Numbers]:
    """Applies measures to the samples of one representation.

    The numbers are those of `measure(sample)`; measures that look at all
    pairs of samples share one matrix of distances.

    Args:
        measures: Sequence of `Measure` of different names.
        samples: The `Sample` of each target: one, and those that it makes
            `with_target`. Without Y one without.

    Returns:
        `{measure: {field: scalar}}` for each sample, in the order of the
        measures, with the fields that the data allow.
    """
    return finalize(measures, samples, partial(measures, samples))


def partial(
    measures: Sequence[Measure],
    samples: Sequence[Sample],
    index: Tensor = 0,
    count: int = 1,
    is_owner: Tensor = None,
) -> list[Numbers]:
    """What one of several replicas contributes to `evaluate`.

    Args:
        measures: Sequence of `Measure` of different names.
        samples: As for `evaluate`, of all rows on every replica.
        index: Which replica, from 0; may be a tensor.
        count: Number of replicas.
        is_owner: Boolean tensor, true on the one replica that computes what
            cannot be divided by rows; None if there is but one.

    Returns:
        `{measure: {name: scalar}}` for each sample, to be summed over the
        replicas.
    """
    groups: dict = {}
    for measure in measures:
        groups.setdefault(measure.together(), []).append(measure)
    sums: list[Numbers] = [{} for _ in samples]
    for together, group in groups.items():
        found = together(group, samples, index, count, is_owner)
        for numbers, more in zip(sums, found, strict=True):
            numbers |= more
    return sums


def finalize(
    measures: Sequence[Measure], samples: Sequence[Sample], sums: list[Numbers]
) -> list[Numbers]:
    """The fields of the measures, from the sums over all replicas."""
    return [
        {m.name: _finalized(m, numbers.get(m.name), sample) for m in measures}
        for sample, numbers in zip(samples, sums, strict=True)
    ]


def evaluate_trained(
    measures: Sequence[Measure], samples_of_taps: Sequence[Sequence[Sample]]
) -> list[list[Numbers]]:
    """Applies measures that train networks to all taps together.

    The numbers are those of `measure(sample)`.

    Args:
        measures: Sequence of measures whose `trains` is true.
        samples_of_taps: For each tap what `evaluate` takes for `samples`,
            of the same rows and targets everywhere.

    Returns:
        As `evaluate`, for each tap.
    """
    sums = partial_trained(measures, samples_of_taps)
    return [
        finalize(measures, samples, numbers)
        for samples, numbers in zip(samples_of_taps, sums, strict=True)
    ]


def partial_trained(
    measures: Sequence[Measure],
    samples_of_taps: Sequence[Sequence[Sample]],
    is_owner: Tensor = None,
) -> list[list[Numbers]]:
    """As `partial`, of measures that train networks, for all taps at once."""
    flat = trained_partials(measures, samples_of_taps, is_owner)
    numbers = iter(flat)
    return [[next(numbers) for _ in samples] for samples in samples_of_taps]


def _finalized(measure, sums, sample):
    if not measure.fields_of(sample):
        return {}
    return measure.mask_nonfinite(measure.finalize(sums, sample), sample)
