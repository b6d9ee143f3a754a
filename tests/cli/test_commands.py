"""What the commands print and write, through the entry point's function."""

from click.testing import CliRunner
import keras
import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog, measures, models, tables
from keras_ib.data import datasets
from keras_ib.logs.lock import LOCK
from keras_ib_cli.main import main


def run(*arguments):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def train(folder, *options):
    return run(
        *("train", "--arch", "mlp", "--epochs", 1, "--num-train", 200),
        *("--batch-size", 50, "--probe-size", 60, "--schedule", "0,2"),
        *("--output", folder),
        *options,
    )


def test_list_models_has_every_variant():
    output = run("list", "models")
    for family, variants in models.VARIANTS.items():
        for name in variants:
            assert any(
                line.split()[:2] == [family, name]
                for line in output.splitlines()
            )
    assert "arxiv.org" in output


def test_list_datasets():
    assert run("list", "datasets").split()[4:9] == [
        *("digits", "8x8x1", "10", "scikit-learn", "(1,797"),
    ]


def test_list_measures_has_unit_kind_and_ceiling():
    header = ["FIELD", "UNIT", "KIND", "ROWS", "CEILING", "MEANING"]
    rows = [
        [f"{name}/{key}", f.unit, f.kind, f.rows, f.formula, f.meaning]
        for name, measure in (measures.MEASURES | measures.OF_TWO_TAPS).items()
        for key, f in measure.fields.items()
    ]
    text = tables.as_text(header, rows)
    names = ", ".join(measures.OF_TWO_TAPS)
    text += f"\n\n{names} is of two taps: ask for it by its name, as all "
    text += "leaves it out."
    assert run("list", "measures") == text + "\n", (
        f"Write this to cli/measures.txt:\n{text}"
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder, and what was printed about it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, train(folder)


@pytest.mark.jax
def test_train_writes_what_it_says(trained):
    folder, output = trained
    said = output.split("test accuracy")[1].split("\n")[2:-1]
    files = ["config.json", "info_plane.jsonl", "model.keras"]
    files += ["plane.png", "dynamics.png"]
    assert said == [str(folder / file) for file in files]
    assert {path.name for path in folder.iterdir()} == {*files, LOCK}
    log = RunLog(folder)
    assert log.steps == [0, 2, 4]
    assert log.data_names == ["train", "test"]
    assert log.config["data"]["train"]["num_rows"] == 60
    assert log.training["epochs"] == 1
    assert log.config["training"] == log.training
    assert f"{log.result['test_accuracy']:.2%}" in output


@pytest.mark.jax
def test_train_says_what_it_does_and_found(trained):
    folder, output = trained
    plan = "mlp tiny, shortcut none, 216,586 parameters"
    for words in (
        plan,
        "200 training and 360 test samples of 8x8x1",
        "4 steps",
    ):
        assert words in output
    log = RunLog(folder)
    table = output.split("test: ")[1].splitlines()[2:]
    for tap, line in zip(log.taps, table, strict=False):
        fvu = log.series(tap, "zx", "fvu", "test")[1]
        ce = log.series(tap, "zy", "ce", "test")[1]
        values = [fvu[0], fvu.min(), fvu[-1], ce[0], ce[-1]]
        assert line.split() == [tap, *(f"{value:.3f}" for value in values)]


@pytest.mark.jax
def test_the_saved_model_has_the_printed_accuracy(trained):
    folder, output = trained
    printed = float(output.split("test accuracy")[1].split("%")[0])
    model = keras.models.load_model(folder / "model.keras")
    data = datasets.load("digits")
    found = np.argmax(model.predict(data.x_test, verbose=0), axis=1)
    right = 100 * np.mean(found == data.y_test)
    assert printed == pytest.approx(right, abs=0.01)


@pytest.mark.slow
def test_train_on_szt(tmp_path):
    output = train(
        tmp_path / "run", "--dataset", "szt", "--measures", "binning"
    )
    assert "mlp szt" in output
    config = RunLog(tmp_path / "run").config
    shapes = [tap["shape"] for tap in config["taps"]]
    assert shapes == [[12], [10], [7], [5], [4], [3], [2]]
    assert (tmp_path / "run" / "plane.png").exists()


@pytest.mark.slow
def test_all_measures_are_logged_with_unit_kind_and_ceiling(tmp_path):
    train(
        *(tmp_path / "run", "--measures", "all", "--taps", "head"),
        *("--schedule", "4"),
    )
    log = RunLog(tmp_path / "run")
    assert list(log.config["measures"]) == list(measures.MEASURES)
    for name in measures.MEASURES:
        for field, what in synthetic_run.fields_of(name).items():
            logged = log.field(name, field)
            assert logged["unit"] == what.unit
            assert logged["kind"] == what.kind
            assert (logged["ceiling"] is None) == (what.formula is None)
            for tap in log.taps:
                steps, values = log.series(tap, name, field, "test")
                assert steps.tolist() == [0, 4]
                assert np.all(np.isfinite(values)), (name, field)


@pytest.mark.slow
def test_precision_and_strategy(tmp_path):
    output = train(
        *(tmp_path / "run", "--precision", "mixed_bfloat16"),
        *("--strategy", "mirrored", "--taps", "block_0?", "--measures", "zx"),
    )
    assert "mirrored, mixed_bfloat16" in output
    # The policy was that of this run alone.
    assert keras.config.dtype_policy().name == "float32"
    log = RunLog(tmp_path / "run")
    assert log.taps == ["block_01", "block_02", "block_03", "block_04"]
    assert log.config["num_replicas"] == 2
    assert not (tmp_path / "run" / "plane.png").exists()
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    assert model.get_layer("block_01").compute_dtype == "bfloat16"


@pytest.mark.slow
def test_plot_draws_into_the_run_or_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, two = (
        synthetic_run.write(tmp_path / name, taps=("stem", "head"))
        for name in "ab"
    )
    assert run("plot", one).split() == [
        *(str(one / "plane.png"), str(one / "dynamics.png")),
    ]
    run(
        "plot",
        one,
        two,
        "--overlay",
        "--data",
        "test",
        "--output",
        tmp_path / "new",
    )
    assert (tmp_path / "new" / "dynamics.png").exists()
    run("plot", one, "--taps", "stem,head", "--output", tmp_path / "plane.pdf")
    assert (tmp_path / "plane.pdf").read_bytes().startswith(b"%PDF")
    # Several runs leave the pictures of the first as they are.
    before = (one / "plane.png").read_bytes()
    names = "depth,phases"
    said = run("plot", one, two, "--data", "test", "--figures", names).split()
    assert said == ["plots/depth.png", "plots/phases.png"]
    assert (one / "plane.png").read_bytes() == before
    run("plot", one, "--figures", "depth", "--output", tmp_path / "depth.svg")
    assert "<svg" in (tmp_path / "depth.svg").read_text()


@pytest.mark.slow
def test_plot_writes_a_page_and_a_film(tmp_path):
    one = synthetic_run.write(
        tmp_path / "one", taps=("stem", "head"), num_steps=3
    )
    assert run("plot", one, "--html", "--film").split() == [
        *(str(one / "plane.html"), str(one / "plane.gif")),
    ]
    assert not (one / "plane.png").exists()
    path = tmp_path / "new" / "test.html"
    run("plot", one, "--html", "--data", "test", "--output", path)
    assert "Plotly.newPlot" in path.read_text()
