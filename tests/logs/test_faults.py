"""Two writers, full disks, damaged and hostile files: nothing is lost."""

import json
import os
from pathlib import Path
import resource
import signal
import subprocess
import sys
import warnings

from logs.test_run import CONFIG, measurement, write
import pytest

from keras_ib.logs.config import read_config
from keras_ib.logs.files import ROWS, SUPERSEDED, replaced, write_atomically
from keras_ib.logs.jsonl import JSONLines
from keras_ib.logs.lock import LOCK, Lock
from keras_ib.logs.run import RunLog

pytestmark = pytest.mark.jax

HOLDER = """
import sys
from keras_ib.logs.lock import Lock
lock = Lock(sys.argv[1])
lock.take()
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"taken\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_writer_is_refused_and_a_stale_lock_is_not_one(
    tmp_path, holder
):
    with pytest.raises(ValueError, match=f"process {holder.pid} on .*since"):
        write(tmp_path, [0])
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    write(tmp_path, [0]).close()
    assert RunLog(tmp_path).steps == [0]
    with Lock(tmp_path), Lock(tmp_path):  # Within a process, twice.
        pass


def test_no_log_is_begun_where_one_is(tmp_path):
    """Also by one that looked before the other had begun."""
    first, second = JSONLines(tmp_path), JSONLines(tmp_path)
    first.open(CONFIG, 0)
    first.close()
    with pytest.raises(ValueError, match="already holds a run"):
        second.open(CONFIG, 0)


def test_within_a_process_the_last_one_has_the_folder(tmp_path):
    """As in loops of one's own, where nothing tells when the first ends."""
    first, second = write(tmp_path, [0]), write(tmp_path, [1], start_step=1)
    with pytest.raises(ValueError, match="another InfoPlane of this process"):
        first.write(measurement(2))
    first.close()
    second.write(measurement(2))
    second.close()
    assert RunLog(tmp_path).steps == [0, 1, 2]
    first.write(measurement(3))  # Nobody has it now.
    assert RunLog(tmp_path).steps == [0, 1, 2, 3]


def test_rows_that_are_there_twice_count_once(tmp_path):
    write(tmp_path, [0, 1, 8]).close()
    path = tmp_path / ROWS
    whole = path.read_text()
    again = json.dumps(measurement(8, value=9.0)[0]) + "\n"
    path.write_text(whole + again + whole)
    with pytest.warns(UserWarning, match="line 25 and 24 more repeat"):
        log = RunLog(tmp_path)
    assert log.steps == [0, 1, 8]
    assert log.series("stem", "zx", "fvu")[1].tolist() == [0, 0.25, 2.0]
    with pytest.warns(UserWarning, match="twice"):
        write(tmp_path, [], start_step=8).close()
    assert path.read_text() == whole


@pytest.mark.parametrize(
    ("damage", "steps", "says"),
    [
        (lambda text: "\ufeff" + text, [0, 1, 8], None),
        (lambda text: text.replace("\n", "\n\n"), [0, 1, 8], None),
        (lambda text: text.replace("\n", "\r\n"), [0, 1, 8], None),
        (lambda text: text + "\n\n", [0, 1, 8], None),
        (lambda text: text.replace(", ", ","), [0, 1, 8], None),
        (lambda text: text + "gar\ufffdbage\n[1]\nnull\n", [0, 1, 8], "25 and"),
        (lambda text: text + "\0" * 99 + "\n", [0, 1, 8], "line 25 can"),
        (lambda text: text[:-30] + text, [0, 1, 8], "line 24 can"),
        (lambda text: "[" * 10**5 + "\n" + text, [0, 1, 8], "line 1 can"),
        (lambda text: text.replace('"step": 8', '"step": 8.5'), [0, 1], "17"),
        (lambda text: text.replace('"stem"', '["s"]', 1), [1, 8], "line 1 can"),
        (lambda text: text.replace("2.0}", '"x"}'), [0, 1], "line 17 and 7"),
        (lambda text: "", [], None),
    ],
)
def test_what_is_whole_of_a_damaged_log_is_read(tmp_path, damage, steps, says):
    write(tmp_path, [0, 1, 8]).close()
    path = tmp_path / ROWS
    path.write_text(damage(path.read_text()), encoding="utf-8", newline="")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert RunLog(tmp_path).steps == steps
        said = [str(one.message) for one in said if "damaged" in str(one)]
        assert [str(path) in one and says in one for one in said] == [True] * (
            says is not None
        )
        # And it can be gone on with.
        write(tmp_path, [9], start_step=8).close()
        assert RunLog(tmp_path).steps == [*steps, 9]


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path):
    writer = write(tmp_path, [0])
    size = (tmp_path / ROWS).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    plain = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 500, before[1]))
        with pytest.warns(UserWarning, match="It is kept and written"):
            writer.write(measurement(1))
        assert (tmp_path / ROWS).stat().st_size == size
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, plain)
    writer.write(measurement(2))
    writer.close()
    assert RunLog(tmp_path).steps == [0, 1, 2]


def test_a_torn_end_is_not_written_on(tmp_path):
    writer = write(tmp_path, [0])
    with open(tmp_path / ROWS, "a") as file:
        file.write('{"step": 9, "epo')
    writer.write(measurement(1))
    with pytest.warns(UserWarning, match="line 9 cannot"):
        assert RunLog(tmp_path).steps == [0, 1]


SPOILT = [
    *(b"", b"{", b"[]", b"null", b"3", b'"x"', b"\xff\xfe", b"\0" * 40),
    *(b"[" * 10**5, b'{"a": ' * 10**5, b'{"schema": 3}', b'{"schema": 1e999}'),
    *(
        json.dumps(CONFIG | {key: value}).encode()
        for key in ("schema", "measures", "taps", "data", "training", "result")
        for value in (None, True, "x", 1.5, [3], ["x"], {"x": 3}, {"x": "y"})
        if key not in ("training", "result") or not isinstance(value, dict)
    ),
    *(
        json.dumps(CONFIG | more).encode()
        for more in (
            {"rows_per_measurement": "8"},
            {"rows_per_measurement": {}},
            {"taps": [{"shape": [3]}]},
            {"taps": [{"name": 3}]},
            {"measures": {"zx": {"config": {}}}},
            {"measures": {"zx": {"fields": {"fvu": None}}}},
            {"measures": {"zx": {"fields": {"fvu": {"unit": 3}}}}},
            {"left_out": "x" * 10**6},
            {"steps": 3},
        )
    ),
]


@pytest.mark.parametrize("text", SPOILT, ids=range(len(SPOILT)))
def test_a_spoilt_config_is_one_sentence(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text)
    with pytest.raises(ValueError, match=r"config\.json is ") as error:
        RunLog(tmp_path)
    said = str(error.value).replace(str(tmp_path), "")
    assert len(said) < 200
    assert "\n" not in said


def test_a_byte_order_mark_is_no_damage(tmp_path):
    text = "\ufeff" + json.dumps(CONFIG)
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert read_config(tmp_path) == CONFIG


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    write(tmp_path, [0]).close()
    path = tmp_path / ROWS
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        path.unlink()
        make(path)
        with pytest.raises(ValueError, match=r"jsonl is a pipe, a device"):
            RunLog(tmp_path)
        with pytest.raises(ValueError, match="cannot be written"):
            write(tmp_path, [1], start_step=1)


@pytest.mark.parametrize("name", [ROWS, SUPERSEDED, LOCK])
def test_nothing_is_appended_through_a_link_that_leads_out(tmp_path, name):
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    run = tmp_path / "run"
    run.mkdir()
    (run / name).symlink_to(outside)
    with pytest.raises(ValueError, match="cannot be written"):
        write(run, [0])
    assert outside.read_text() == "mine\n"


def test_a_file_is_replaced_whole_and_a_link_is_not_written_through(tmp_path):
    outside, path = tmp_path / "outside", tmp_path / "run.json"
    outside.write_text("mine")
    for link in (path, tmp_path / "run.draft.json"):
        link.symlink_to(outside)
    write_atomically(path, "whole")
    assert (outside.read_text(), path.read_text()) == ("mine", "whole")

    def fails():
        with replaced(path) as draft:
            draft.write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fails()
    assert path.read_text() == "whole"
    assert sorted(Path(tmp_path).iterdir()) == [outside, path]
