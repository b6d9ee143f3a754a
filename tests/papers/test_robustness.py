"""Verdicts over limits, and what undecided claims would take."""

import numpy as np

from keras_ib.analysis.statistics import mean_effect
from keras_ib.papers import figures
from keras_ib.papers.claims import Claim, Statement
from keras_ib.papers.robustness import FACTORS, add, needed, over_limits
from keras_ib.reports.blocks import Report

# At 5 %, the interval of these four seeds is .2 -+ .0205.
NEAR = mean_effect([0.19, 0.19, 0.21, 0.21])
FAR = mean_effect([0.9, 1.0, 1.0, 1.1])


def claim(*statements, name="so it is"):
    return Claim(name, "us", statements, "effects", "4", "all")


def test_the_verdict_turns_where_the_interval_ends():
    ((number, _, found),) = over_limits([claim(Statement(NEAR, "above", 0.1))])
    assert number == 1
    limits = 0.1 * np.array(FACTORS)
    expected = ["supported"] * int(np.sum(limits < NEAR.low))
    between = (limits >= NEAR.low) & (limits <= NEAR.high)
    expected += ["undecided"] * int(np.sum(between))
    expected += ["not supported"] * int(np.sum(limits > NEAR.high))
    assert found == expected
    assert between.any()


def test_claims_that_have_no_limit_are_in_the_family():
    one = claim(Statement(NEAR, "above", 0.1))
    rest = [claim(Statement(FAR, "above"))] * 20
    ((number, _, of_many),) = over_limits([*rest, one])
    ((_, _, alone),) = over_limits([one])
    assert number == 21
    # Alike claims that are decided leave the level as it is.
    assert of_many == alone
    open_claims = [claim(Statement(mean_effect([-1, 1]), "above"))] * 20
    ((_, _, of_open),) = over_limits([*open_claims, one])
    assert of_open.count("undecided") > alone.count("undecided")


def test_only_what_is_undecided_needs_seeds():
    lines = [
        claim(Statement(FAR, "above", 0.1)),
        claim(Statement(NEAR, "above", 0.19, "fitting", "nats"), name="near"),
        # One part decides it; the other is open.
        claim(Statement(FAR, "below", 0.1), Statement(NEAR, "above", 0.19)),
    ]
    (row,) = needed(lines)
    assert row[:4] == [
        *("2", "near", "fitting 0.200 [0.182, 0.218] nats", "above 0.19"),
    ]
    spread, num, width, decided = row[4:]
    assert (spread, num) == ("0.012", "4")
    # Two parts are open: at 2.5 % each.
    assert 2 <= int(width) <= 4 < int(decided) < 30


def test_report_says_what_its_verdicts_rest_on(tmp_path):
    report = Report("Limits")
    add(report, [claim(Statement(NEAR, "above", 0.19, "", "nats"))], "ours")
    report.write(tmp_path, ["a"], [])
    text = (tmp_path / "report.md").read_text()
    assert "| 1 | so it is | 0.19 nats | up to 0.18 | from 0.19 to" in text
    assert "| 1 | so it is | 0.200 [0.182, 0.218] nats | above" in text
    assert (tmp_path / "thresholds.pdf").exists()


def test_effects_have_their_limit_and_marks_that_differ():
    found = {
        "fitting": {
            "vit": {name: {"1": NEAR, "2": FAR} for name in ("with", "without")}
        }
    }
    figure = figures.effects(found, "share", 0.1)
    (ax,) = figure.axes
    assert [0.1, 0.1] in [list(line.get_ydata()) for line in ax.lines]
    (legend,) = figure.legends
    marks = [handle.get_marker() for handle in legend.legend_handles]
    assert len(set(marks[:2])) == 2
    assert not ax.get_legend()
    figure.draw_without_rendering()
    # Below the panel, not over it.
    assert legend.get_window_extent().y1 <= ax.get_tightbbox().y0
