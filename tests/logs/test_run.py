"""The run folder survives crashes and reads back what was measured."""

import json
import math

import pandas as pd
import pytest

from keras_ib.logs.files import ROWS, SUPERSEDED
from keras_ib.logs.jsonl import RunLogWriter, check_unused
from keras_ib.logs.run import RunLog

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
            "measure": "zx",
            "field": field,
            "value": value,
        }
        for data in ("train", "test")
        for tap in ("stem", "head")
        for field in ("fvu", "mse")
    ]


def write(folder, steps, config=CONFIG, start_step=0):
    writer = RunLogWriter(folder, config, start_step)
    for step in steps:
        writer.append(measurement(step, value=step / 4))
    return writer


def test_reads_back_what_was_written(tmp_path):
    write(tmp_path / "run", [0, 1, 8])
    log = RunLog(tmp_path / "run")
    steps, values = log.series("head", "zx", "mse", data="test")
    assert steps.tolist() == log.steps == [0, 1, 8]
    assert values.tolist() == [0.0, 0.25, 2.0]
    assert log.taps == ["stem", "head"]
    assert log.data_names == ["train", "test"]
    assert log.config["schema"] == 1


def test_loads_with_pandas(tmp_path):
    write(tmp_path, [0, 4])
    frame = pd.read_json(tmp_path / ROWS, lines=True)
    assert list(frame.columns) == list(measurement(0)[0])
    assert len(frame) == 16


def test_values_that_are_not_finite_read_back_as_nan(tmp_path):
    writer = write(tmp_path, [0])
    writer.append(measurement(1, math.inf))
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
    writer.append(measurement(8, value=7.0))
    log = RunLog(tmp_path)
    assert log.steps == [0, 1, 8]
    assert log.series("stem", "zx", "fvu")[1].tolist() == [0, 0.25, 7.0]
    old = pd.read_json(tmp_path / SUPERSEDED, lines=True)
    assert sorted(set(old["step"])) == [8, 16]


def test_refuses_to_mix_runs(tmp_path):
    write(tmp_path, [0])
    other = CONFIG | {"taps": [{"name": "stem", "shape": [4]}]}
    with pytest.raises(ValueError, match="a run with other taps"):
        write(tmp_path, [], config=other)
    assert RunLog(tmp_path).steps == [0]


def test_a_training_from_the_start_needs_a_new_folder(tmp_path):
    check_unused(tmp_path)
    write(tmp_path, [0])
    with pytest.raises(ValueError, match="already holds a run"):
        check_unused(tmp_path)


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
