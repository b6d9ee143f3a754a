"""Two machines, here two processes: one log, also where one is lost."""

import json
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_ib import RunLog

pytestmark = pytest.mark.slow
COMMAND = (
    *(Path(sys.executable).with_name("keras-ib"), "train", "--arch", "mlp"),
    *("--num-train", "256", "--batch-size", "64", "--epochs", "8"),
    *("--measures", "zx,kde", "--taps", "stem,head", "--probe-size", "63"),
    *("--optimizer", "sgd", "--schedule", "epoch"),
)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_both(tmp_path, *more):
    """The chief and another worker, each with a folder of its own."""
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    return [
        subprocess.Popen(
            [
                *(*COMMAND, "--strategy", "multiworker", *more),
                *("--output", tmp_path / f"worker{index}"),
            ],
            env=os.environ
            | {
                "TF_CONFIG": json.dumps(
                    {
                        "cluster": {"worker": workers},
                        "task": {"type": "worker", "index": index},
                    }
                )
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]


def finish(process):
    try:
        output, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, output, errors


def assert_same_numbers(folder, expected):
    ours, theirs = RunLog(folder), RunLog(expected)
    assert [row | {"value": 0} for row in ours.rows] == [
        row | {"value": 0} for row in theirs.rows
    ]
    np.testing.assert_allclose(
        [row["value"] for row in ours.rows],
        [row["value"] for row in theirs.rows],
        rtol=2e-3,
        atol=2e-3,
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The same training in one process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    subprocess.run([*COMMAND, "--output", folder], check=True)
    return folder


def test_the_chief_alone_writes_and_the_numbers_are_the_same(alone, tmp_path):
    chief, other = map(finish, start_both(tmp_path))
    assert chief[0] == other[0] == 0, chief[2] + other[2]
    assert "test accuracy" in chief[1]
    assert "The chief writes" in other[1]
    assert not (tmp_path / "worker1").exists()
    log = RunLog(tmp_path / "worker0")
    assert log.config["strategy"] == "MultiWorkerMirroredStrategy"
    assert log.config["num_replicas"] == 2
    assert_same_numbers(tmp_path / "worker0", alone)


def test_a_worker_that_dies(alone, tmp_path):
    folder = tmp_path / "worker0"
    saved = folder / "model.keras"
    chief, other = start_both(tmp_path)
    while other.poll() is None and not saved.exists():
        time.sleep(0.02)
    other.send_signal(signal.SIGKILL)
    finish(other)
    status, _, errors = finish(chief)
    assert status == 1, errors
    assert "Traceback" not in errors
    assert "--resume" in errors
    assert 1 < len(RunLog(folder).steps) < len(RunLog(alone).steps)
    # The model that the other one goes on with lies where both can read it.
    os.symlink(folder, tmp_path / "worker1")
    both = [finish(p) for p in start_both(tmp_path, "--resume")]
    assert [status for status, *_ in both] == [0, 0], both
    assert_same_numbers(folder, alone)
