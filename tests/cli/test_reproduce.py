"""`keras-ib reproduce` through its entry point's function."""

import csv

from click.testing import CliRunner
import pytest

from keras_ib.logs.run import read_part
from keras_ib_cli.main import main


def reproduce(*arguments):
    return CliRunner().invoke(main, ["reproduce", *map(str, arguments)])


@pytest.mark.slow
def test_lyu2024(tmp_path):
    arguments = (
        *("lyu2024", "--quick", "--seeds", 1, "--dataset", "digits"),
        *("--output", tmp_path),
    )
    result = reproduce(*arguments)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("[1/5] mixer-identity-0: ")
    assert lines[-2:] == [
        str(tmp_path / "report.md"),
        str(tmp_path / "report.html"),
    ]
    text = (tmp_path / "report.md").read_text()
    assert "say nothing about the claims" in text
    # One seed has no interval.
    assert "| [undecided](blocks.png) |" in text
    assert "| [supported]" not in text
    assert "not known from one seed" in text
    with open(tmp_path / "table.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["shortcut"] for row in rows} == {
        *("identity", "projection", "none"),
        "projection, orthogonal at first",
        "projection, identity at first",
    }
    found = read_part(tmp_path / "runs" / "mixer-none-0", "result")
    assert 0 < found["test_accuracy"] < 1
    assert found["seconds"] > 0
    again = reproduce(*arguments)
    assert again.stdout.splitlines()[0] == "5 of 5 parts are done already"


@pytest.mark.jax
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lyu2025"], "'lyu2024'"),
        (["lyu2024", "--ordered"], "lyu2024 has no --ordered"),
        (["saxe2018", "--dataset", "digits"], "saxe2018 has no --dataset"),
        (["lyu2024", "--dataset", "szt"], "has no images"),
        (["lyu2024", "--dataset", "cats"], "Unknown name. Received: 'cats'"),
    ],
)
def test_what_cannot_be_done(arguments, message, tmp_path):
    result = reproduce(*arguments, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "out").exists()
