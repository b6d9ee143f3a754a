"""`keras-ib doctor` finds what will not work, and does not stumble over it."""

import json
import sys

from click.testing import CliRunner
import keras
import pytest

from keras_ib_cli import doctor as doctor_module
from keras_ib_cli.main import main
from keras_ib_cli.packages import check_packages, packages

REQUIREMENTS = {
    "keras-ib": [
        *("keras>=3.12", "numpy>=1.26", "tensorflow<2.22,>=2.19"),
        *("tf-keras<2.22,>=2.19", 'pandas>=2.1; extra == "test"'),
    ],
    "tf-keras": ["tensorflow<2.22,>=2.21"],
    "tensorflow": ["google_pasta>=0.1.1"],
}
GOOD = {
    "keras": "3.15.1",
    "numpy": "2.1.3",
    "tensorflow": "2.21.0",
    "tf-keras": "2.21.0",
    "google-pasta": "0.2.0",
}
ANSWER = {
    "backend": "tensorflow",
    "devices": ["cpu:0"],
    "strategy": None,
    "datasets": {"digits": True, "mnist": False},
}


def run():
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    header, *lines = result.stdout.splitlines()
    assert header.split() == ["STATUS", "WHAT", "FOUND"]
    return result.exit_code, lines


def line_of(lines, what):
    (line,) = [line for line in lines if line.split()[1] == what]
    return line


@pytest.mark.slow
@pytest.mark.jax
def test_this_machine():
    status, lines = run()
    backend = keras.config.backend()
    assert line_of(lines, "backend").split()[:3] == ["ok", "backend", backend]
    for device in keras.distribution.list_devices():
        assert device.partition(":")[0] in line_of(lines, "devices")
    assert "at hand: digits, szt" in "".join(lines)
    failed = [line for line in lines if line.startswith("FAIL")]
    assert status == (1 if failed else 0)


@pytest.mark.slow
@pytest.mark.jax
def test_a_backend_that_is_not_there(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    status, lines = run()
    assert status == 1
    line = line_of(lines, "backend")
    assert line.startswith("FAIL")
    for words in ("abacus", "KERAS_BACKEND", keras.config.backend()):
        assert words in line


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.abort()", "SIGABRT ended the process"),
        ("import no_such_backend", "No module named 'no_such_backend'"),
    ],
)
def test_a_backend_that_cannot_be_imported(monkeypatch, code, words):
    monkeypatch.setattr(doctor_module, "PROBE", code)
    status, lines = run()
    assert status == 1
    assert words in line_of(lines, "backend")


def test_a_backend_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(doctor_module, "PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor_module, "PATIENCE", 0.5)
    status, lines = run()
    assert status == 1
    assert "did not answer within 0.5 s" in line_of(lines, "backend")


def test_says_what_the_backend_offers(monkeypatch):
    answer = ANSWER | {"strategy": "MirroredStrategy"}
    code = f"print('a notice'); print({json.dumps(answer)!r})"
    monkeypatch.setattr(doctor_module, "PROBE", code)
    monkeypatch.setattr(doctor_module, "packages", lambda: (GOOD, REQUIREMENTS))
    monkeypatch.setattr(doctor_module.shutil, "which", lambda name: None)
    status, lines = run()
    assert status == 0
    for status, what, words in (
        ("ok", "packages", "6 requirements of keras-ib, tf-keras, tensorflow"),
        ("ok", "backend", "tensorflow 2.21.0"),
        ("ok", "devices", "cpu:0"),
        ("ok", "strategy", "--strategy auto takes MirroredStrategy"),
    ):
        line = line_of(lines, what)
        assert line.startswith(status)
        assert words in line
    assert "at hand: digits" in lines[-2]
    assert lines[-1].startswith("note")
    assert "mnist" in lines[-1]


@pytest.mark.parametrize(
    ("devices", "visible", "words"),
    [
        (["gpu:0"], None, None),
        (["cpu:0"], None, "keras-ib[gpu]"),
        (["cpu:0"], "", "CUDA_VISIBLE_DEVICES=''"),
    ],
)
def test_a_gpu_that_is_not_used(monkeypatch, devices, visible, words):
    monkeypatch.setattr(doctor_module.shutil, "which", lambda name: name)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    answer = ANSWER | {"devices": devices}
    _, found, *_ = doctor_module.check_machine(answer, GOOD)
    assert found.status == ("note" if words else "ok")
    assert (words or "gpu:0") in found.found


def checked(installed, backend="tensorflow", requirements=REQUIREMENTS):
    found = check_packages(installed, requirements, backend)
    return [tuple(finding) for finding in found]


def without(*names):
    return {name: v for name, v in GOOD.items() if name not in names}


def test_packages_that_go_together():
    ((status, what, _),) = checked(GOOD)
    assert (status, what) == ("ok", "packages")


@pytest.mark.parametrize(
    ("installed", "what", "words"),
    [
        (GOOD | {"keras": "3.10.0"}, "keras", "3.10.0 is installed"),
        (GOOD | {"numpy": "1.24.0"}, "numpy", "pip install 'numpy>=1.26'"),
        (without("tf-keras"), "tf-keras", "it is missing"),
        (without("google-pasta"), "google_pasta", "tensorflow needs"),
        (GOOD | {"tensorflow": "2.20.0"}, "tensorflow", "tf-keras needs"),
        (
            GOOD | {"tensorflow-tpu": "2.20.0"},
            "tensorflow and tensorflow-tpu",
            "pip uninstall tensorflow tensorflow-tpu",
        ),
    ],
)
def test_packages_that_clash(installed, what, words):
    ((status, found, text),) = checked(installed)
    assert (status, found) == ("FAIL", what)
    assert words in text


def test_another_build_of_tensorflow_counts_as_it():
    installed = without("tensorflow") | {"tensorflow-cpu": "2.21.0"}
    assert checked(installed)[0][0] == "ok"


def test_tensorflow_is_not_wanted_on_jax():
    installed = without("tensorflow", "tf-keras")
    requirements = {"keras-ib": REQUIREMENTS["keras-ib"]}
    assert checked(installed, "jax", requirements)[0][0] == "ok"
    assert {f[0] for f in checked(installed, "tensorflow", requirements)} == {
        "FAIL"
    }


def test_keras_may_be_missing_with_what_reads_requirements(monkeypatch):
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    ((status, what, text),) = checked(without("keras"))
    assert (status, what) == ("FAIL", "keras")
    assert "pip install keras" in text


@pytest.mark.jax
def test_reads_the_packages_that_are_installed():
    installed, requirements = packages()
    assert installed["keras"] == keras.__version__
    assert any(text.startswith("keras>=") for text in requirements["keras-ib"])


def test_a_tpu_build_that_aborts_comes_with_its_remedy():
    installed = {"tensorflow-tpu": "2.20.0"}
    (found,) = doctor_module.check_machine({"error": "SIGABRT"}, installed)
    assert found.status == "FAIL"
    assert "libtpu==0.0.14" in found.found
