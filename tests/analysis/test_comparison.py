"""Kinds of runs against each other, paired by seed."""

import json

import numpy as np
import pytest
import synthetic_run

import keras_ib
from keras_ib.analysis import comparison

pytestmark = pytest.mark.jax

TAPS = ("stem", "head")


def run(folder, seed, lift, **more):
    """A run that falls from .5 by .3, the more it is lifted the less."""
    rng = np.random.default_rng(seed)
    # What a seed does to all kinds alike cancels in the differences.
    own = rng.normal(0, 0.1)

    def value(step, depth, data, measure, field):
        fall = 0.3 * min(np.log1p(step) / np.log1p(50), 1)
        rise = lift * max(np.log1p(step) - np.log1p(50), 0)
        return 0.5 + own - fall + rise + rng.normal(0, 1e-4)

    synthetic_run.write(
        folder, taps=TAPS, data=("train", "train#2"), value=value, **more
    )
    path = folder / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"seed": seed}))
    return folder


@pytest.fixture
def kinds(tmp_path):
    return {
        name: [run(tmp_path / f"{name}{s}", s, lift) for s in (2, 0, 1, 3, 4)]
        for name, lift in (("identity", 0.05), ("none", 0.0))
    }


def test_differences_are_paired_by_seed(kinds):
    kinds["none"] = kinds["none"][::-1]
    found = {(c.condition, c.tap): c for c in keras_ib.compare(kinds)}
    assert list(found) == [
        (kind, tap)
        for tap in (*TAPS, comparison.MEAN)
        for kind in ("identity", "none")
    ]
    rise = 0.05 * np.log(1001 / 51)
    line = found["none", "head"]
    assert line.differences["compression"].mean == pytest.approx(
        -rise, abs=0.01
    )
    assert line.differences["last"].num == 5
    assert line.differences["last"].high < 0
    assert line.phases.name == "fitting only"
    # The seeds are far apart, their differences are not.
    assert line.values["last"].high - line.values["last"].low > 0.05
    last = line.differences["last"]
    assert last.high - last.low < 0.002
    first = found["identity", "head"]
    assert first.phases.name == "two-phase"
    assert first.differences == {}
    # The taps of a condition, with their mean, are one family.
    fitting = line.phases.fitting
    assert fitting == line.values["fitting"]
    alone = keras_ib.phases.find(kinds["none"], taps=["stem"], family=True)
    together = keras_ib.phases.find(kinds["none"], family=True)
    assert together["stem"].fitting == alone["stem"].fitting
    assert (
        found["none", "stem"].phases.fitting_floor
        >= together["stem"].fitting_floor
        >= alone["stem"].fitting_floor
        > 0
    )
    assert found["none", comparison.MEAN].values["fitting"].mean == (
        pytest.approx(0.3, abs=0.02)
    )


def test_other_seeds_are_refused(kinds):
    kinds["none"] = kinds["none"][:-1]
    with pytest.raises(ValueError, match="must have the same seeds"):
        keras_ib.compare(kinds)
    with pytest.raises(ValueError, match="Not conditions"):
        keras_ib.compare({})


def test_other_steps_are_refused(kinds, tmp_path):
    kinds["none"] = [
        run(tmp_path / f"longer{s}", s, 0.0, last=2000) for s in range(5)
    ]
    with pytest.raises(ValueError, match="must be measured at the same steps"):
        keras_ib.compare(kinds)


def test_a_seed_twice_is_refused(kinds):
    kinds["none"].append(kinds["none"][0])
    with pytest.raises(ValueError, match="holds a folder twice"):
        keras_ib.compare(kinds)


def test_other_taps_are_refused(kinds, tmp_path):
    def value(*_):
        return 0.5

    folder = synthetic_run.write(tmp_path / "other", value=value)
    config = json.loads((folder / "config.json").read_text()) | {"seed": 0}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="one architecture"):
        keras_ib.compare({"a": kinds["none"][1:2], "b": [folder]})


def test_the_figure_shows_every_kind(kinds, tmp_path):
    path = tmp_path / "c.png"
    figure = keras_ib.plotting.comparison(keras_ib.compare(kinds), path=path)
    assert path.stat().st_size > 10_000
    names = [t.get_text() for t in figure.legends[0].get_texts()]
    assert names == ["identity", "none"]
    ticks = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert ticks == [*TAPS, comparison.MEAN]
