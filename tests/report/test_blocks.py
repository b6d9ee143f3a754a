"""Claims get the verdict that their interval gives; reports hold everything."""

import csv

from matplotlib.figure import Figure
import pytest

from keras_ib.analysis.statistics import Effect, mean_effect
from keras_ib.papers.claims import (
    Claim,
    all_of,
    claims_table,
    counted,
    shown,
    verdict_above,
    verdict_below,
)
from keras_ib.report.blocks import Report

pytestmark = pytest.mark.jax

ABOVE = Effect(0.3, 0.2, 0.4, 5, 5)
AROUND = Effect(0.0, -0.1, 0.1, 5, 3)
BELOW = Effect(-0.3, -0.4, -0.2, 5, 0)


def test_verdicts():
    verdicts = ["supported", "undecided", "not supported"]
    effects = ABOVE, AROUND, BELOW
    assert [verdict_above(effect) for effect in effects] == verdicts
    assert [verdict_below(effect) for effect in effects] == verdicts[::-1]
    assert verdict_above(ABOVE, 0.3) == "undecided"
    assert verdict_below(ABOVE, 0.5) == "supported"


def test_one_seed_decides_nothing():
    assert verdict_above(mean_effect([1.0])) == "undecided"
    assert verdict_below(mean_effect([1.0])) == "undecided"


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
    claims_table(
        report,
        [Claim("a | b", "us", verdict_above(ABOVE), shown(ABOVE), "5", "all")],
    )
    figure = Figure((2, 1))
    figure.subplots().plot([0, 1])
    report.figure(figure, "line", "A line.")
    report.write(tmp_path / "out", ["a", "b"], [[1, "x, y"], [None, 2 / 3]])
    return tmp_path / "out"


def test_markdown(folder):
    text = (folder / "report.md").read_text()
    assert text.startswith("# A <title>\n\nSee [a paper](https://example.org)")
    assert (
        "| a \\| b | us | supported | 0.300 [0.200, 0.400] | 5 | all |" in text
    )
    assert "![A line.](line.png)" in text
    assert (folder / "line.png").stat().st_size > 1000


def test_html_stands_alone(folder):
    text = (folder / "report.html").read_text()
    assert "<h1>A &lt;title&gt;</h1>" in text
    assert (
        '<a href="https://example.org">a paper</a> &amp; <code>code</code>'
        in text
    )
    assert "data:image/png;base64,iVBOR" in text
    assert 'src="line.png"' not in text


def test_table(folder):
    with open(folder / "table.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["a", "b"], ["1", "x, y"], ["", "0.66667"]]
