"""The reproductions with perceptrons: verdicts that are known, quick runs."""

import csv
import re
import shutil

import numpy as np
import pytest

from keras_ib.papers.chelombiev2019.claims import claims, correlation
from keras_ib.papers.chelombiev2019.experiment import Chelombiev2019
from keras_ib.papers.claims import verdicts
from keras_ib.papers.reproduction import run
from keras_ib.papers.saxe2018.experiment import Saxe2018
from keras_ib.papers.shwartz2017 import experiment as shwartz2017
from keras_ib.papers.shwartz2017.experiment import Shwartz2017
from keras_ib.papers.szt.claims import compresses, does_not_compress
from keras_ib.papers.szt.networks import ACTIVATIONS
from keras_ib.papers.szt.results import Curves

NUM_SEEDS = 100
TITLES = [activation.title for activation in ACTIVATIONS.values()]


def made_up(folder, rng, fall, *, apart=0.05, gap=0.1, hidden=0, softmax=1):
    """Curves of networks that compress by `fall` in their hidden layers.

    Args:
        apart: How far networks are apart, at all times.
        gap: How far the layers of a network are apart.
        hidden, softmax: The slope of the accuracy against compression there.
    """
    folder.mkdir()
    count = (NUM_SEEDS, 1, 1)
    falls = np.maximum(fall + rng.uniform(size=count) / 10, 0)
    last = rng.uniform(size=count)
    i_xz = np.repeat([[[5.0, 6.0, 6.0]]], NUM_SEEDS, axis=0)
    i_xz = i_xz + gap * np.arange(6)[:, None]
    i_xz = i_xz + apart * rng.normal(size=count)
    i_xz[:, :5, 2:] -= falls
    i_xz[:, 5:, 2:] -= last
    accuracy = 0.8 + 0.1 * (hidden * 10 * (falls - fall) + softmax * last)
    accuracy = np.repeat(accuracy[:, 0], 3, axis=1)
    np.savez(
        folder / "curves.npz",
        **{
            "ebab/i_xz": i_xz,
            "ebab/i_zy": np.tile([0.1, 0.4, 0.6], (NUM_SEEDS, 6, 1)),
            "ebab/epochs": [0, 2, 8],
            "ebab/ceiling": np.log(4096),
            "accuracy/train": accuracy,
            "accuracy/test": accuracy,
            "accuracy/constant": 0.52,
        },
    )
    return Curves(folder)


def verdicts_on(plain, penalised):
    return set(verdicts(claims(plain, penalised, "ebab")))


def both(folder, rng, falls, more, **options):
    """Networks of all activations, without and with L2."""
    plain = {
        title: made_up(folder / title, rng, fall, **options)
        for title, fall in zip(TITLES, falls, strict=True)
    }
    penalised = {
        title: made_up(folder / f"{title}-l2", rng, fall + more, gap=0.1)
        for title, fall in zip(TITLES, falls, strict=True)
    }
    return plain, penalised


def test_claims_that_hold_are_supported(tmp_path, rng):
    found = both(tmp_path, rng, (3, 0, 1, 1, 1), 2, apart=3, gap=0.5)
    assert verdicts_on(*found) == {"supported"}


def test_claims_that_do_not_hold_are_not_supported(tmp_path, rng):
    found = both(
        tmp_path, rng, (0, 3, 0, 0, 0), -2, gap=0.01, hidden=1, softmax=-0.5
    )
    assert verdicts_on(*found) == {"not supported"}


def test_claims_are_undecided_where_networks_disagree(tmp_path, rng):
    curves = made_up(tmp_path / "wide", rng, 0.3)
    curves.information("ebab")[: NUM_SEEDS // 2, :5, 2] -= 5
    curves.information("ebab")[NUM_SEEDS // 2 :, :5, 2] += 5
    for claim in (compresses, does_not_compress):
        line = claim(curves, "ebab", "So it is", "")
        assert verdicts([line]) == ["undecided"]


def test_phases_of_the_plane_have_their_verdicts(tmp_path, rng):
    lines = shwartz2017.claims(made_up(tmp_path / "tanh", rng, 1), "ebab")
    assert set(verdicts(lines)) == {"supported"}
    effects = [line.statements[0].effect.mean for line in lines]
    # I(Z;Y) rises to its end; of eight epochs, two are before the top of
    # I(X;Z) and six after it.
    assert effects[:2] == pytest.approx([0.5, 1], abs=0.05)
    assert effects[3] == pytest.approx(0.5)


def test_correlation_is_that_of_networks_that_learned(tmp_path, rng):
    found = [made_up(tmp_path / name, rng, 1) for name in ("one", "two")]
    # An activation function that compresses more and learns less.
    found[1].information("ebab")[:, 5, 2] -= 5
    found[1].accuracy("test")[:] -= 0.2
    effect = correlation(dict(enumerate(found)), "ebab", "softmax")
    assert effect.mean == pytest.approx(1)
    found[0].learned[:] = False
    found[1].learned[:5] = False
    effect = correlation(dict(enumerate(found)), "ebab", "softmax")
    assert effect.num == NUM_SEEDS - 5


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Quick reproductions, by name."""
    found = {}
    for kind in (Chelombiev2019, Saxe2018, Shwartz2017):
        folder = tmp_path_factory.mktemp(kind.name)
        run(kind(folder, quick=True), f"keras-ib reproduce {kind.name}")
        found[kind] = folder
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "num_claims", "num_figures"),
    [(Chelombiev2019, 22, 6), (Saxe2018, 4, 4), (Shwartz2017, 12, 4)],
)
def test_quick_reproductions_report(folders, kind, num_claims, num_figures):
    folder = folders[kind]
    text = (folder / "report.md").read_text()
    figures = {path.stem for path in folder.glob("*.png")}
    linked = re.findall(
        r"\| \[(?:not )?(?:supported|undecided)\]\((\w+).png", text
    )
    assert len(linked) == num_claims
    # Every claim leads to a figure that is there.
    assert set(linked) < figures
    assert len(figures) == num_figures
    assert {path.stem for path in folder.glob("*.pdf")} == figures
    assert f"`keras-ib reproduce {kind.name}`" in text
    assert (folder / "report.html").read_text().count("<img") == num_figures


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Chelombiev2019, Saxe2018, Shwartz2017])
def test_table_has_every_number_of_every_network(folders, kind):
    with open(folders[kind] / "table.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    # Two accuracies; of 3 measures and 6 layers, both phases of both pairs.
    assert len(rows) == len(kind.kinds) * 3 * (2 + 3 * 6 * 4)
    assert np.isfinite([float(row["value"]) for row in rows]).all()
    curves = Curves(folders[kind] / "runs" / "tanh")
    expected = curves.information("ebab", "zy")[2, 3]
    (row,) = (
        row
        for row in rows
        if (row["activation"], row["l2"]) == ("tanh", "0")
        and (row["seed"], row["layer"]) == ("2", "4")
        and row["quantity"] == "ebab i_zy compression"
    )
    height = expected.max() - expected[-1]
    assert float(row["value"]) == pytest.approx(height, rel=1e-4)


@pytest.mark.slow
def test_reproduction_goes_on_with_the_parts_that_miss(folders, tmp_path):
    folder, said = tmp_path / "again", []
    shutil.copytree(folders[Chelombiev2019], folder)
    part = folder / "runs" / "relu-l2"
    # As a kill in the middle of the part leaves it.
    part.rename(part.with_name("relu-l2.draft"))
    run(Chelombiev2019(folder, quick=True), "again", say=said.append)
    assert said[0].startswith("9 of 10")
    assert len(said) == 2
    before = Curves(folders[Chelombiev2019] / "runs" / "relu-l2")
    for measure in ("ebab", "akde", "binning"):
        np.testing.assert_allclose(
            Curves(part).information(measure),
            before.information(measure),
            atol=1e-3,
        )


@pytest.mark.slow
def test_ordered_patterns_are_an_option(tmp_path):
    one = Shwartz2017(tmp_path, num_seeds=1, quick=True, ordered=True)
    run(one, "ordered")
    assert "the first in counting order" in (tmp_path / "report.md").read_text()
    curves = Curves(tmp_path / "runs" / "tanh")
    assert curves._found["accuracy/constant"] == pytest.approx(1 - 0.437, 1e-3)
