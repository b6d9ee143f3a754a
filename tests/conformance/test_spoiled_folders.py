"""Every file of a run, spoiled in every way: right, or one sentence of ours."""

import contextlib
import json
import linecache
import math
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import traceback
import warnings

from click.testing import CliRunner
import matplotlib.pyplot as plt
import pytest
import synthetic_run

import keras_ib
from keras_ib import RunLog, plotting
from keras_ib.analysis.comparison import conditions
from keras_ib.logs.files import CONFIG, ROWS, SUPERSEDED
from keras_ib.logs.jsonl import JSONLines
from keras_ib.logs.lock import LOCK
from keras_ib.training import folder as run_folder
from keras_ib_cli.main import main

LONGEST = 400  # Letters of a sentence, of which 200 at most are quoted.
HUGE = "x" * 10**5
TRAINING = {"arch": "mlp", "epochs": 3, "seed": 0}
MORE = {
    "seed": 0,
    "schedule": "log",
    "training": TRAINING,
    "result": {"test_accuracy": 0.5, "seconds": 2.0},
    "left_out": [{"what": "tap", "name": "zx", "reason": "none"}],
}


def run_of(folder):
    """A small run, as of `keras-ib train`."""
    synthetic_run.write(folder, taps=("stem", "head"), data=("train",), last=3)
    path = folder / CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | MORE))
    return folder


# What is done with a run.


def read(folder, good):
    """True if it reads as the good one does, so that all else is as there."""
    log = RunLog(folder)
    if log.config == good.config and log.rows == good.rows:
        return True
    _ = log.targets, log.training, log.result, str(log), log._repr_html_()
    for tap in log.taps:
        for field in log.fields:
            log.series(tap, field)
    log.to_frame(wide=True)
    return False


def plot(folder, good):
    plotting.plane(folder)


def compare(folder, good):
    keras_ib.compare({"this": folder, "other": good.folder}, "zy/ce")
    conditions([folder, good])


def export(folder, good):
    result = CliRunner().invoke(main, ["export", str(folder)])
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code in (0, 2)
    assert result.stderr.count("\n") == result.exit_code // 2
    assert len(without_places(result.stderr, folder, good)) <= LONGEST


def resume(folder, good):
    run_folder.check(folder, TRAINING, resume=True)
    writer = JSONLines(folder)
    try:
        writer.open(good.config, 10)
        writer.write([good.rows[0] | {"step": 10}])
    finally:
        writer.close()


ACTIONS = (read, plot, compare, export, resume)


# What is done to a file.


def replaced_by(make):
    def spoil(path):
        path.unlink(missing_ok=True)
        make(path)

    return spoil


def bytes_of(change):
    return lambda path: path.write_bytes(change(path.read_bytes()))


def outside(path):
    other = path.parent.parent / "outside"
    other.write_bytes(b"mine\n")
    path.symlink_to(other)


def half_a_character(content):
    content = content.replace(b'"stem"', b'"\\ud800"')
    return content.replace(b'"y"', b'"\\udc00"')


NO_FILE = {
    "a folder": replaced_by(Path.mkdir),
    "a pipe": replaced_by(os.mkfifo),
    "a device": replaced_by(lambda path: path.symlink_to("/dev/zero")),
    "a link that leads out": replaced_by(outside),
    "a link to itself": replaced_by(lambda path: path.symlink_to(path)),
    "a link to nothing": replaced_by(lambda path: path.symlink_to("nothing")),
}
DAMAGE = NO_FILE | {
    "missing": Path.unlink,
    "empty": bytes_of(lambda b: b""),
    "truncated": bytes_of(lambda b: b[: len(b) // 2]),
    "garbage": bytes_of(lambda b: bytes(range(256)) * 9),
    "zeros": bytes_of(lambda b: bytes(len(b))),
    "byte order mark": bytes_of(lambda b: b"\xef\xbb\xbf" + b),
    "utf-16": bytes_of(lambda b: b.decode().encode("utf-16")),
    "blank lines": bytes_of(lambda b: b"\n" + b.replace(b"\n", b"\n\n")),
    "twice": bytes_of(lambda b: b + b),
    "a huge line": bytes_of(lambda b: b + b'{"x": "' + b"x" * 10**6 + b'"}\n'),
    "deep": bytes_of(lambda b: b"[" * 10**5),
    "a list": bytes_of(lambda b: b"[]\n"),
    "a number": bytes_of(lambda b: b"3\n"),
    "half a character": bytes_of(half_a_character),
    "not allowed": lambda path: path.chmod(0),
}
ROW = ("step", "epoch", "data", "tap", "target", "measure", "field", "value")
ABOUT = ("unit", "kind", "rows", "meaning", "formula", "ceiling")
OUT_OF_RANGE = (2**63, 10**400, math.nan, math.inf)
NAMES = ("=1+1", r"$\frac{$", "a\nb\0\x1b[31m<b>", HUGE)
OTHERS = (None, True, -1, 0.5, [], [3], {}, {"x": [HUGE]})
PLACES = (
    *(("schema",), ("seed",), ("left_out",), ("left_out", 0, "reason")),
    *(("taps",), ("taps", 0), ("taps", 0, "name"), ("taps", 0, "shape")),
    *(("data",), ("data", "train"), ("data", "train", "num_fit")),
    *(("measures",), ("measures", "zx"), ("measures", "zx", "fields")),
    *(("measures", "zx", "fields", "fvu", about) for about in ABOUT),
    *(("rows_per_measurement",), ("training",), ("training", "epochs")),
    *(("training", "arch"), ("result",), ("result", "test_accuracy")),
)


def row_with(key, value, everywhere=False):
    """Appends a row with a value of this kind, or changes all rows."""

    def change(content):
        rows = [json.loads(line) for line in content.splitlines()]
        wrong = [row | {key: value} for row in rows]
        rows = wrong if everywhere else rows + wrong[:1]
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    return bytes_of(change)


def config_with(place, value, is_there=True):
    def change(content):
        inside = config = json.loads(content)
        for key in place[:-1]:
            inside = inside[key]
        inside[place[-1]] = value
        if not is_there:
            del inside[place[-1]]
        return json.dumps(config).encode()

    return bytes_of(change)


def config_without(place):
    return config_with(place, None, is_there=False)


def table():
    """`(name, file, what is done to it)` of all spoiled folders."""
    for name, spoil in DAMAGE.items():
        yield f"{CONFIG}: {name}", CONFIG, spoil
        yield f"{ROWS}: {name}", ROWS, spoil
    for file in (SUPERSEDED, LOCK, "config.draft.json"):
        for name, spoil in NO_FILE.items():
            yield f"{file}: {name}", file, spoil
    # Every value comes to every third place or so.
    values = (*OUT_OF_RANGE, *NAMES, *OTHERS)
    for n, key in enumerate(ROW):
        for value in values[n % 3 :: 3]:
            yield f"row {key} {value!r:.20}", ROWS, row_with(key, value)
        value = values[n]
        name = f"all rows {key} {value!r:.20}"
        yield name, ROWS, row_with(key, value, everywhere=True)
    for n, place in enumerate(PLACES):
        yield f"{CONFIG} without {place}", CONFIG, config_without(place)
        for value in values[n % 4 :: 4]:
            name = f"{CONFIG} {place} {value!r:.20}"
            yield name, CONFIG, config_with(place, value)


class HangError(Exception):
    """Something was waited for."""


@contextlib.contextmanager
def in_seconds(limit):
    def end(number, frame):
        raise HangError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def without_places(text, *folders):
    for folder in folders:
        folder = getattr(folder, "folder", folder)
        text = text.replace(str(folder.parent), "")
    return text


def raw_error(action, folder, good):
    """`(what it raises that is no sentence of ours or None, what it says)`."""
    try:
        with warnings.catch_warnings(), in_seconds(30):
            warnings.simplefilter("ignore")
            return None, action(folder, good)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        source = linecache.getline(last.filename, last.lineno).strip()
        said = without_places(str(error), folder, good)
        if (
            isinstance(error, ValueError)
            and "keras_ib" in last.filename
            and source.startswith("raise ")
            and len(said) <= LONGEST
            and "\n" not in said
        ):
            return None, None
        where = f"{last.filename}:{last.lineno}"
        return f"{action.__name__}: {where} {error!r:.200}", None
    finally:
        plt.close("all")


def raw_errors(name, file, spoil, good, parent):
    """All raw errors that a spoiled copy of a run leads to."""
    found, is_good = [], False
    for action in ACTIONS:
        if is_good and action is not resume:
            continue
        folder = Path(shutil.copytree(good.folder, parent / "run"))
        (folder / file).touch()
        spoil(folder / file)
        error, is_good = raw_error(action, folder, good)
        if error:
            found.append(f"{name}: {error}")
        if (parent / "outside").exists():
            assert (parent / "outside").read_bytes() == b"mine\n", name
        shutil.rmtree(folder)
    return found


@pytest.mark.slow
def test_a_spoiled_folder_is_read_right_or_refused_in_a_sentence(tmp_path):
    good = RunLog(run_of(tmp_path / "good" / "run"))
    cases = list(table())
    found = [e for case in cases for e in raw_errors(*case, good, tmp_path)]
    print(f"{len(cases)} folders, {len(found)} raw errors")
    assert not found, "\n".join(found)
    assert len(cases) >= 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "file", "damage"),
    [
        ("plot", ROWS, "a pipe"),
        ("compare", CONFIG, "a huge line"),
        ("export", CONFIG, "a device"),
        ("plot", CONFIG, "garbage"),
    ],
)
def test_a_command_says_it_in_one_line(tmp_path, command, file, damage):
    folder = run_of(tmp_path / "run")
    DAMAGE[damage](folder / file)
    found = subprocess.run(
        [sys.executable, "-m", "keras_ib_cli", command, folder],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert found.returncode == 2
    assert found.stderr.startswith("Error: ")
    assert found.stderr.count("\n") == 1
    assert file in found.stderr
    assert len(without_places(found.stderr, folder)) <= LONGEST


@pytest.mark.slow
def test_no_training_goes_on_from_a_hostile_model(tmp_path):
    folder = run_of(tmp_path / "run")
    (folder / "model.keras").symlink_to("/dev/zero")
    arguments = ["train", "--arch", "mlp", "--num-train", "100", "--resume"]
    found = CliRunner().invoke(main, [*arguments, "--output", str(folder)])
    assert found.exit_code == 2
    assert "model.keras is no file" in found.stderr
