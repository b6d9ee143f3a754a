"""`keras-ib measure`, through the entry point's function."""

from click.testing import CliRunner
import keras
import numpy as np
import pytest
import zoo

import keras_ib
from keras_ib import RunLog, models
from keras_ib.data import datasets
from keras_ib.logs.lock import LOCK
from keras_ib_cli.main import main

X, Y = zoo.data()


def invoke(*arguments):
    arguments = ["measure", "--probe-size", "60", *arguments]
    return CliRunner().invoke(main, [str(a) for a in arguments])


def run(*arguments):
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def fails(*arguments):
    """Runs a command that must fail; returns its one line."""
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    return result.stderr


class Own(keras.layers.Dense):
    """A layer that nobody has registered."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Checkpoints of both kinds, a model, and data."""
    folder = tmp_path_factory.mktemp("measure")
    (folder / "whole").mkdir()
    (folder / "weights").mkdir()
    for number in (2, 10):
        model = zoo.compiled("functional")
        model.optimizer.iterations.assign(number)
        model.save(folder / "whole" / f"ckpt-{number}.keras")
        model.save_weights(folder / "weights" / f"{number}.weights.h5")
    np.savez(folder / "data.npz", x=X, y=Y)
    splits = {"x_train": X[:60], "y_train": Y[:60]}
    splits |= {"x_test": X[60:], "y_test": Y[60:]}
    np.savez(folder / "splits.npz", **splits)
    np.savez(folder / "other.npz", features=X)
    np.savez(folder / "objects.npz", x=np.array([{}]), y=np.array([{}]))
    np.save(folder / "array.npy", X)
    (folder / "text.npz").write_text("no arrays")
    (folder / "text.keras").write_text("no model")
    keras.Sequential([keras.Input((6,)), Own(3)]).save(folder / "own.keras")
    return folder


@pytest.mark.jax
def test_a_training(folder, tmp_path):
    output = tmp_path / "out"
    lines = run(
        *("--checkpoints", folder / "whole", "--data", folder / "data.npz"),
        *("--output", output),
    )
    for number, line in zip((2, 10), lines, strict=False):
        path = folder / "whole" / f"ckpt-{number}.keras"
        assert line.split() == ["step", str(number), str(path)]
    files = ["config.json", "info_plane.jsonl", "plane.png", "dynamics.png"]
    assert lines[-4:] == [str(output / file) for file in files]
    assert {path.name for path in output.iterdir()} == {*files, LOCK}
    assert lines[4].split()[:4] == ["tap", "zx/fvu", "first", "zx/fvu"]
    log = RunLog(output)
    assert log.steps == [2, 10]
    assert log.data_names == ["probe"]
    expected = keras_ib.measure_checkpoints(
        folder / "whole", (X, Y), probe_size=60, log_dir=tmp_path / "library"
    )
    assert log.rows == expected.rows


@pytest.mark.jax
def test_a_model_shows_the_values_of_its_one_step(folder, tmp_path):
    output = tmp_path / "out"
    lines = run(
        *("--model", folder / "whole" / "ckpt-10.keras", "--output", output),
        *("--data", folder / "splits.npz", "--taps", "first,logits"),
    )
    log = RunLog(output)
    assert log.steps == [10]
    assert log.data_names == ["train", "test"]
    assert log.config["data"]["train"]["num_rows"] == 60
    assert log.config["data"]["test"]["num_rows"] == 36
    table = lines[lines.index("") + 1 :]
    assert table[0].startswith("train: 30 samples fit the decoders")
    assert table[1].split() == ["tap", "zx/fvu", "zy/ce"]
    for tap, line in zip(("first", "logits"), table[2:4], strict=True):
        found = [
            log.series(tap, *f)[1][0] for f in (("zx", "fvu"), ("zy", "ce"))
        ]
        assert line.split() == [tap, *(f"{value:.3f}" for value in found)]
    assert {path.name for path in output.iterdir()} == {
        *("config.json", "info_plane.jsonl", LOCK),
    }


def test_measures_that_the_table_has_no_columns_for(folder, tmp_path):
    lines = run(
        *("--model", folder / "whole" / "ckpt-2.keras", "--measures", "kde"),
        *("--data", folder / "data.npz", "--output", tmp_path / "out"),
    )
    fields = RunLog(tmp_path / "out").config["measures"]["kde"]["fields"]
    assert lines[3].split() == ["tap", *(f"kde/{field}" for field in fields)]


def test_goes_on_where_it_was(folder, tmp_path):
    options = ["--checkpoints", folder / "whole", "--output", tmp_path / "out"]
    options += ["--data", folder / "data.npz", "--measures", "zx"]
    first = run(*options)
    rows = RunLog(tmp_path / "out").rows
    again = run(*options)
    assert first[2:] == again
    assert RunLog(tmp_path / "out").rows == rows
    assert "other data" in fails(*options, "--seed", "1")


def test_weights_and_their_architecture(folder, tmp_path):
    model = folder / "whole" / "ckpt-2.keras"
    options = ["--checkpoints", folder / "weights", "--measures", "zx"]
    options += ["--data", folder / "data.npz", "--output", tmp_path / "out"]
    assert "Give --model" in fails(*options)
    run(*options, "--model", model)
    assert RunLog(tmp_path / "out").steps == [2, 10]


@pytest.mark.slow
def test_our_own_layers_on_a_dataset_by_name(tmp_path, monkeypatch, precision):
    monkeypatch.chdir(tmp_path)
    models.mixer((8, 8, 1), 10, variant="tiny").save("mixer.keras")
    keras.config.set_dtype_policy("float32")  # the file says what to use
    lines = run(
        *("--model", "mixer.keras", "--dataset", "digits"),
        *("--num-train", 200, "--seed", 3, "--taps", "stem,head"),
    )
    assert lines[-2] == "runs/measured-mixer/config.json"
    data = datasets.load("digits", num_train=200, seed=3)
    log = RunLog("runs/measured-mixer")
    expected = keras_ib.measure_checkpoints(
        ["mixer.keras"],
        {
            "train": (data.x_train, data.y_train),
            "test": (data.x_test, data.y_test),
        },
        taps=["stem", "head"],
        probe_size=60,
        seed=3,
        log_dir="library",
    )
    assert log.rows == expected.rows


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--data", "data.npz"], ["--model", "--checkpoints"]),
        (["{model}"], ["--dataset", "--data"]),
        (["{model}", "--data", "data.npz", "--dataset", "digits"], ["either"]),
        (
            ["{model}", "--data", "data.npz", "--num-train", "9"],
            ["--num-train"],
        ),
        (["{model}", "--data", "data.npz", "--data-dir", "."], ["--data-dir"]),
        (["--model", "no.keras", "--data", "data.npz"], ["no.keras", "exist"]),
        (["--checkpoints", "no", "--data", "data.npz"], ["no", "exist"]),
        (["--checkpoints", ".", "--data", "data.npz"], ["text.keras"]),
        (["--model", "text.keras", "--data", "data.npz"], ["text.keras"]),
        (["--model", "own.keras", "--data", "data.npz"], ["Own", "register"]),
        (["--model", "data.npz", "--data", "data.npz"], [".keras"]),
        (["{model}", "--data", "text.npz"], ["text.npz", "np.savez"]),
        (["{model}", "--data", "array.npy"], ["array.npy", "np.savez"]),
        (["{model}", "--data", "objects.npz"], ["objects.npz", "np.savez"]),
        (["{model}", "--data", "other.npz"], ["features", "x_train"]),
        (["{model}", "--dataset", "imagenet"], ["imagenet", "digits"]),
        (["{model}", "--dataset", "digits"], ["(60, 8, 8, 1)"]),
        (
            ["{model}", "--data", "data.npz", "--taps", "neck"],
            ["neck", "first"],
        ),
        (["{model}", "--data", "data.npz", "--measures", "m"], ["m", "kde"]),
        (["{model}", "--data", "data.npz", "--seed", "-1"], ["--seed"]),
        (["{model}", "--data", "data.npz", "--probe-size", "4"], ["4", "8"]),
    ],
)
def test_errors(folder, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(folder)
    if options[0] == "{model}":
        options = ["--model", "whole/ckpt-2.keras", *options[1:]]
    message = fails("--output", tmp_path / "out", *options)
    for word in words:
        assert word in message
    assert not (tmp_path / "out").exists()
