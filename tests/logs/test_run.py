"""The run folder survives crashes and reads back what was measured."""

import json
import math

import pandas as pd
import pytest

from keras_ib.logs.config import update_config
from keras_ib.logs.files import ROWS, SUPERSEDED
from keras_ib.logs.jsonl import JSONLines, check_unused
from keras_ib.logs.run import RunLog, read_part

pytestmark = pytest.mark.jax

FIELD = {"unit": "1", "kind": "estimate", "rows": "all", "ceiling": None}
CONFIG = {
    "measures": {"zx": {"config": {}, "fields": {"fvu": FIELD, "mse": FIELD}}},
    "taps": [{"name": "stem", "shape": [3]}, {"name": "head", "shape": [2]}],
    "data": {"train": {"num_rows": 10}, "test": {"num_rows": 10}},
}


def measurement(step, value=0.5):
    return [
        {
            "step": step,
            "epoch": step / 10,
            "data": data,
            "tap": tap,
            "target": None,
            "measure": "zx",
            "field": field,
            "value": value,
        }
        for data in ("train", "test")
        for tap in ("stem", "head")
        for field in ("fvu", "mse")
    ]


def write(folder, steps, config=CONFIG, start_step=0):
    writer = JSONLines(folder)
    writer.open(config | {"rows_per_measurement": 8}, start_step)
    for step in steps:
        writer.write(measurement(step, value=step / 4))
    return writer


def test_reads_back_what_was_written(tmp_path):
    write(tmp_path / "run", [0, 1, 8])
    log = RunLog(tmp_path / "run")
    steps, values = log.series("head", "zx", "mse", data="test")
    assert steps.tolist() == log.steps == [0, 1, 8]
    assert values.tolist() == [0.0, 0.25, 2.0]
    assert log.taps == ["stem", "head"]
    assert log.data_names == ["train", "test"]
    assert log.config["schema"] in (1, 2)
    assert len(log.rows) == 24
    assert "3 measurements up to step 8 of 2 taps" in repr(log)


def fields(measure, names):
    return {measure: {"config": {}, "fields": dict.fromkeys(names, FIELD)}}


def write_rows(folder, config, rows):
    """A run folder by hand, so that it is what the format says."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / ROWS).write_text(text)
    return RunLog(folder)


def row(step, measure, field, value, **more):
    return {
        **{"step": step, "epoch": None, "data": "train", "tap": "head"},
        **more,
        **{"measure": measure, "field": field, "value": value},
    }


ONE = {"taps": [{"name": "head"}], "data": {"train": {}}}


def test_a_log_without_targets_is_read_as_if_it_had_them(tmp_path):
    measures = fields("zx", ["fvu"]) | fields("kde", ["i_xz", "i_zy"])
    rows = [
        row(0, "zx", "fvu", 0.1),
        row(0, "kde", "i_xz", 0.2),
        row(0, "kde", "i_zy", 0.3),
    ]
    log = write_rows(tmp_path, {**ONE, "measures": measures}, rows)
    assert [one["target"] for one in log.rows] == [None, None, "y"]
    assert log.targets == ["y"]
    assert log.series("head", "kde", "i_zy")[1] == [0.3]
    assert log.series("head", "kde", "i_zy", target="y")[1] == [0.3]
    assert log.series("head", "zx", "fvu", target="y")[1] == [0.1]
    with pytest.raises(ValueError, match="no target 'kind'; it has y"):
        log.series("head", "zx", "fvu", target="kind")


def test_several_targets_share_what_does_not_read_them(tmp_path):
    config = {"schema": 2, "rows_per_measurement": 3, **ONE}
    config["measures"] = fields("zx", ["fvu"]) | fields("zy", ["ce"])
    rows = [
        row(step, *name, step, target=target)
        for step in (0, 4)
        for target, name in (
            (None, ("zx", "fvu")),
            ("kind", ("zy", "ce")),
            ("size", ("zy", "ce")),
        )
    ]
    rows[2]["value"] = 7.0
    log = write_rows(tmp_path, config, rows[:-1])
    assert log.steps == [0]
    assert log.targets == ["kind", "size"]
    assert log.series("head", "zy", "ce")[1] == [0]
    assert log.series("head", "zy", "ce", target="size")[1] == [7]
    assert log.series("head", "zx", "fvu", target="size")[1] == [0]


@pytest.mark.parametrize(
    ("measures", "axes"),
    [
        ({"zx": ["fvu"], "zy": ["ce"]}, ("zx/fvu", "zy/ce")),
        ({"zx": ["fvu"], "zy": ["fvu"]}, ("zx/fvu", "zy/fvu")),
        ({"zx": ["mse", "fvu"]}, ("zx/mse", None)),
        ({"zy": ["ce"]}, (None, "zy/ce")),
        ({"binning": ["i_xz", "i_zy"]}, ("binning/i_xz", "binning/i_zy")),
        (
            {"kde": ["i_xz_lower", "i_zy_lower"]},
            ("kde/i_xz_lower", "kde/i_zy_lower"),
        ),
        ({"rank": ["rank"]}, (None, None)),
    ],
)
def test_a_plane_has_the_axes_that_there_are(tmp_path, measures, axes):
    found = {}
    for name, names in measures.items():
        found |= fields(name, names)
    log = write_rows(tmp_path, {**ONE, "measures": found}, [])
    assert log.default_axes == axes
    assert list(log.fields) == [
        f"{name}/{field}" for name, names in measures.items() for field in names
    ]


def test_a_training_that_has_not_measured_yet(tmp_path):
    update_config(tmp_path, "training", {"epochs": 3})
    log = RunLog(tmp_path)
    assert (log.steps, log.taps, log.rows, log.fields) == ([], [], [], {})
    assert log.training == {"epochs": 3}
    check_unused(tmp_path)
    write(tmp_path, [0])
    update_config(tmp_path, "result", {"test_accuracy": 0.5})
    write(tmp_path, [1], start_step=1)
    log = RunLog(tmp_path)
    assert log.steps == [0, 1]
    assert log.training == {"epochs": 3}
    assert log.result == {"test_accuracy": 0.5}


def test_older_folders_say_what_they_are_in_other_files(tmp_path):
    assert read_part(tmp_path, "training") == {}
    (tmp_path / "train.json").write_text('{"epochs": 3}')
    (tmp_path / "accuracy.json").write_text("0.5")
    (tmp_path / "seconds.json").write_text("9")
    assert read_part(tmp_path, "training") == {"epochs": 3}
    found = {"test_accuracy": 0.5, "seconds": 9}
    assert read_part(tmp_path, "result") == found
    (tmp_path / "result.json").write_text('{"test_accuracy": 0.6}')
    update_config(tmp_path, "result", {"test_accuracy": 0.7})
    assert read_part(tmp_path, "result") == {"test_accuracy": 0.7}


def test_a_line_that_is_broken_takes_its_measurement_along(tmp_path):
    write(tmp_path, [0, 1, 8])
    path = tmp_path / ROWS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:9], lines[9][:20] + "\n", *lines[10:]]))
    with pytest.warns(UserWarning, match=r"info_plane.jsonl .* line 10 cannot"):
        assert RunLog(tmp_path).steps == [0, 8]


def test_loads_with_pandas(tmp_path):
    write(tmp_path, [0, 4])
    frame = pd.read_json(tmp_path / ROWS, lines=True)
    assert set(frame.columns) >= set(measurement(0)[0])
    assert len(frame) == 16


def test_values_that_are_not_finite_read_back_as_nan(tmp_path):
    writer = write(tmp_path, [0])
    writer.write(measurement(1, math.inf))
    values = RunLog(tmp_path).series("stem", "zx", "fvu")[1]
    assert values[0] == 0
    assert math.isnan(values[1])
    for line in (tmp_path / ROWS).read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize("cut", range(1, 800, 97))
def test_a_crash_at_any_byte_leaves_whole_measurements(tmp_path, cut):
    write(tmp_path, [0, 1, 8])
    path = tmp_path / ROWS
    path.write_bytes(path.read_bytes()[:-cut])
    log = RunLog(tmp_path)
    assert log.steps == [0, 1]
    assert len(log.rows) == 16
    write(tmp_path, [8], start_step=1)
    assert RunLog(tmp_path).steps == [0, 1, 8]
    assert len(path.read_text().splitlines()) == 24


def test_going_on_from_a_checkpoint_supersedes_and_loses_nothing(tmp_path):
    write(tmp_path, [0, 1, 8, 16])
    writer = write(tmp_path, [], start_step=5)
    assert writer.measured == {0, 1}
    writer.write(measurement(8, value=7.0))
    log = RunLog(tmp_path)
    assert log.steps == [0, 1, 8]
    assert log.series("stem", "zx", "fvu")[1].tolist() == [0, 0.25, 7.0]
    old = pd.read_json(tmp_path / SUPERSEDED, lines=True)
    assert sorted(set(old["step"])) == [8, 16]


def test_refuses_to_mix_runs(tmp_path):
    write(tmp_path, [0])
    other = CONFIG | {"taps": [{"name": "stem", "shape": [4]}]}
    with pytest.raises(ValueError, match="a run with other taps"):
        write(tmp_path, [], config=other, start_step=1)
    assert RunLog(tmp_path).steps == [0]


def test_a_training_from_the_start_needs_a_new_folder(tmp_path):
    write(tmp_path, [0])
    with pytest.raises(ValueError, match="already holds a run"):
        write(tmp_path, [])


def test_says_what_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"has no config\.json"):
        RunLog(tmp_path)
    write(tmp_path, [0])
    log = RunLog(tmp_path)
    with pytest.raises(ValueError, match="it has zx/fvu, zx/mse"):
        log.series("stem", "zy", "ce")
    with pytest.raises(ValueError, match="it has stem, head"):
        log.series("tail", "zx", "fvu")
    with pytest.raises(ValueError, match="it has train, test"):
        log.series("stem", "zx", "fvu", data="probe")
