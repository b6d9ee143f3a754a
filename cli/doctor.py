"""`keras-ib doctor`: what this machine offers, and what will not work.

Nothing here imports a backend but `probe`, which runs in a process of its
own: a backend that does not fit its libraries may abort the whole process.
"""

import json
import os
import shutil
import signal
import subprocess
import sys

import click

from keras_ib_cli.packages import (
    Finding,
    check_packages,
    packages,
    version_of,
)
from keras_ib_cli.tables import echo_table

PROBE = "from keras_ib_cli.doctor import probe; probe()"
# Seconds; a TPU that another process holds is waited for without an end.
PATIENCE = 300


@click.command()
def doctor():
    """Says what this machine offers, and what to do about what it lacks.

    The exit status is 1 if something will not work.
    """
    result = ask(PROBE)
    # Keras' own default, where it could not be asked.
    default = os.environ.get("KERAS_BACKEND", "tensorflow")
    installed, requirements = packages()
    findings = [
        *check_packages(
            installed, requirements, result.get("backend", default)
        ),
        *check_machine(result, installed),
    ]
    echo_table(["STATUS", "WHAT", "FOUND"], findings)
    if any(finding.status == "FAIL" for finding in findings):
        raise click.exceptions.Exit(1)


def ask(code: str) -> dict:
    """What `code` prints last, as JSON, or `{"error": why not}`."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"it did not answer within {PATIENCE} seconds"}
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    killed = (
        f"{signal.Signals(-done.returncode).name} ended the process: "
        if done.returncode < 0
        else ""
    )
    return {"error": killed + (lines[-1].strip() if lines else "no message")}


def probe():
    """Prints what the backend offers; run in a process of its own."""
    import keras

    from keras_ib import runtime
    from keras_ib.data import datasets

    strategy = runtime.backend.make_strategy("auto")
    found = {
        "backend": keras.config.backend(),
        "devices": keras.distribution.list_devices(),
        "strategy": strategy and type(strategy).__name__,
        "datasets": {
            name: datasets.is_at_hand(name) for name in datasets.SOURCES
        },
    }
    print(json.dumps(found))


def check_machine(result: dict, installed: dict[str, str]) -> list[Finding]:
    """What the answer of `probe` says."""
    if "error" in result:
        return [_explain(result["error"], installed)]
    backend = result["backend"]
    return [
        Finding("ok", "backend", f"{backend} {version_of(backend, installed)}"),
        _check_devices(result["devices"]),
        Finding(
            "ok",
            "strategy",
            f"--strategy auto takes {result['strategy'] or 'none'}",
        ),
        *_check_datasets(result["datasets"]),
    ]


def _explain(error, installed):
    there = [n for n in ("tensorflow", "jax") if version_of(n, installed)]
    # From 0.0.32 on it aborts the import of TensorFlow 2.20.
    tpu = "tensorflow-tpu" in installed
    return Finding(
        "FAIL",
        "backend",
        f"cannot be loaded ({error}). Installed: "
        f"{', '.join(there) or 'none'}. Choose one by the environment variable "
        "KERAS_BACKEND, or install yours anew"
        f"{', and libtpu==0.0.14 beside tensorflow-tpu' if tpu else ''}.",
    )


def _check_devices(devices):
    lost = shutil.which("nvidia-smi") and not any("gpu" in d for d in devices)
    if not lost:
        return Finding("ok", "devices", ", ".join(devices))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    remedy = (
        'install the CUDA libraries: pip install "keras-ib[gpu]", or for JAX '
        '"jax[cuda12]".'
        if visible is None
        else f"CUDA_VISIBLE_DEVICES={visible!r} may hide it."
    )
    return Finding(
        "note",
        "devices",
        f"{', '.join(devices)}. There is an NVIDIA driver, but the backend "
        f"sees no GPU: {remedy}",
    )


def _check_datasets(datasets):
    there = [name for name, is_there in datasets.items() if is_there]
    others = [name for name in datasets if name not in there]
    yield Finding("ok", "datasets", f"at hand: {', '.join(there)}")
    if others:
        yield Finding(
            "note",
            "datasets",
            f"downloaded at the first use: {', '.join(others)}. Without a "
            "network, give --data-dir with their files.",
        )
