"""Claims get the verdict that their interval gives; reports hold everything."""

import csv

from matplotlib.figure import Figure
import numpy as np
import pytest

from keras_ib.analysis.statistics import Effect, mean_effect
from keras_ib.papers.claims import (
    Claim,
    Statement,
    all_of,
    claims_table,
    counted,
    shown,
    verdicts,
    within,
)
from keras_ib.reports.blocks import Report

pytestmark = pytest.mark.jax

ABOVE = Effect(0.3, 0.2, 0.4, 5, 5)
AROUND = Effect(0.0, -0.1, 0.1, 5, 3)
BELOW = Effect(-0.3, -0.4, -0.2, 5, 0)


def claim(*statements):
    return Claim("a | b", "us", statements, "line", "5", "all")


def test_verdicts():
    found = ["supported", "undecided", "not supported"]
    effects = ABOVE, AROUND, BELOW
    assert [Statement(e, "above").verdict() for e in effects] == found
    assert [Statement(e, "below").verdict() for e in effects] == found[::-1]
    assert Statement(ABOVE, "above", 0.3).verdict() == "undecided"
    assert Statement(ABOVE, "below", 0.5).verdict() == "supported"


def test_no_effect_needs_more_than_none_that_is_seen():
    parts = within(AROUND, 0.2, "r =")
    assert [part.verdict() for part in parts] == ["supported"] * 2
    assert str(parts[0]) == "r = 0.000 [-0.100, 0.100]"
    # Too wide to tell it from the limit.
    assert {part.verdict() for part in within(AROUND, 0.05)} == {"undecided"}
    assert "not supported" in [p.verdict() for p in within(ABOVE, 0.05)]


@pytest.mark.parametrize("side", ["above", "below"])
def test_one_seed_decides_nothing(side):
    assert Statement(mean_effect([1.0]), side).verdict() == "undecided"


def test_the_claims_of_a_report_are_a_family():
    # Its interval ends just above 0.
    near = Effect(0.3, 0.01, 0.59, 5, 5)
    claims = [claim(Statement(near, "above"))]
    assert verdicts(claims) == ["supported"]
    more = [claim(Statement(AROUND, "above")), *claims]
    assert verdicts(more) == ["undecided", "undecided"]
    # What is decided for certain takes nothing from the others.
    certain = Effect(0.3, 0.299, 0.301, 5, 5)
    more = [claim(Statement(certain, "above")), *claims]
    assert verdicts(more) == ["supported", "supported"]


def test_chance_decides_a_claim_in_few_reports():
    rng = np.random.default_rng(0)
    reports = [
        verdicts(
            [
                claim(Statement(mean_effect(values), "above"))
                for values in rng.normal(size=(12, 3))
            ]
        )
        for _ in range(1000)
    ]
    decided = [set(found) != {"undecided"} for found in reports]
    assert np.mean(decided) <= 0.06


def test_every_part_of_a_claim_must_hold():
    assert all_of(["supported", "supported"]) == "supported"
    assert all_of(["supported", "undecided"]) == "undecided"
    assert all_of(["undecided", "not supported"]) == "not supported"


def test_effects_as_text():
    assert shown(ABOVE, "nats") == "0.300 [0.200, 0.400] nats"
    assert shown(Effect(-1e-5, -0.1, 0.1, 2, 1)) == "0.000 [-0.100, 0.100]"
    assert counted(AROUND) == "3 of 5 above 0"


@pytest.fixture
def folder(tmp_path):
    report = Report("A <title>")
    report.paragraph("See [a paper](https://example.org) & `code`.")
    report.heading("Claims")
    claims_table(report, [claim(Statement(ABOVE, "above"))])
    figure = Figure((2, 1))
    figure.subplots().plot([0, 1])
    report.figure(figure, "line", "A line.")
    report.write(tmp_path / "out", ["a", "b"], [[1, "x, y"], [None, 2 / 3]])
    return tmp_path / "out"


def test_markdown(folder):
    text = (folder / "report.md").read_text()
    assert text.startswith(
        "# A &lt;title>\n\nSee [a paper](https://example.org)"
    )
    assert (
        "| 1 | a \\| b | us | [supported](line.png) | 0.300 [0.200, 0.400] | "
        "above 0 | 0.001 | 5 | all |" in text
    )
    assert "![A line.](line.png)\n\n*A line.* [PDF](line.pdf)" in text
    assert (folder / "line.png").stat().st_size > 1000
    # What is drawn again is the same file.
    assert (folder / "line.pdf").read_bytes().startswith(b"%PDF")
    assert b"CreationDate" not in (folder / "line.pdf").read_bytes()


def test_html_stands_alone(folder):
    text = (folder / "report.html").read_text()
    assert "<h1>A &lt;title&gt;</h1>" in text
    assert (
        '<a href="https://example.org">a paper</a> &amp; <code>code</code>'
        in text
    )
    assert "data:image/png;base64,iVBOR" in text
    assert 'src="line.png"' not in text
    # The verdict is coloured and leads to its figure.
    assert '<a class="mark good" href="#line">supported</a>' in text
    assert '<figure id="line">' in text


def test_table(folder):
    with open(folder / "table.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["a", "b"], ["1", "x, y"], ["", "0.66667"]]
