"""Every wrong option: one readable line, status 2, no traceback."""

import subprocess
import sys

from click.testing import CliRunner
import pytest
import synthetic_run

from keras_ib_cli.main import main


def fails(*arguments):
    """Runs a command that must fail; returns its one line."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    # What Keras prints about a download is not ours.
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    return result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--arch", "lstm"], ["lstm", "mixer", "resnet", "vit", "mlp"]),
        (["--arch"], ["--arch", "argument"]),
        ([], ["--arch", "mixer"]),
        (["--shortcut", "dense"], ["dense", "projection"]),
        (["--variant", "huge"], ["huge", "tiny"]),
        (["--dataset", "imagenet"], ["imagenet", "digits"]),
        (["--data-dir", "."], ["--data-dir", "digits"]),
        (["--dataset", "mnist", "--data-dir", "no"], ["no", "mnist.npz"]),
        (["--num-train", "0"], ["--num-train", "0"]),
        (["--num-train", "9999"], ["9999", "1437"]),
        (["--epochs", "0"], ["--epochs"]),
        (["--epochs", "many"], ["--epochs", "many"]),
        (["--batch-size", "-1"], ["--batch-size"]),
        (["--batch-size", "2000"], ["2000", "1437"]),
        (["--optimizer", "newton"], ["newton", "adamw"]),
        (["--learning-rate", "0"], ["--learning-rate"]),
        (["--learning-rate", "nan"], ["--learning-rate", "nan"]),
        (["--weight-decay", "-1"], ["--weight-decay"]),
        (["--seed", "-1"], ["--seed"]),
        (["--measures", "zx,mine"], ["mine", "binning"]),
        (["--measures", "zx,zx"], ["zx"]),
        (["--measures", "zx,,zy"], ["--measures", "empty"]),
        (["--taps", "neck"], ["neck", "block_01"]),
        (["--schedule", "often"], ["--schedule", "often", "epoch"]),
        (["--schedule", "0"], ["--schedule 0 is"]),
        (["--schedule", "1,-2"], ["-2"]),
        (["--probe-size", "4"], ["4", "8"]),
        (["--strategy", "tpu"], ["finds no TPU", "KERAS_BACKEND=jax"]),
        (["--strategy", "multiworker"], ["TF_CONFIG", "cluster"]),
        (["--strategy", "slurm"], ["slurm", "multiworker"]),
        (["--precision", "float16"], ["float16", "mixed_bfloat16"]),
        (["--dataset", "szt"], ["(12,)"]),
        (["--widht", "3"], ["--widht"]),
        (["--arch", "mixr"], ["mixr", "Did you mean 'mixer'?"]),
        (["--dataset", "digit"], ["Did you mean 'digits'?"]),
        (["--measures", "zxx"], ["Did you mean 'zx'?"]),
        (["--variant", "tinny"], ["Did you mean 'tiny'?"]),
        (["--taps", "hed"], ["Did you mean 'head'?"]),
        (["--epochs", "9" * 20], ["--epochs", "2147483647"]),
        (["--probe-size", "9" * 400], ["--probe-size", "2147483647"]),
        (["--output", ""], ["--output", "empty"]),
    ],
)
def test_train(options, words, tmp_path):
    arch = [] if "--arch" in options or not options else ["--arch", "mixer"]
    output = ["--output", tmp_path / "run"]
    message = fails("train", *output, *arch, *options)
    for word in words:
        assert word in message
    # Nothing was left behind that the next try would stumble over.
    assert not (tmp_path / "run").exists()


def test_output_is_taken(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    message = fails("train", "--arch", "mlp", "--output", tmp_path)
    assert "not empty" in message
    assert "--resume" in message


def test_output_is_a_file(tmp_path):
    (tmp_path / "run").write_text("mine")
    message = fails("train", "--arch", "mlp", "--output", tmp_path / "run")
    assert "is a file" in message


def test_nothing_to_resume(tmp_path):
    message = fails("train", "--arch", "mlp", "--resume", "--output", tmp_path)
    assert "no run to resume" in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ["Missing argument", "RUN"]),
        (["nowhere"], ["nowhere", "not a run folder"]),
        (["{run}", "--taps", "neck"], ["neck", "stem"]),
        (["{run}", "--data", "holdout"], ["holdout", "train, test"]),
        (["{run}", "--x", "fvu"], ["fvu", "measure/field"]),
        (["{run}", "--y", "kde/i_xz"], ["kde/i_xz", "zy/ce"]),
        (["{run}", "{run}"], ["twice"]),
        (["{run}", "--figures", "plan"], ["Did you mean 'plane'", "depth"]),
        (
            ["{run}", "--figures", "plane,depth", "--output", "{run}/a.svg"],
            ["One file holds one figure", "folder"],
        ),
        (
            ["{run}", "--html", "--output", "{run}/a.png"],
            ["a.png", "does not end in .html"],
        ),
        (["{run}", "--film", "--output", "{run}/a.svg"], [".gif or .mp4"]),
    ],
)
def test_plot(options, words, tmp_path):
    run = synthetic_run.write(tmp_path / "run")
    message = fails("plot", *(option.format(run=run) for option in options))
    for word in words:
        assert word in message
    assert not (run / "plane.png").exists()


@pytest.mark.parametrize("words", [["lsit"], ["list", "layers"]])
def test_unknown_command(words):
    assert words[-1] in fails(*words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reproduce", "lyu2042"], "Did you mean 'lyu2024'?"),
        (["compare", ".", "--output", ""], "--output"),
        (["plot", ".", "--output", ""], "--output"),
        (["export", ".", "--to", "cvs"], "Did you mean 'csv'?"),
        (["export", ".", "--output", ""], "--output"),
        (["measure", "--output", ""], "--output"),
    ],
)
def test_names_and_paths(arguments, words):
    assert words in fails(*arguments)


@pytest.mark.parametrize("backend", ["nope", "torch"])
def test_a_backend_that_is_unknown(monkeypatch, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    said = fails("train", "--arch", "mlp")
    assert f"KERAS_BACKEND={backend} is unknown here" in said


@pytest.mark.parametrize("text", ["not JSON", "[]", "3"])
def test_a_cluster_that_cannot_be_read(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    said = fails("train", "--arch", "mlp", "--strategy", "multiworker")
    assert "TF_CONFIG" in said
    assert text in said


@pytest.mark.parametrize("output", [">&-", "> /dev/full", "| head -c 1"])
def test_an_output_that_takes_nothing(output):
    program = f"{sys.executable} -m keras_ib_cli list measures"
    done = subprocess.run(
        f"{program} {output}", shell=True, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1
