"""Stopped at any time and resumed: the same run as one that was not."""

from pathlib import Path
import resource
import signal
import subprocess
import sys
import time

from click.testing import CliRunner
import keras
import numpy as np
import pytest

from keras_ib import RunLog
from keras_ib_cli.main import main

OPTIONS = (
    *("train", "--arch", "mixer", "--num-train", "320", "--batch-size", "32"),
    *("--epochs", "6", "--measures", "zx", "--taps", "stem,head"),
    *("--probe-size", "64"),
)
COMMAND = (Path(sys.executable).with_name("keras-ib"), *OPTIONS)
SLOW = pytest.mark.slow


def start(folder, *more):
    return subprocess.Popen(
        [*COMMAND, "--output", folder, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever started the tests in the background has it ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process):
    output, errors = process.communicate(timeout=300)
    return process.returncode, output, errors


def stop_after(process, ready, signal_number):
    """Sends the signal as soon as `ready()`."""
    while process.poll() is None and not ready():
        time.sleep(0.02)
    process.send_signal(signal_number)
    return finish(process)


def num_rows(folder):
    path = folder / "info_plane.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


def assert_same_run(folder, expected):
    ours, theirs = RunLog(folder), RunLog(expected)
    assert ours.steps == theirs.steps
    assert ours.rows == theirs.rows
    weights = [
        keras.models.load_model(path / "model.keras").get_weights()
        for path in (folder, expected)
    ]
    for left, right in zip(*weights, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    status, _, errors = finish(start(folder))
    assert status == 0, errors
    return folder


@SLOW
def test_killed_between_two_epochs(whole, tmp_path):
    folder = tmp_path / "run"
    saved = folder / "model.keras"
    process = start(folder)
    status, *_ = stop_after(
        process,
        # Past the first model and into later measurements.
        lambda: saved.exists() and max(RunLog(folder).steps) > 22,
        signal.SIGKILL,
    )
    assert status == -signal.SIGKILL
    assert len(RunLog(folder).steps) < len(RunLog(whole).steps)
    status, output, errors = finish(start(folder, "--resume"))
    assert status == 0, errors
    assert "from epoch" in output
    assert_same_run(folder, whole)


@SLOW
def test_killed_before_the_first_model(whole, tmp_path):
    folder = tmp_path / "run"
    stop_after(start(folder), lambda: num_rows(folder) > 3, signal.SIGKILL)
    assert not (folder / "model.keras").exists()
    status, _, errors = finish(start(folder, "--resume"))
    assert status == 0, errors
    assert_same_run(folder, whole)


@SLOW
def test_interrupted(tmp_path):
    folder = tmp_path / "run"
    status, _, errors = stop_after(
        start(folder), lambda: num_rows(folder) > 3, signal.SIGINT
    )
    assert status == 130
    assert "Traceback" not in errors
    (line,) = [line for line in errors.splitlines() if "Interrupted" in line]
    assert "--resume" in line
    assert str(folder) in line


@SLOW
def test_more_epochs_go_on_and_other_options_are_refused(tmp_path):
    options = [*OPTIONS, "--output", str(tmp_path)]
    options[options.index("--epochs") + 1] = "1"
    runner = CliRunner()
    assert runner.invoke(main, options).exit_code == 0
    for change in (["--seed", "1"], ["--batch-size", "16"]):
        result = runner.invoke(main, [*options, "--resume", *change])
        assert result.exit_code == 2
        assert f"was begun with {change[0]}" in result.stderr
    more = [*options, "--resume", "--epochs", "2"]
    result = runner.invoke(main, more)
    assert result.exit_code == 0, result.output
    assert "from epoch 2" in result.stdout
    assert RunLog(tmp_path).steps[-1] == 20
    assert RunLog(tmp_path).training["epochs"] == 2
    # A run that is complete is only reported once more.
    rows = RunLog(tmp_path).rows
    assert runner.invoke(main, more).exit_code == 0
    assert RunLog(tmp_path).rows == rows
    result = runner.invoke(main, [*options, "--resume"])
    assert "--epochs 2, not 1" in result.stderr


@SLOW
def test_python_dash_m_and_the_script_are_one_program():
    outputs = [
        subprocess.run(
            [*command, "--help"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[1:]
        for command in (
            [COMMAND[0]],
            [sys.executable, "-m", "keras_ib_cli"],
        )
    ]
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_answers_at_once(option):
    # Keras alone would take seconds. Time of the processor, not of the wall:
    # the machine may be busy.
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([COMMAND[0], option], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 0.5
