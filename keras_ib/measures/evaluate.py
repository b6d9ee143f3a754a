"""All measures of one sample, with one pass over the pairs of its rows."""

from keras import ops

from keras_ib.measures.pairwise import Pairwise, pair_sums


def evaluate(measures, sample) -> dict:
    """Applies measures to a sample.

    The numbers are those of `measure(sample)`; measures that look at all
    pairs of rows share one matrix of distances.

    Args:
        measures: Sequence of `Measure` of different names.
        sample: A `Sample`.

    Returns:
        `{measure: {field: scalar}}`, in the order of the measures.
    """
    pairwise = [measure for measure in measures if _looks_at_pairs(measure)]
    sums = pair_sums(pairwise, sample) if pairwise else []
    sums = {m.name: s for m, s in zip(pairwise, sums, strict=True)}
    return {
        measure.name: _finish(measure, sums[measure.name], sample)
        if measure.name in sums
        else measure(sample)
        for measure in measures
    }


def _looks_at_pairs(measure):
    return isinstance(measure, Pairwise) and measure.looks_at_pairs


def _finish(measure, sums, sample):
    """The fields, as `Measure.__call__` gives them."""
    values = measure.from_sums(sums, sample)
    return {
        field: ops.where(sample.is_finite, values[field], float("nan"))
        for field in measure.fields
    }
