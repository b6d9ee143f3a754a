"""What Lyu and Rodrigues (2024) claim, its rivals, and the numbers behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.analysis import phases
from keras_ib.analysis.statistics import Effect, mean_effect
from keras_ib.analysis.turning import Phase
from keras_ib.papers.claims import Claim, Statement, counted

if TYPE_CHECKING:
    from keras_ib.papers.lyu2024.experiment import Lyu2024

# A phase whose height is below this share of the value at step 0 is none.
# Chosen before any run.
SHARE = 0.1
PHASES: tuple[Phase, ...] = ("fitting", "compression")
MAIN = ("identity", "projection", "none")
CONTROLS = ("orthogonal", "started as identity")
BLOCKS = ("block_01", "block_02", "block_03")
LAST_BLOCK = ("block_03",)
CLOSED = "closed form"
EARLIEST = "descent, 10 steps"
# Decoders of X: which log of a part, and which field.
DECODERS = {
    EARLIEST: ("plane", "zx_descent/fvu_at_10"),
    "descent, 100 steps": ("plane", "zx_descent/fvu_at_100"),
    "descent, 1,000 steps": ("plane", "zx_descent/fvu_at_1000"),
    CLOSED: ("plane", "zx/fvu"),
    "closed form, whitened Z": ("plane", "zx_whitened/fvu"),
    "network, 20 steps": ("network", "zx_network/fvu_at_20"),
    "network, 100 steps": ("network", "zx_network/fvu_at_100"),
    "network, 400 steps": ("network", "zx_network/fvu"),
}
# What of a model a claim is about: all blocks, or the one where most happens.
WHERE = {"mean of the blocks": BLOCKS, "last block": LAST_BLOCK}
# Names of figures.
IN_BLOCKS, IN_DECODERS, IN_CONTROLS = "blocks", "decoders", "controls"


def claims(reproduction: Lyu2024) -> list[Claim]:
    """One line for each claim and family, as all blocks and the last have it.

    Those of all blocks, which were chosen before any run, come first.
    """
    return [
        claim
        for taps in WHERE.values()
        for family in reproduction.families
        for claim in (
            *_of_paper(reproduction, family, taps),
            *_of_rivals(reproduction, family, taps),
        )
    ]


def magnitudes(
    reproduction: Lyu2024,
    family: str,
    condition: str,
    decoder: str = CLOSED,
    taps: Sequence[str] = BLOCKS,
) -> tuple[np.ndarray, np.ndarray]:
    """Fitting and compression of Z-X of every seed, `[seeds]` each.

    As shares of its value at step 0, the mean over taps.
    """
    curve = _shares(reproduction, family, condition, decoder, taps)
    found = phases.magnitudes(*curve, lower_is_better=True)
    return found.fitting.mean(axis=1), found.compression.mean(axis=1)


def effects(
    reproduction: Lyu2024,
    family: str,
    condition: str,
    decoder: str = CLOSED,
    taps: Sequence[str] = BLOCKS,
) -> dict[Phase, Effect]:
    """Fitting and compression of Z-X, with intervals no surer than noise.

    Arguments as `magnitudes`.
    """
    curve = _shares(reproduction, family, condition, decoder, taps)
    found = phases.of_curves(*curve, lower_is_better=True)
    return {phase: found.with_noise(phase) for phase in PHASES}


def _shares(reproduction, family, condition, decoder, taps):
    """Steps, and shares `[seeds, draws, m]` of the value at step 0."""
    kind, field = DECODERS[decoder]
    logs = reproduction.logs(family, condition, kind)
    steps, values = phases.mean_series(logs, taps, field)
    return steps, values / values[:, :, :1].mean(axis=1, keepdims=True)


def _named(family, taps):
    return f"{family}, last block" if taps == LAST_BLOCK else family


def _of_paper(reproduction, family, taps):
    """What the paper claims, by the closed form."""
    found = {
        condition: effects(reproduction, family, condition, taps=taps)
        for condition in MAIN
    }
    paper, ours = "Lyu and Rodrigues 2024", "closed form, limit, taps"
    for claim, source, condition, sides, choice in (
        (
            "with identity shortcuts there is no fitting phase",
            *(paper, "identity", {"fitting": "below"}, ours),
        ),
        (
            "with projections there is fitting, then compression",
            *(paper, "projection", dict.fromkeys(PHASES, "above")),
            f"{ours}, projection on every shortcut",
        ),
        (
            "without any shortcut there is fitting, then compression",
            *("the other reading of non-identity", "none"),
            *(dict.fromkeys(PHASES, "above"), ours),
        ),
        (
            "models with identity shortcuts still compress",
            *(paper, "identity", {"compression": "above"}, ours),
        ),
    ):
        statements = [
            Statement(found[condition][phase], side, SHARE, phase)
            for phase, side in sides.items()
        ]
        yield Claim(
            f"{_named(family, taps)}: {claim}",
            source,
            statements,
            IN_BLOCKS,
            counted(statements[0].effect),
            choice,
        )


def _of_rivals(reproduction, family, taps):
    """What else could make projections look as if they fitted more."""

    def fitting(condition, decoder=CLOSED):
        return magnitudes(reproduction, family, condition, decoder, taps)[0]

    projection = fitting("projection")
    there = projection - fitting("identity")
    seen = fitting("projection", EARLIEST) - fitting("identity", EARLIEST)
    rival = "rival explanation (ours)"
    for claim, source, difference, what, figure, ours in (
        (
            "projections fit more than identities, also by the closed form",
            *("follows from the claims", there, "difference"),
            *(IN_DECODERS, "closed form"),
        ),
        (
            "a decoder stopped after 10 steps sees a larger difference than "
            "the closed form",
            *(rival, seen - there, "difference of differences"),
            *(IN_DECODERS, "the control"),
        ),
        (
            "projections that start as the identity fit less",
            *(rival, projection - fitting("started as identity")),
            *("difference", IN_CONTROLS, "the control"),
        ),
    ):
        effect = mean_effect(difference)
        yield Claim(
            f"{_named(family, taps)}: {claim}",
            source,
            [Statement(effect, "above", 0.0, what)],
            figure,
            counted(effect),
            ours,
        )
