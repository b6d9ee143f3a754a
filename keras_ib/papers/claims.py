"""What a paper says, and what the seeds say of it."""

from typing import Literal, NamedTuple

from keras_ib.analysis.statistics import Effect

Verdict = Literal["supported", "not supported", "undecided"]


class Claim(NamedTuple):
    """One line of the table of claims.

    Attributes:
        claim: What is said, in our words.
        source: Who says it.
        verdict: What the seeds say of it.
        effect: The numbers behind the verdict, with their interval.
        seeds: How many seeds, and how many of them on the claimed side.
        ours: What the source does not state and we chose.
    """

    claim: str
    source: str
    verdict: Verdict
    effect: str
    seeds: str
    ours: str


def verdict_above(effect: Effect, limit: float = 0.0) -> Verdict:
    """The verdict on a claim that an effect is above a limit.

    Supported where the whole interval is above, not supported where the whole
    interval is below, undecided where the limit is within it.
    """
    if effect.low > limit:
        return "supported"
    return "not supported" if effect.high < limit else "undecided"


def verdict_below(effect: Effect, limit: float = 0.0) -> Verdict:
    """The verdict on a claim that an effect is below a limit."""
    if effect.high < limit:
        return "supported"
    return "not supported" if effect.low > limit else "undecided"


def all_of(verdicts) -> Verdict:
    """The verdict on a claim of several parts, every one of which must hold."""
    if "not supported" in verdicts:
        return "not supported"
    return "undecided" if "undecided" in verdicts else "supported"


def shown(effect: Effect, unit: str = "") -> str:
    """An effect as text: `0.310 [0.270, 0.350] nats`."""
    return f"{effect} {unit}".rstrip()


def counted(effect: Effect) -> str:
    """The seeds of an effect as text: `49 of 50 above 0`."""
    return f"{effect.num_positive} of {effect.num} above 0"
