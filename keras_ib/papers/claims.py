"""What a paper says, and what the seeds say of it."""

from collections.abc import Iterable, Sequence
import math
from typing import Literal, NamedTuple

from keras_ib.analysis.evidence import adjusted
from keras_ib.analysis.statistics import CONFIDENCE, Effect
from keras_ib.reports.blocks import Report
from keras_ib.reports.html import Mark

Verdict = Literal["supported", "not supported", "undecided"]
LEVEL = 1 - CONFIDENCE
CAPTION = """\
What was claimed, and what the seeds say. An interval is that of its effect
alone. The p-values are those of Student's t against the limit, corrected for
all claims of this report together (Holm): up to {level:.2f} one decides, so
that chance decides any of them in at most {percent:.0f} % of reports. The
verdict leads to the figure that shows it.\
"""


class Statement(NamedTuple):
    """That an effect is above a limit, or below it.

    Attributes:
        effect: What the seeds show.
        side: Where it is said to be: `"above"` or `"below"`.
        limit: In the unit of the effect.
        what: Of what it is the effect, such as `"fitting"`.
        unit: Its unit; none for shares.
    """

    effect: Effect
    side: Literal["above", "below"]
    limit: float = 0.0
    what: str = ""
    unit: str = ""

    def __str__(self):
        return " ".join(
            filter(None, [self.what, shown(self.effect, self.unit)])
        )

    def p_value(self) -> float:
        """How often chance alone is as far from the limit."""
        return self.effect.p_value(self.limit)

    def verdict(self, p_value: float | None = None) -> Verdict:
        """The verdict, of this statement alone or of one of a family.

        An effect is above or below a limit where its whole interval is; all
        else is undecided. One seed decides nothing.

        Args:
            p_value: Corrected for the family; its own where left out.
        """
        p_value = self.p_value() if p_value is None else p_value
        if math.isnan(self.effect.low) or p_value > LEVEL:
            return "undecided"
        side = "above" if self.effect.mean > self.limit else "below"
        return "supported" if self.side == side else "not supported"


class Claim(NamedTuple):
    """One line of the table of claims.

    Attributes:
        claim: What is said, in our words.
        source: Who says it.
        statements: What it says of the numbers, all of which must hold.
        figure: Name of the one figure of the report that shows it.
        seeds: How many seeds, and how many of them on the claimed side.
        ours: What the source does not state and we chose.
    """

    claim: str
    source: str
    statements: Sequence[Statement]
    figure: str
    seeds: str
    ours: str

    def at(self, factor: float) -> "Claim":
        """The same claim with other limits."""
        return self._replace(
            statements=[
                s._replace(limit=s.limit * factor) for s in self.statements
            ]
        )


def within(effect: Effect, limit: float, what: str = "") -> list[Statement]:
    """That an effect is nearer to 0 than a limit, on either side.

    Not to be told from 0 would not be enough: few seeds tell nothing.
    """
    return [
        Statement(effect, "above", -limit, what),
        Statement(effect, "below", limit, what),
    ]


def claims_table(
    report: Report,
    claims: Sequence[Claim],
    title: str = "",
    some: slice = slice(None),
):
    """Adds a table of claims and verdicts to a report.

    Args:
        report: `Report`.
        claims: All claims of the report: one family.
        title: What the caption begins with.
        some: Which of them stand in this table.
    """
    header = ["No.", "Claim", "Source", "Verdict", "Effect [95 % interval]"]
    header += ["Claimed to be", "Corrected p", "Seeds", "Our own choice"]
    rows = [
        (
            *(f"{number}", c.claim, c.source, Mark(verdict, c.figure)),
            _joined(map(str, c.statements)),
            _joined(f"{s.side} {s.limit:.3g}" for s in c.statements),
            _joined(map(_p_text, p_values)),
            *(c.seeds, c.ours),
        )
        for number, (c, verdict, p_values) in enumerate(
            zip(claims, verdicts(claims), corrected(claims), strict=True), 1
        )
    ]
    caption = " ".join(CAPTION.format(level=LEVEL, percent=100 * LEVEL).split())
    report.table(header, rows[some], f"{title} {caption}".strip())


def corrected(claims: Sequence[Claim]) -> list[list[float]]:
    """The p-value of every statement, corrected for all claims together."""
    found = iter(adjusted([s.p_value() for c in claims for s in c.statements]))
    return [[next(found) for _ in claim.statements] for claim in claims]


def verdicts(claims: Sequence[Claim]) -> list[Verdict]:
    """The verdict on each claim of a report, which is one family.

    In at most 5 % of all reports chance decides any of the claims.
    """
    return [
        all_of(map(Statement.verdict, claim.statements, p_values))
        for claim, p_values in zip(claims, corrected(claims), strict=True)
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


def _joined(texts):
    """Texts of several statements, each once."""
    return ", ".join(dict.fromkeys(texts))


def _p_text(p_value):
    return "<0.001" if p_value < 0.0005 else f"{p_value:.3f}"
