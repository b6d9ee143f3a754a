"""What Lyu and Rodrigues (2024) claim, its rivals, and the numbers behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_ib.analysis import phases
from keras_ib.analysis.statistics import mean_effect
from keras_ib.papers.claims import (
    Claim,
    Statement,
    counted,
    shown,
)

if TYPE_CHECKING:
    from keras_ib.papers.lyu2024.experiment import Lyu2024

# A phase whose height is below this share of the value at step 0 is none.
# Chosen before any run.
SHARE = 0.1
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


def claims(reproduction: Lyu2024) -> list[Claim]:
    """One line for each claim and family."""
    return [
        claim
        for family in reproduction.families
        for claim in (
            *_of_paper(reproduction, family),
            *_of_rivals(reproduction, family),
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
    kind, field = DECODERS[decoder]
    logs = reproduction.logs(family, condition, kind)
    steps, values = phases.mean_series(logs, taps, field)
    shares = values / values[:, :, :1].mean(axis=1, keepdims=True)
    found = phases.magnitudes(steps, shares, lower_is_better=True)
    return found.fitting.mean(axis=1), found.compression.mean(axis=1)


def _of_paper(reproduction, family):
    """What the paper claims, by the closed form."""
    found = {
        c: [mean_effect(h) for h in magnitudes(reproduction, family, c)]
        for c in MAIN
    }
    fitting, compression = found["identity"]
    source, ours = "Lyu and Rodrigues 2024", "closed form, limit"
    yield Claim(
        f"{family}: with identity shortcuts there is no fitting phase",
        source,
        [Statement(fitting, "below", SHARE)],
        f"fitting {shown(fitting)}",
        counted(fitting),
        ours,
    )
    yield _two_phases(
        f"{family}: with projections there is fitting, then compression",
        source,
        found["projection"],
        f"{ours}, projection on every shortcut",
    )
    yield _two_phases(
        f"{family}: without any shortcut there is fitting, then compression",
        "the other reading of non-identity",
        found["none"],
        ours,
    )
    yield Claim(
        f"{family}: models with identity shortcuts still compress",
        source,
        [Statement(compression, "above", SHARE)],
        f"compression {shown(compression)}",
        counted(compression),
        ours,
    )


def _two_phases(claim, source, effects, ours):
    fitting, compression = effects
    return Claim(
        claim,
        source,
        [Statement(effect, "above", SHARE) for effect in effects],
        f"fitting {shown(fitting)}, compression {shown(compression)}",
        counted(fitting),
        ours,
    )


def _of_rivals(reproduction, family):
    """What else could make projections look as if they fitted more."""

    def fitting(condition, decoder=CLOSED):
        return magnitudes(reproduction, family, condition, decoder)[0]

    projection = fitting("projection")
    there = projection - fitting("identity")
    seen = fitting("projection", EARLIEST) - fitting("identity", EARLIEST)
    rival = "rival explanation (ours)"
    for claim, source, difference, what, ours in (
        (
            "projections fit more than identities, also by the closed form",
            "follows from the claims",
            there,
            "difference",
            "closed form",
        ),
        (
            "a decoder stopped after 10 steps sees a larger difference than "
            "the closed form",
            rival,
            seen - there,
            "difference of differences",
            "the control",
        ),
        (
            "projections that start as the identity fit less",
            rival,
            projection - fitting("started as identity"),
            "difference",
            "the control",
        ),
    ):
        effect = mean_effect(difference)
        yield Claim(
            f"{family}: {claim}",
            source,
            [Statement(effect, "above")],
            f"{what} {shown(effect)}",
            counted(effect),
            ours,
        )
