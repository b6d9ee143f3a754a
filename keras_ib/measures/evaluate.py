"""Many measures at once: what they share is made once."""

from keras_ib.measures.learned import Learned, learn
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
        measure.name: measure.guarded(
            measure.from_sums(sums[measure.name], sample), sample
        )
        if measure.name in sums
        else measure(sample)
        for measure in measures
    }


def evaluate_learned(measures, samples) -> list[dict]:
    """Applies measures that train networks to the samples of all taps.

    The numbers are those of `measure(sample)`; the networks train together.

    Args:
        measures: Sequence of measures of which `is_learned` is true.
        samples: Sequence of `Sample` of the same rows.

    Returns:
        `{measure: {field: scalar}}` for each sample.
    """
    found = learn(measures, samples)
    return [
        {m.name: m.guarded(values[m.name], sample) for m in measures}
        for values, sample in zip(found, samples, strict=True)
    ]


def is_learned(measure) -> bool:
    """Whether a measure trains networks."""
    return isinstance(measure, Learned) and measure.trains


def _looks_at_pairs(measure):
    return isinstance(measure, Pairwise) and measure.looks_at_pairs
