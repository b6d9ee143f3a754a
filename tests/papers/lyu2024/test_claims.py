"""Claims on made-up curves: a mean over blocks does not hide the last one."""

import numpy as np
import pytest

from keras_ib.papers.claims import verdicts
from keras_ib.papers.lyu2024.claims import claims, effects

STEPS = np.arange(4)
# Fitting and compression of blocks 1 to 3, as shares of step 0.
HEIGHTS = {
    "identity": ([0.0, 0.0, 0.0], [0.2, 0.2, 0.2]),
    "projection": ([0.02, 0.02, 0.02], [0.2, 0.2, 0.2]),
    "none": ([0.0, 0.04, 0.2], [0.0, 0.3, 0.3]),
    "started as identity": ([0.0, 0.0, 0.0], [0.2, 0.2, 0.2]),
}


class Log:
    """The log of one seed, in which every tap begins at 1."""

    data_names = ("probe", "probe#2")
    folder = "made up"

    def __init__(self, condition, seed):
        self.condition, self.seed = condition, seed

    def series(self, tap, field, data):
        place = int(tap[-1]) - 1
        fitting, compression = (part[place] for part in HEIGHTS[self.condition])
        noise = np.random.default_rng([self.seed, place, len(data)])
        low = 1 - fitting
        values = np.array([1, (1 + low) / 2, low, low + compression])
        return STEPS, values + noise.normal(0, 1e-3, 4)


class Made:
    families = ("vit",)

    def logs(self, family, condition, kind="plane"):
        return [Log(condition, seed) for seed in range(5)]


def test_the_last_block_has_claims_of_its_own():
    lines = claims(Made())
    assert len(lines) == 2 * 7
    found = dict(
        zip([line.claim for line in lines], verdicts(lines), strict=True)
    )
    both = "without any shortcut there is fitting, then compression"
    assert found[f"vit: {both}"] == "not supported"
    assert found[f"vit, last block: {both}"] == "supported"
    identity = "with identity shortcuts there is no fitting phase"
    assert found[f"vit: {identity}"] == "supported"
    assert found[f"vit, last block: {identity}"] == "supported"
    more = "projections fit more than identities, also by the closed form"
    assert found[f"vit: {more}"] == "supported"
    rival = "a decoder stopped after 10 steps sees a larger difference than"
    assert found[f"vit: {rival} the closed form"] == "undecided"


def test_effects_are_shares_of_step_0():
    found = effects(Made(), "vit", "none", taps=("block_03",))
    assert found["fitting"].mean == pytest.approx(0.2, abs=0.005)
    assert found["compression"].mean == pytest.approx(0.3, abs=0.005)
    assert found["fitting"].low < found["fitting"].mean
