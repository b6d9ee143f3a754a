"""`keras-ib compare` through its entry point's function."""

import csv
import json

from click.testing import CliRunner
import pytest
import synthetic_run

from keras_ib.logs.config import update_config
from keras_ib.logs.run import read_part
from keras_ib_cli.main import main

pytestmark = pytest.mark.jax


def compare(*arguments):
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def run(folder, shortcut, seed):
    """What `keras-ib train` leaves behind, without a training."""
    synthetic_run.write(folder, taps=("stem", "head"))
    path = folder / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"seed": seed}))
    options = {"arch": "mixer", "shortcut": shortcut, "seed": seed}
    update_config(folder, "training", options)
    accuracy = 0.9 + 0.01 * seed + 0.02 * (shortcut == "none")
    update_config(folder, "result", {"test_accuracy": accuracy})
    return folder


def make_older(folder):
    """The same run, as it was kept before `config.json` said everything."""
    for part, file in (("training", "train.json"), ("result", "result.json")):
        (folder / file).write_text(json.dumps(read_part(folder, part)))
        update_config(folder, part, None)


@pytest.fixture
def runs(tmp_path):
    return [
        run(tmp_path / f"{shortcut}-{seed}", shortcut, seed)
        for shortcut in ("identity", "none")
        for seed in range(3)
    ]


@pytest.mark.parametrize("older", [False, True])
def test_tables_figures_and_numbers(runs, tmp_path, older):
    for folder in runs if older else ():
        make_older(folder)
    output = tmp_path / "out"
    result = compare(*runs, "--output", output)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "zx/fvu" in lines
    assert "zy/ce" in lines
    heads = [line for line in lines if line.split()[:2] == ["head", "none"]]
    assert len(heads) == 2
    # Runs of equal curves do not differ.
    assert "0.000 [0.000, 0.000]" in heads[0]
    (accuracy,) = [line for line in lines if line[:9].strip() == "identity"]
    assert accuracy.split() == ["identity", "0.910", "[0.885,", "0.935]", "3"]
    files = ["zx-fvu.png", "zy-ce.png", "comparison.csv"]
    assert lines[-3:] == [str(output / file) for file in files]
    with open(output / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    # Two fields, three taps with the mean, two kinds, of one the differences.
    assert len(rows) == 2 * 3 * (2 + 1) * 3
    assert {row["num_seeds"] for row in rows} == {"3"}
    # What would have been named: of the values of both phases, and no others.
    with_floor = {(r["quantity"], r["of"]) for r in rows if r["floor"]}
    assert with_floor == {("fitting", "value"), ("compression", "value")}
    assert ", not seen; would have been from 0" in result.stdout


def test_what_differs_names_the_conditions(runs, tmp_path):
    for folder in runs[:3]:
        options = read_part(folder, "training") | {"arch": "vit"}
        update_config(folder, "training", options)
    output = compare(*runs, "--output", tmp_path / "out").stdout
    assert "vit, identity" in output
    assert "mixer, none" in output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda runs: update_config(runs[0], "training", None),
            "does not say how its model was trained",
        ),
        (lambda runs: runs.pop(), "must have the same seeds"),
    ],
)
def test_what_cannot_be_compared(runs, tmp_path, change, message):
    change(runs)
    result = compare(*runs, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_line(runs, tmp_path):
    (tmp_path / "file").touch()
    found = compare(*runs, "--output", tmp_path / "file" / "below")
    assert found.exit_code == 2
    assert "file/below" in found.stderr
    assert "Traceback" not in found.output
