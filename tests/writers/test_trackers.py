"""Trackers hold what the log holds, as their own libraries read it back."""

from collections import defaultdict
from importlib.util import find_spec
import math

from programs.running import X, Y, fit, net, watched
import pytest
from readers import READERS
import synthetic_run

import keras_ib
from keras_ib import RunLog, writers
from keras_ib.logs.keras_logs import key

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
