"""Many measures at once, on one device or shared out over several.

What the measures have in common is made once. On several replicas each says
its part of the numbers: the pairs of its share of the rows, and whole
measures of the taps that are its own. The sum of the parts is exact, and a
few scalars are all that the replicas exchange.
"""

from keras import ops

from keras_ib.measures.pairwise.blocks import Pairwise, pair_sums
from keras_ib.measures.trained.base import Trained, learn


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
    return from_parts(measures, sample, part(measures, sample))


def evaluate_learned(measures, samples) -> list[dict]:
    """Applies measures that train networks to the samples of all taps.

    The numbers are those of `measure(sample)`; the networks train together.

    Args:
        measures: Sequence of measures of which `is_learned` is true.
        samples: Sequence of `Sample` of the same rows.

    Returns:
        `{measure: {field: scalar}}` for each sample.
    """
    return [
        from_parts(measures, sample, found)
        for sample, found in zip(
            samples, learned_part(measures, samples), strict=True
        )
    ]


def part(measures, sample, index=0, count=1, is_mine=None) -> dict:
    """What one of several replicas contributes to the measures of a sample.

    Args:
        measures: Sequence of `Measure` of different names.
        sample: A `Sample`, of all rows on every replica.
        index: Which replica, from 0; may be a tensor.
        count: Number of replicas.
        is_mine: Boolean tensor, true on the one replica that computes what
            cannot be shared out by rows; None if there is but one.

    Returns:
        `{measure: {name: scalar}}`, to be summed over the replicas.
    """
    pairwise = [measure for measure in measures if _looks_at_pairs(measure)]
    sums = pair_sums(pairwise, sample, index, count) if pairwise else []
    found = {m.name: s for m, s in zip(pairwise, sums, strict=True)}
    whole = [measure for measure in measures if measure.name not in found]
    return found | _on_one(
        is_mine,
        lambda: {m.name: _fields(m, m.compute(sample)) for m in whole},
        {m.name: _fields(m) for m in whole},
    )


def learned_part(measures, samples, is_mine=None) -> list[dict]:
    """As `part`, of measures that train networks, for all taps at once."""
    zeros = {m.name: _fields(m) for m in measures}
    return _on_one(
        is_mine,
        lambda: [
            {m.name: _fields(m, found[m.name]) for m in measures}
            for found in learn(measures, samples)
        ],
        [zeros] * len(samples),
    )


def from_parts(measures, sample, parts) -> dict:
    """The fields of the measures, from the summed parts of all replicas."""
    return {
        m.name: m.mask_nonfinite(
            m.finalize(parts[m.name], sample)
            if _looks_at_pairs(m)
            else parts[m.name],
            sample,
        )
        for m in measures
    }


def is_learned(measure) -> bool:
    """Whether a measure trains networks."""
    return isinstance(measure, Trained) and measure.trains


def _looks_at_pairs(measure):
    return isinstance(measure, Pairwise) and measure.looks_at_pairs


def _on_one(is_mine, compute, zeros):
    """`compute()` on the replica that it belongs to, and zeros elsewhere."""
    if is_mine is None or not zeros:
        return compute()
    return ops.cond(is_mine, compute, lambda: zeros)


def _fields(measure, values=None):
    """Its fields, or zeros, as float32 in their order: branches agree."""
    return {
        field: ops.cast(0.0 if values is None else values[field], "float32")
        for field in measure.fields
    }
