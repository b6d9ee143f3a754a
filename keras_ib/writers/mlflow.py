"""MLflow."""

from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any

from keras_ib.logs.writer import Row
from keras_ib.writers.tracker import (
    Tracker,
    meanings,
    name_of,
    numbers,
    settings,
)

# What a server takes at a time.
MOST_METRICS, MOST_TEXTS = 1000, 100


class MLflow(Tracker):
    """Logs to a run of MLflow.

    The active run is used, and left open. Otherwise one begins that is not
    made the active one, named as the run folder; a training that goes on in
    the run folder goes on in it. Metrics are named as in Keras' logs, such as
    `zx_fvu/block_02`, which MLflow groups by field; the configuration is
    parameters, and meanings and units of fields are tags.

    MLflow's client waits for its server. How long, and how often it tries
    again, are MLFLOW_HTTP_REQUEST_TIMEOUT and MLFLOW_HTTP_REQUEST_MAX_RETRIES.

    Args:
        experiment: Name of the experiment; made if it is not there.
        tracking_uri: The server or store; MLflow's own setting by default.

    Raises:
        ImportError: Without mlflow: `pip install 'keras-ib[mlflow]'`.

    Example:

        writer = keras_ib.writers.MLflow(experiment="layers")
        plane = keras_ib.InfoPlane(writers=[writer])
    """

    package = "mlflow"
    extra = "mlflow"

    def __init__(
        self, experiment: str = "keras_ib", tracking_uri: str | None = None
    ):
        super().__init__()
        self.experiment = experiment
        self.tracking_uri = tracking_uri
        self._client: Any = None
        self._is_own = True

    def start(self, folder: Path | None, step: float) -> str:
        """The id of the active run, or of one of its own."""
        mlflow = self.module()
        self._client = mlflow.MlflowClient(self.tracking_uri)
        active = mlflow.active_run()
        self._is_own = active is None
        if active is not None:
            return active.info.run_id
        known = self.known_id(step)
        if known is not None:
            self._client.update_run(known, status="RUNNING")
            return known
        run = self._client.create_run(
            self._experiment_id(), run_name=name_of(folder)
        )
        self.keep_id(run.info.run_id)
        return run.info.run_id

    def _experiment_id(self):
        found = self._client.get_experiment_by_name(self.experiment)
        if found is not None:
            return found.experiment_id
        return self._client.create_experiment(self.experiment)

    def describe(self, config: dict) -> None:
        from mlflow.entities import Param, RunTag

        # A parameter cannot change: of a run that goes on, the first counts.
        known = self._client.get_run(self.run).data.params
        params = [
            Param(f"info_plane/{name}", str(value))
            for name, value in settings(config).items()
            if f"info_plane/{name}" not in known
        ]
        tags = [RunTag(*item) for item in meanings(config).items()]
        for some in _parts(params, MOST_TEXTS):
            self._client.log_batch(self.run, params=some)
        for some in _parts(tags, MOST_TEXTS):
            self._client.log_batch(self.run, tags=some)

    def write(self, rows: list[Row]) -> None:
        from mlflow.entities import Metric

        now, step = int(time() * 1000), rows[0]["step"]
        metrics = [
            Metric(name, value, now, step)
            for name, value in numbers(rows).items()
        ]
        for some in _parts(metrics, MOST_METRICS):
            self._client.log_batch(self.run, metrics=some)

    def finish(self, run: Any) -> None:
        if self._is_own:
            self._client.set_terminated(run)


def _parts(items: list, size: int) -> Iterator[list]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
