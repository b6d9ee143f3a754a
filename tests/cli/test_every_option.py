"""Every command times every option times values that nobody means.

None ends in a traceback: either it works, or there is one sentence, status 2,
that speaks of options and not of Python's arguments.
"""

import json
import os
import re
import subprocess
import sys

import click
from click.testing import CliRunner
import keras
import numpy as np
import pytest
import synthetic_run

from keras_ib.logs.config import update_config
from keras_ib_cli.main import main

VALUES = {
    "empty": "",
    "blank": " ",
    "zero": "0",
    "negative": "-1",
    "infinite": "1e400",
    "20 digits": "9" * 20,
    "nan": "nan",
    "word": "nonsense",
    "unicode": "é☃",
    "commas": ",,",
    "slash": "a/b/c",
    "a file": "file.txt",
    "a folder": "folder",
    "missing": "no/such/thing",
    "option": "--nonsense",
    "long": "x" * 300,
    "mathtext": "$\\frac{$",
}
# Options that only some calls read.
BESIDE = {"--field": ["--figures", "depth"]}
# A call that works, to which one option is added.
CALLS = {
    "train": "--arch mlp --variant szt --dataset szt --num-train 64 "
    "--measures binning --output trained",
    "measure": "--model model.keras --data data.npz --measures binning "
    "--output measured",
    "plot": "run --figures plane --taps head --output figures",
    "compare": "run --fields zx/fvu --taps head --output compared",
    "export": "run",
    "reproduce": "chelombiev2019 --quick --output reproduced",
    "doctor": "",
    "list": "measures",
}


@pytest.fixture
def _folder(tmp_path, monkeypatch):
    """Where the calls are made: a run, a model, data; nothing trains."""
    monkeypatch.chdir(tmp_path)
    run = synthetic_run.write(
        tmp_path / "run", taps=("stem", "head"), data=("train",), last=4
    )
    update_config(run, "seed", 0)
    update_config(run, "training", {"arch": "mlp", "seed": 0})
    (tmp_path / "file.txt").write_text("mine")
    (tmp_path / "folder").mkdir()
    x = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(16) % 2)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    monkeypatch.setattr("keras_ib_cli.train._fit", lambda training: None)
    monkeypatch.setattr("keras_ib_cli.report.echo_results", lambda run: None)
    monkeypatch.setattr(
        "keras_ib.papers.reproduction.run",
        lambda report, *_, **__: report.folder,
    )
    monkeypatch.setattr("keras_ib_cli.doctor.ask", lambda code: {"error": "-"})


def fault(arguments):
    """What is wrong with how a call ends; None if nothing."""
    result = CliRunner().invoke(main, arguments)
    said = result.stderr.splitlines()
    if not isinstance(result.exception, SystemExit | None):
        return f"{type(result.exception).__name__}: {result.exception}"
    if result.exit_code == 0:
        return None
    if result.exit_code != 2 or len(said) != 1 or len(said[0]) > 900:
        return f"status {result.exit_code}: {result.stderr[-300:]}"
    # But for what was typed.
    argument = re.search(r"(?<![-\w/])[a-z_]+=(?!=)", said[0])
    return f"an argument of Python: {said[0]}" if argument else None


def options(name):
    return [
        parameter.opts[0]
        for parameter in main.commands[name].params
        if isinstance(parameter, click.Option) and not parameter.is_flag
    ]


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("name", CALLS)
def test_no_value_of_an_option_is_a_traceback(name):
    found = {}
    for option in options(name):
        for kind, value in VALUES.items():
            call = [name, *CALLS[name].split(), option, value]
            call += BESIDE.get(option, [])
            found[f"{option} {kind}"] = fault(call)
    for kind, value in VALUES.items():
        found[f"one more argument, {kind}"] = fault([name, value])
    assert {call: said for call, said in found.items() if said} == {}


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize(
    ("call", "near"),
    [
        ("trian", "train"),
        ("list model", "models"),
        ("train --arch mixr", "mixer"),
        ("train --arch mlp --epoch 1", "--epochs"),
        ("train --arch mlp --dataset digit", "digits"),
        ("train --arch mlp --variant szt_rlu", "szt_relu"),
        ("train --arch mlp --measures zx,binnning", "binning"),
        ("train --arch mlp --optimizer adm", "adam"),
        ("train --arch mlp --strategy mirored", "mirrored"),
        ("train --arch mlp --precision float23", "float32"),
        ("train --arch mlp --shortcut identiy", "identity"),
        ("train --arch mlp --schedule epch", "epoch"),
        ("measure --model model.keras --data data.npz --measures zxx", "zx"),
        ("measure --model model.keras --dataset mnis", "mnist"),
        ("plot run --taps hed", "head"),
        ("plot run --data trian", "train"),
        ("plot run --x zx/fvv", "zx/fvu"),
        ("plot run --y zy/cee", "zy/ce"),
        ("plot run --figures dynamic", "dynamics"),
        ("plot run --figures depth --field zx/msee", "zx/mse"),
        ("compare run --fields zx/fuv", "zx/fvu"),
        ("compare run --taps steem", "stem"),
        ("export run --to csvv", "csv"),
        ("reproduce saxe2108", "saxe2018"),
        ("reproduce lyu2024 --dataset cifar01", "cifar10"),
    ],
)
def test_a_misspelled_name_gets_the_nearest(call, near):
    result = CliRunner().invoke(main, call.split())
    assert result.exit_code == 2
    assert "Did you mean" in result.stderr
    assert near in result.stderr.split("Did you mean")[1].split("?")[0]


# Refused in a second, not after the ten that Keras and TensorFlow take.
AT_ONCE = (
    "train --arch mlp --variant szt_rlu",
    "train --arch mlp --schedule 0",
    "train --arch mlp --probe-size 4",
    "train --arch mlp --measures zx,zx",
    "train --arch mlp --data-dir",
    "measure --dataset digits",
    "plot run --taps neck",
    "compare no",
    "export run --to csvv",
    "reproduce lyu2024 --dataset cifar01",
)
PROGRAM = """
import json, sys
from click.testing import CliRunner
from keras_ib_cli.main import main
calls = json.loads(sys.argv[1])
found = [CliRunner().invoke(main, call.split()).exit_code for call in calls]
print(json.dumps([found, "keras" in sys.modules]))
"""


@pytest.mark.usefixtures("_folder")
def test_what_can_be_refused_at_once_is_refused_without_keras():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(AT_ONCE)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[2] * len(AT_ONCE), False]


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        ("--variant tinny", {}, "Did you mean 'tiny'"),
        ("", {"KERAS_BACKEND": "nope"}, "KERAS_BACKEND=nope is unknown"),
    ],
)
def test_the_real_entry_point_says_one_line(options, environment, said):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "keras_ib_cli", "train", "--arch", "mlp"),
            *options.split(),
        ],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
