"""What a paper says, and what the seeds say of it."""

from collections.abc import Iterable, Sequence
import math
from typing import Literal, NamedTuple

from keras_ib.analysis.evidence import holm
from keras_ib.analysis.statistics import CONFIDENCE, Effect
from keras_ib.report.blocks import Report

Verdict = Literal["supported", "not supported", "undecided"]
CAPTION = """\
What was claimed, and what the seeds say. An interval is that of its effect
alone. Verdicts hold for all claims together (Holm): where an interval ends near
the limit, the claim is undecided.\
"""


class Statement(NamedTuple):
    """That an effect is above a limit, below it, or not to be told from it.

    Attributes:
        effect: What the seeds show.
        side: Where it is said to be: `"above"`, `"below"` or `"at"`.
        limit: In the unit of the effect.
    """

    effect: Effect
    side: Literal["above", "below", "at"]
    limit: float = 0.0

    def p_value(self) -> float:
        """How often chance alone is as far from the limit."""
        return self.effect.p_value(self.limit)

    def verdict(self, level: float = 1 - CONFIDENCE) -> Verdict:
        """The verdict, where a p-value up to `level` decides.

        At the default level, that of one claim alone, an effect is above or
        below a limit where its whole interval is. Where the limit is within,
        that it is `"at"` the limit is supported, all else undecided. One seed
        decides nothing.
        """
        if math.isnan(self.effect.low):
            return "undecided"
        if self.p_value() > level:
            return "supported" if self.side == "at" else "undecided"
        side = "above" if self.effect.mean > self.limit else "below"
        return "supported" if self.side == side else "not supported"


class Claim(NamedTuple):
    """One line of the table of claims.

    Attributes:
        claim: What is said, in our words.
        source: Who says it.
        statements: What it says of the numbers, all of which must hold.
        effect: The numbers behind the verdict, with their interval.
        seeds: How many seeds, and how many of them on the claimed side.
        ours: What the source does not state and we chose.
    """

    claim: str
    source: str
    statements: Sequence[Statement]
    effect: str
    seeds: str
    ours: str


def claims_table(report: Report, claims: Sequence[Claim]):
    """Adds the table of claims and verdicts to a report."""
    header = [
        *("Claim", "Source", "Verdict", "Effect [95 % interval]"),
        *("Seeds", "Our own choice"),
    ]
    rows = [
        (c.claim, c.source, verdict, c.effect, c.seeds, c.ours)
        for c, verdict in zip(claims, verdicts(claims), strict=True)
    ]
    report.table(header, rows, " ".join(CAPTION.split()))


def verdicts(claims: Sequence[Claim]) -> list[Verdict]:
    """The verdict on each claim of a report, which is one family.

    In at most 5 % of all reports chance decides any of the claims.
    """
    p_values = [s.p_value() for claim in claims for s in claim.statements]
    levels = iter(holm(p_values, 1 - CONFIDENCE))
    return [
        all_of([s.verdict(next(levels)) for s in claim.statements])
        for claim in claims
    ]


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
