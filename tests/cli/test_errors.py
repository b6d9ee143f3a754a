"""Every wrong option: one readable line, status 2, no traceback."""

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
        (["--data-dir", "."], ["data_dir", "digits"]),
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
        (["--schedule", "0"], ["schedule=0"]),
        (["--schedule", "1,-2"], ["-2"]),
        (["--probe-size", "4"], ["4", "8"]),
        (["--strategy", "tpu"], ["finds no TPU", "KERAS_BACKEND=jax"]),
        (["--strategy", "multiworker"], ["TF_CONFIG", "cluster"]),
        (["--strategy", "slurm"], ["slurm", "multiworker"]),
        (["--precision", "float16"], ["float16", "mixed_bfloat16"]),
        (["--dataset", "szt"], ["(12,)"]),
        (["--widht", "3"], ["--widht"]),
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
