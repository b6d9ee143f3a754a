"""What a paper says, and what the seeds say of it."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from keras_ib.analysis.statistics import Effect
from keras_ib.report.blocks import Report

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


def claims_table(report: Report, claims: Iterable[Claim]):
    """Adds the table of claims and verdicts to a report."""
    header = [
        *("Claim", "Source", "Verdict", "Effect [95 % interval]"),
        *("Seeds", "Our own choice"),
    ]
    report.table(header, claims, "What was claimed, and what the seeds say.")


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


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim of several parts, every one of which must hold."""
    found = set(verdicts)
    if "not supported" in found:
        return "not supported"
    return "undecided" if "undecided" in found else "supported"


def shown(effect: Effect, unit: str = "") -> str:
    """An effect as text: `0.310 [0.270, 0.350] nats`."""
    return f"{effect} {unit}".rstrip()


def counted(effect: Effect) -> str:
    """The seeds of an effect as text: `49 of 50 above 0`."""
    return f"{effect.num_positive} of {effect.num} above 0"
