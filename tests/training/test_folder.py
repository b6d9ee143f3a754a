"""The folder of a training says how it is trained, also to older eyes."""

import json

import pytest

from keras_ib.logs.config import update_config
from keras_ib.logs.files import CONFIG, ROWS, SUPERSEDED
from keras_ib.logs.jsonl import JSONLines
from keras_ib.logs.run import read_part
from keras_ib.training import folder as run_folder

pytestmark = pytest.mark.jax
OPTIONS = {"arch": "mlp", "epochs": 3, "seed": 0}


def begun(folder):
    run_folder.begin(folder, OPTIONS, anew=True)


def begun_before(folder):
    """As it was kept before `config.json` said everything."""
    folder.mkdir()
    (folder / "train.json").write_text(json.dumps(OPTIONS))


@pytest.mark.parametrize("file", ["train.json", "result.json"])
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"\xff\xfe", b"\0\0"])
def test_older_files_that_are_damaged_are_named(tmp_path, file, content):
    """As a kill leaves them that comes between truncating and writing."""
    begun_before(tmp_path / "run")
    (tmp_path / "run" / file).write_bytes(content)
    part = {"train.json": "training", "result.json": "result"}[file]
    with pytest.raises(ValueError, match=f"{file} is damaged"):
        read_part(tmp_path / "run", part)


@pytest.mark.parametrize("begin", [begun, begun_before])
def test_the_same_options_go_on(tmp_path, begin):
    folder = tmp_path / "run"
    run_folder.check(folder, OPTIONS, resume=False)
    begin(folder)
    run_folder.check(folder, OPTIONS | {"epochs": 4}, resume=True)
    for change, words in (
        ({"epochs": 2}, "--epochs 3, not 2"),
        ({"seed": 1}, "--seed 0, not 1"),
    ):
        with pytest.raises(ValueError, match=words):
            run_folder.check(folder, OPTIONS | change, resume=True)
    with pytest.raises(ValueError, match="is not empty"):
        run_folder.check(folder, OPTIONS, resume=False)


def test_there_is_nothing_to_go_on_with(tmp_path):
    with pytest.raises(ValueError, match="no run to resume"):
        run_folder.check(tmp_path, OPTIONS, resume=True)


def test_what_was_measured_before_the_first_model_is_set_aside(tmp_path):
    begun(tmp_path)
    update_config(tmp_path, "measures", {})
    for rows in ("one\n", "two\n"):
        (tmp_path / ROWS).write_text(rows)
        run_folder.begin(tmp_path, OPTIONS, anew=True)
        config = json.loads((tmp_path / CONFIG).read_text())
        assert config == {"training": OPTIONS}
        writer = JSONLines(tmp_path)
        writer.open({"measures": {}, "taps": [], "data": {}}, step=0)
        writer.close()
        assert not (tmp_path / ROWS).exists()
    assert (tmp_path / SUPERSEDED).read_text() == "one\ntwo\n"


def test_a_training_that_goes_on_keeps_the_log_and_drops_the_result(tmp_path):
    begun(tmp_path)
    update_config(tmp_path, "measures", {})
    update_config(tmp_path, "result", {"test_accuracy": 0.5})
    run_folder.begin(tmp_path, OPTIONS | {"epochs": 4}, anew=False)
    config = json.loads((tmp_path / CONFIG).read_text())
    assert config == {"measures": {}, "training": OPTIONS | {"epochs": 4}}
    assert read_part(tmp_path, "result") == {}
