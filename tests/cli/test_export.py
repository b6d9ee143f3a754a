"""`keras-ib export`; and what reads files imports no backend."""

import subprocess
import sys

from click.testing import CliRunner
import numpy as np
import pandas
import pytest
import synthetic_run

from keras_ib import RunLog
from keras_ib.logs.config import update_config
from keras_ib_cli.main import main

SHORT = """
import sys
from click.testing import CliRunner
from keras_ib_cli.main import main
for line in sys.stdin.read().splitlines():
    result = CliRunner().invoke(main, line.split())
    assert result.exit_code == 0, result.output
print(*{"keras", "tensorflow", "jax", "torch"} & set(sys.modules))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return synthetic_run.write(folder, taps=("stem", "head"))


def export(*arguments):
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_files_hold_what_the_log_says(run, tmp_path):
    result = export(run)
    assert result.output == f"{run / 'info_plane.csv'}\n"
    rows = pandas.read_csv(run / "info_plane.csv")
    assert len(rows) == len(RunLog(run).rows)
    path = tmp_path / "new" / "log.parquet"
    export(run, "--to", "parquet", "--wide", "--output", path)
    found = pandas.read_parquet(path)
    steps, ce = RunLog(run).series("head", "zy/ce", data="test")
    assert found.loc["test", "head"]["zy/ce"].to_list() == list(ce)
    assert found.attrs["fields"]["zy/ce"]["unit"] == "nats"
    export(run, "--to", "netcdf")
    import xarray

    with xarray.open_dataset(run / "info_plane.nc", engine="scipy") as found:
        values = found.zy_ce.sel(data="test", tap="head")
        assert values.to_series().to_list() == list(ce)
        assert values.step.to_series().to_list() == list(steps)
        assert values.attrs["units"] == "nats"


def test_bits(run, tmp_path):
    path = tmp_path / "log.parquet"
    export(run, "--to", "parquet", "--units", "bits", "--output", path)
    found = pandas.read_parquet(path)
    about = found.attrs["fields"]
    assert about["zy/ce"]["unit"] == "bits"
    assert about["zx/fvu"]["unit"] == "1"
    log = RunLog(run)
    ceiling = log.field("zy/usable")["ceiling"]["test"]
    assert about["zy/usable"]["ceiling"]["test"] == ceiling / np.log(2)
    for field, factor in (("ce", 1 / np.log(2)), ("accuracy", 1)):
        rows = found[
            (found.field == field) & (found.tap == "head")
            & (found.data == "test")
        ]  # fmt: skip
        values = log.series("head", f"zy/{field}", data="test")[1]
        np.testing.assert_allclose(rows.value, values * factor)


def test_refusals(run, tmp_path):
    result = export(tmp_path)
    assert result.exit_code == 2
    assert "not a run folder" in result.output
    result = export(run, "--to", "netcdf", "--wide")
    assert "Leave --wide out" in result.output


def test_a_missing_package_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    result = export(run)
    assert result.exit_code == 2
    assert "pip install 'keras-ib[tables]'" in result.output


def test_what_reads_files_imports_no_backend(run, tmp_path):
    update_config(run, "seed", 0)
    update_config(run, "training", {"arch": "mlp", "seed": 0})
    commands = [
        "list measures",
        f"plot {run} --figures plane --output {tmp_path / 'plane.png'}",
        f"plot {run} --html --output {tmp_path / 'plane.html'}",
        f"compare {run} --output {tmp_path / 'comparison'}",
        f"export {run}",
        f"report {run} --output {tmp_path / 'report'}",
    ]
    done = subprocess.run(
        [sys.executable, "-c", SHORT],
        input="\n".join(commands),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
