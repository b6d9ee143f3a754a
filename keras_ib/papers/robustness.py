"""What a verdict rests on: its limit, and the number of seeds."""

from collections.abc import Sequence
from itertools import groupby
import math

import numpy as np

from keras_ib.analysis.power import MOST, seeds_to_resolve, seeds_to_tell
from keras_ib.papers import figures
from keras_ib.papers.claims import (
    LEVEL,
    Claim,
    Verdict,
    corrected,
    verdicts,
)
from keras_ib.reports.blocks import Report

# Limits from a tenth to ten times ours, a twentieth apart.
FACTORS = tuple(np.geomspace(0.1, 10, 97).tolist())
FIGURE = "thresholds"
TURNS = """
At which limits each claim has which verdict, if all limits of this report are
larger or smaller by one factor, from a tenth to ten times, in steps of 5 %;
corrected for all claims at each of them. Claims without a limit are compared
with 0.
"""
NEEDED = """
What is undecided, and what it would take. Seeds for the width: so many, that
half the interval is narrower than the limit. Seeds to decide: so many decide
with a probability of 80 %, if effect and spread over seeds are as seen. Both
at {level:.2g}, the level that is left for each part that is not decided.
"""


def add(report: Report, claims: Sequence[Claim], limit: str):
    """Adds what the verdicts of a report rest on.

    Args:
        report: `Report`.
        claims: All claims of the report.
        limit: What the limits are, in words.
    """
    report.heading("What the verdicts rest on")
    with_limit = over_limits(claims)
    report.figure(
        figures.thresholds(with_limit, FACTORS, limit),
        FIGURE,
        "Verdicts over the limit. The line is the limit that we chose.",
    )
    report.table(
        [
            "No.",
            "Claim",
            "Our limit",
            "Supported",
            "Undecided",
            "Not supported",
        ],
        [_turns(*line) for line in with_limit],
        " ".join(TURNS.split()),
    )
    if rows := needed(claims):
        level = level_left(corrected(claims))
        header = ["No.", "Claim", "Effect [95 % interval]", "Claimed to be"]
        header += ["Spread over seeds", "Seeds", "For the width", "To decide"]
        report.table(
            header,
            rows,
            " ".join(NEEDED.format(level=level).split()),
        )


def over_limits(
    claims: Sequence[Claim],
) -> list[tuple[int, Claim, list[Verdict]]]:
    """Number, claim, and verdict at each of `FACTORS` times its limits.

    Of claims that have a limit; the others are in the family.
    """
    found = [verdicts([c.at(factor) for c in claims]) for factor in FACTORS]
    return [
        (number, claim, list(of_one))
        for number, (claim, of_one) in enumerate(
            zip(claims, zip(*found, strict=True), strict=True), 1
        )
        if any(s.limit for s in claim.statements)
    ]


def needed(claims: Sequence[Claim]) -> list[list]:
    """A row for every open part of the undecided claims, and its seeds."""
    p_values = corrected(claims)
    level = level_left(p_values)
    return [
        [
            *(f"{number}", claim.claim, str(part)),
            f"{part.side} {part.limit:.3g}",
            *_seeds(part, level),
        ]
        for number, (claim, verdict, of_parts) in enumerate(
            zip(claims, verdicts(claims), p_values, strict=True), 1
        )
        for part, p_value in zip(claim.statements, of_parts, strict=True)
        if verdict == part.verdict(p_value) == "undecided"
    ]


def level_left(p_values: Sequence[Sequence[float]]) -> float:
    """The level of each part of a family that is not decided (Holm)."""
    return LEVEL / max(1, sum(p > LEVEL for of_one in p_values for p in of_one))


def _seeds(part, level):
    """Spread and number of seeds, and how many each purpose would take."""
    effect, limit = part.effect, part.limit
    spread = effect.error() * effect.num**0.5
    if math.isnan(spread):
        return ["not known from one seed", f"{effect.num}", "", ""]
    width = abs(effect.on_scale(limit))
    return [
        *(f"{spread:.3f}", f"{effect.num}"),
        _count(seeds_to_resolve(effect, width, level)) if limit else "",
        _count(seeds_to_tell(effect, limit, level)),
    ]


def _turns(number, claim, found):
    limit = max(abs(s.limit) for s in claim.statements)
    unit = claim.statements[0].unit
    ranges: dict[str, list[str]] = {}
    place = 0
    for verdict, members in groupby(found):
        stop = place + len(list(members))
        ends = limit * FACTORS[place], limit * FACTORS[stop - 1]
        ranges.setdefault(verdict, []).append(_range(place, stop, *ends))
        place = stop
    cells = [
        "; ".join(ranges.get(verdict, []))
        for verdict in ("supported", "undecided", "not supported")
    ]
    return [f"{number}", claim.claim, f"{limit:.3g} {unit}".rstrip(), *cells]


def _range(start, stop, low, high):
    if start == 0 and stop == len(FACTORS):
        return "everywhere"
    if start == 0:
        return f"up to {high:.2g}"
    return f"from {low:.2g}" + (
        "" if stop == len(FACTORS) else f" to {high:.2g}"
    )


def _count(seeds):
    return f"more than {MOST:,}" if seeds is None else f"{seeds:,}"
