"""Trackers hold what the log holds, as their own libraries read it back."""

from collections import defaultdict
from contextlib import contextmanager
import copy
from importlib.util import find_spec
import math
import subprocess
import sys

from click.testing import CliRunner
import pages
from programs.running import X, Y, fit, net, watched
import pytest
from readers import READERS
import synthetic_run

import keras_ib
from keras_ib import RunLog, writers
from keras_ib.logs.config import write_json
from keras_ib.logs.keras_logs import key
from keras_ib.writers.tracker import IDS
from keras_ib_cli.main import main

PACKAGES = {
    "TensorBoard": "tensorboardX",
    "WandB": "wandb",
    "MLflow": "mlflow",
    "Trackio": "trackio",
}
each_tracker = pytest.mark.parametrize("name", PACKAGES)
# What the libraries warn of when they are imported and when they run.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning"
)


def made(name):
    pytest.importorskip(PACKAGES[name])
    return getattr(writers, name)()


def held(name, folder):
    """What a tracker holds of a folder, of the series of fields."""
    found = READERS[name](folder)
    return {series: v for series, v in found.items() if "z" in series}


def logged(folder):
    found = defaultdict(list)
    for row in RunLog(folder).rows:
        value = pytest.approx(row["value"], rel=1e-6, nan_ok=True)
        found[key(row)].append((row["step"], value))
    return dict(found)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with all trackers, which a second training goes on with."""
    tmp_path = tmp_path_factory.mktemp("trained")
    names = [name for name in PACKAGES if find_spec(PACKAGES[name])]
    found = watched(
        lambda callbacks: fit(net(), callbacks),
        tmp_path,
        data={"train": (X, Y), "test": (-X, 1 - Y)},
        writers=[made(name) for name in names],
        schedule=1,
    )
    assert "left out" not in found.said
    again = keras_ib.InfoPlane(
        found.plane.data,
        log_dir=tmp_path / "run",
        writers=[made(name) for name in names],
        schedule=2,
    )
    fit(found.model, [again], initial_epoch=1, epochs=2)
    return tmp_path / "run"


@pytest.mark.slow
@each_tracker
def test_a_training_and_one_that_goes_on(trained, name):
    pytest.importorskip(PACKAGES[name])
    assert RunLog(trained).steps == [0, 1, 2, 3, 4, 6, 8]
    assert held(name, trained) == logged(trained)


@pytest.mark.slow
def test_the_page_on_trackers(tmp_path):
    for package in PACKAGES.values():
        pytest.importorskip(package)
    text = (pages.ROOT / "docs" / "trackers.md").read_text()
    said = pages.run(pages.blocks(text, "python"), tmp_path)
    assert "left out" not in said
    run = tmp_path / "runs" / "tracked"
    for name in PACKAGES:
        assert held(name, run) == logged(run)


@each_tracker
def test_a_missing_package_is_named_before_any_training(name, monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGES[name], None)
    with pytest.raises(ImportError, match=rf"keras-ib\[{name.lower()}\]"):
        getattr(writers, name)()


def rows_of(step, value=0.5, taps=("stem",)):
    return [
        {
            **{"step": step, "epoch": None, "data": "train", "tap": tap},
            **{"target": None, "measure": "zx", "field": "fvu"},
            **{"value": value},
        }
        for tap in taps
    ]


FIELD = {"meaning": "error", "unit": "1", "kind": "estimate"}
CONFIG = {
    "measures": {"zx": {"config": {}, "fields": {"fvu": FIELD}}},
    "data": {"train": {"num_rows": 10}},
    "seed": 3,
}


def test_tensorboard_hides_what_was_cut_off(tmp_path):
    """Also where both trainings begin within a second, and say little."""
    config = {"log_dir": str(tmp_path)}
    killed = made("TensorBoard")
    killed.open(config, 0)
    for step in (0, 1, 8):
        killed.write(rows_of(step))
    again = made("TensorBoard")
    again.open(config, 1)
    again.write(rows_of(4, math.nan))
    found = held("TensorBoard", tmp_path)["zx_fvu/stem"]
    steps, values = zip(*found, strict=True)
    assert steps == (0, 1, 4)
    assert math.isnan(values[-1])


def test_tensorboard_says_what_a_field_is(tmp_path):
    pytest.importorskip("tensorboardX")
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    writer = writers.TensorBoard(tmp_path / "boards")
    folder = tmp_path / "runs" / "mine"
    writer.open(CONFIG | {"log_dir": str(folder)}, 0)
    writer.write(rows_of(0))
    writer.close()
    events = reader.EventAccumulator(str(tmp_path / "boards" / "mine"))
    events.Reload()
    about = events.SummaryMetadata("zx_fvu/stem")
    assert about.summary_description == "error (1, estimate)"
    assert about.data_class == 1
    assert list(events.PluginTagToContent("hparams"))


def test_names_of_series_are_all_different():
    taps = ("dense", "dense#2", "dense_2", "dense@2", "dense@2#2")
    names = {key(row) for row in rows_of(0, taps=taps)}
    assert len(names) == len(taps)


def test_a_tracker_keeps_no_module():
    """A tuner copies its callbacks."""
    for name in filter(lambda name: find_spec(PACKAGES[name]), PACKAGES):
        assert type(copy.deepcopy(made(name))).__name__ == name


@contextmanager
def users_wandb():
    import wandb

    with wandb.init(project="mine") as run:
        yield run.id
        assert wandb.run is run


@contextmanager
def users_mlflow():
    import mlflow

    with mlflow.start_run() as run:
        yield run.info.run_id
        assert mlflow.active_run().info.run_id == run.info.run_id
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"


@contextmanager
def users_trackio():
    import trackio

    run = trackio.init("keras_ib", name="mine")
    yield run.name
    trackio.log({"loss": 1.0}, step=0)
    trackio.finish()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "begun"),
    [
        ("WandB", users_wandb),
        ("MLflow", users_mlflow),
        ("Trackio", users_trackio),
    ],
)
def test_a_run_that_is_open_is_used_and_left_open(name, begun, tmp_path):
    writer = made(name)
    with begun() as known:
        writer.open(CONFIG | {"log_dir": str(tmp_path)}, 0)
        writer.write(rows_of(0))
        writer.close()
    assert not (tmp_path / IDS).exists()
    write_json(tmp_path / IDS, {name: known})  # For the reader.
    assert held(name, tmp_path) == {"train_zx_fvu/stem": [(0, 0.5)]}


SHORT = """
import sys
from click.testing import CliRunner
from keras_ib_cli.main import main
run, *kinds = sys.argv[1:]
for kind in kinds:
    result = CliRunner().invoke(main, ["export", run, "--to", kind])
    assert result.exit_code == 0, result.output
    assert run in result.output
print(*{"keras", "tensorflow", "jax", "torch"} & set(sys.modules))
"""


@pytest.mark.slow
def test_export_is_the_same_and_imports_no_backend(tmp_path):
    names = [name for name in PACKAGES if find_spec(PACKAGES[name])]
    run = synthetic_run.write(tmp_path / "run", taps=("stem", "head"))
    done = subprocess.run(
        [sys.executable, "-c", SHORT, run, *map(str.lower, names)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""
    for name in names:
        assert held(name, run) == logged(run)


def test_export_refuses_in_one_line(tmp_path, monkeypatch):
    run = synthetic_run.write(tmp_path / "run", taps=("stem",))

    def said(*arguments):
        command = ["export", str(run), *arguments]
        return CliRunner().invoke(main, command).output.splitlines()[-1]

    assert "--output is for" in said("--to", "wandb", "--output", "x")
    assert "--project is for" in said("--project", "mine")
    monkeypatch.setitem(sys.modules, "trackio", None)
    assert "keras-ib[trackio]" in said("--to", "trackio")
    made("TensorBoard")
    (tmp_path / "file").write_text("")
    refused = said("--to", "tensorboard", "--output", str(tmp_path / "file"))
    assert refused.startswith("Error: tensorboard: ")
