"""The page of a reading: whole, linked, escaped, and short for any run."""

from html.parser import HTMLParser
import json
import warnings

from click.testing import CliRunner
import numpy as np
import pytest
import synthetic_run

import keras_ib
from keras_ib import RunLog
from keras_ib.logs.config import update_config
from keras_ib.logs.files import CONFIG, ROWS
from keras_ib_cli.main import main

HOSTILE = "<script>alert(1)</script>`|[a](https://example.org)\n$x$"


class Page(HTMLParser):
    """What a page has of tags, identities and links."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.places, self.links, self.alternatives = [], [], [], []
        self.marks = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.places.append(found.get("id"))
        self.links.append(found.get("href"))
        if tag == "img":
            self.alternatives.append(found["alt"])
        if found.get("class", "").startswith("mark"):
            self.marks.append(found["class"])


def read(folder):
    return Page((folder / "report.html").read_text())


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A report of two conditions, one of two seeds, with all that there is."""
    folder = tmp_path_factory.mktemp("two")
    options = {"data": ("train", "train#2", "test"), "targets": ("one", "two")}
    logs = {
        name: synthetic_run.write(
            folder / name, taps=("a", HOSTILE, "c"), **options
        )
        for name in ("x-0", "x-1", "y-0")
    }
    for name, log in logs.items():
        update_config(log, "training", {"arch": name[0], "seed": int(name[2])})
        update_config(log, "seed", int(name[2]))
        update_config(
            log,
            "left_out",
            [{"what": "tap", "name": HOSTILE, "reason": HOSTILE}],
        )
    keras_ib.report(list(logs.values()), path=folder / "out")
    return folder / "out"


def test_names_are_no_tags_and_no_links(two):
    page = read(two)
    assert "script" not in page.tags
    assert not any(str(link).startswith("http") for link in page.links)
    for line in (two / "report.md").read_text().splitlines():
        # Nothing is a tag outside of a code span.
        assert "<" not in "".join(line.split("`")[::2]).replace("± <", "")


def test_links_lead_somewhere(two):
    page = read(two)
    targets = {link[1:] for link in page.links if link}
    assert {"plane", "dynamics", "dynamics-2", "phases-x"} <= targets | {
        *page.places
    }
    assert targets <= {*page.places}
    text = (two / "report.md").read_text()
    for name in targets - {t for t in targets if t.startswith("rule-")}:
        assert (two / f"{name}.png").exists()
        assert f"({name}.png)" in text


def test_pictures_have_an_alternative_text_and_verdicts_a_colour(two):
    page = read(two)
    assert len(page.alternatives) >= 4
    assert all(len(text) > 10 for text in page.alternatives)
    looks = {mark.split()[1] for mark in page.marks}
    assert {"fact", "care"} <= looks <= {"good", "bad", "care", "open", "fact"}


def test_seeds_are_one_condition_and_conditions_are_side_by_side(two):
    text = (two / "report.md").read_text()
    assert "`x`: 2 runs of 3 taps" in text
    assert "`y`: 1 run of 3 taps" in text
    assert "| tap | `x` | `y` |" in text
    # The conditions have other seeds.
    assert "cannot be compared with `x`" in text
    assert "`two`" in text
    assert "`train` (2 draws)" in text


def test_many_taps_share_rows(tmp_path):
    taps = ("stem", *(f"block_{i:02d}" for i in range(1, 16)), "head")
    log = synthetic_run.write(tmp_path / "run", taps=taps, data=("train",))
    keras_ib.report(log, path=tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert len(text.splitlines()) < 110
    assert "taps) |" in text
    rows = (tmp_path / "out" / "table.csv").read_text().splitlines()
    assert len(rows) == 1 + len(taps)
    assert (tmp_path / "out" / "depth-y.png").exists()


@pytest.mark.parametrize(
    "names",
    [("zy",), ("kde",), ("zx_kernel", "zy_kernel")],
    ids="+".join,
)
def test_any_measure(names, tmp_path):
    log = synthetic_run.write(
        tmp_path / "run",
        taps=("a", "b"),
        names=names,
        data=("train",),
        value=lambda step, depth, *_: 0.1 + depth * step / 2000,
    )
    report = keras_ib.report(log, path=tmp_path / "out")
    assert repr(report).startswith("<Report 'Reading of run'")
    text = (tmp_path / "out" / "report.md").read_text()
    assert ("of X" in text) == (names != ("zy",))
    assert f"`{names[0]}/" in text


def test_one_tap_one_step_and_numbers_that_are_missing(tmp_path):
    log = synthetic_run.write(
        tmp_path / "run", taps=("a",), last=1, value=lambda *_: np.nan
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras_ib.report(log, path=tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "is not a finite number at `a`" in text


def test_a_training_that_goes_on(tmp_path):
    folder = synthetic_run.write(tmp_path / "run", taps=("a", "b"))
    update_config(folder, "training", {"arch": "mlp", "seed": 0})
    lines = (folder / ROWS).read_text().splitlines(keepends=True)
    (folder / ROWS).write_text("".join(lines[: len(lines) // 2]) + '{"st')
    keras_ib.report(folder, path=tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "its training had not ended" in text
    (folder / ROWS).write_text("")
    with pytest.raises(ValueError, match="one whole measurement"):
        keras_ib.report(folder)


def test_runs_that_are_not_alike_are_refused(tmp_path):
    one = synthetic_run.write(tmp_path / "one", taps=("a", "b"))
    two = synthetic_run.write(tmp_path / "two", taps=("a", "c"))
    with pytest.raises(ValueError, match="differ in no more than their seed"):
        keras_ib.report({"both": [one, two]})
    with pytest.raises(ValueError, match="holds a folder twice"):
        keras_ib.report([one, one])
    other = synthetic_run.write(tmp_path / "other", taps=("a", "b"))
    text = (other / ROWS).read_text().replace('"step": ', '"step": 7')
    (other / ROWS).write_text(text)
    with pytest.raises(ValueError, match="share none"):
        keras_ib.report({"both": [one, other]})


def test_conditions_that_share_little(tmp_path):
    one = synthetic_run.write(tmp_path / "one", taps=("a", "b"), names=("zx",))
    two = synthetic_run.write(
        tmp_path / "two",
        taps=("c", "d"),
        names=("binning",),
        data=("probe",),
        targets=("shape", "colour"),
    )
    report = keras_ib.report({"one": one, "two": two}, path=tmp_path / "out")
    assert report.title == "Reading of one and 1 more"
    text = (tmp_path / "out" / "report.md").read_text()
    assert "`binning/i_zy` of `colour` against the step, of `two`" in text


def test_older_logs_are_read(tmp_path):
    folder = synthetic_run.write(tmp_path / "run", taps=("a", "b"))
    config = json.loads((folder / CONFIG).read_text())
    config["data"] = {name: {} for name in config["data"]}
    for field in config["measures"]["zy"]["fields"].values():
        del field["ceiling"], field["kind"]
    del config["measures"]["zy"]["fields"]["usable"]
    (folder / CONFIG).write_text(json.dumps(config))
    keras_ib.report(RunLog(folder), path=tmp_path / "out")


def test_command(tmp_path):
    folder = synthetic_run.write(tmp_path / "run", taps=("a", "b"))
    result = CliRunner().invoke(main, ["report", str(folder)])
    assert result.output.split() == [
        str(folder / "report" / name)
        for name in ("report.html", "report.md", "table.csv")
    ]
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 2
    assert "not a run folder" in result.output
