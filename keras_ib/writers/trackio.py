"""Trackio."""

from pathlib import Path
from typing import Any

from keras_ib.logs.writer import Row
from keras_ib.writers.tracker import (
    Tracker,
    meanings,
    name_of,
    new_id,
    numbers,
    settings,
)


class Trackio(Tracker):
    """Logs to a run of Trackio.

    The run that `trackio.init` has begun is used, and left open. Otherwise
    one begins, named as the run folder and a few letters; a training that
    goes on in the run folder goes on in it. Metrics are named as in Keras'
    logs, such as `zx_fvu/block_02`, which Trackio groups by field, over the
    optimizer steps; the configuration is the run's, with the meanings and
    units of fields.

    Args:
        project: Name of the project.
        **options: Of `trackio.init`, such as `space_id`.

    Raises:
        ImportError: Without trackio: `pip install 'keras-ib[trackio]'`.

    Example:

        writer = keras_ib.writers.Trackio(project="layers")
        plane = keras_ib.InfoPlane(writers=[writer])
    """

    package = "trackio"
    extra = "trackio"

    def __init__(self, project: str = "keras_ib", **options: Any):
        super().__init__()
        self.options = {"project": project} | options
        self._is_own = True

    def start(self, folder: Path | None, step: float) -> Any:
        """The user's run, or one of its own."""
        trackio = self.module()
        # trackio.init would end it.
        users = trackio.context_vars.current_run.get()
        self._is_own = users is None
        if users is not None:
            return users
        # Trackio finds a run again by its name.
        name = self.known_id(step) or f"{name_of(folder)}-{new_id()}"
        run = trackio.init(
            **{"name": name, "resume": "allow", "embed": False} | self.options
        )
        # It stays out of the way of the user's `trackio.log`.
        trackio.context_vars.current_run.set(None)
        self.keep_id(run.name)
        return run

    def describe(self, config: dict) -> None:
        about = settings(config) | meanings(config)
        for name, value in about.items():
            self.run.config[f"info_plane/{name}"] = value

    def write(self, rows: list[Row]) -> None:
        self.run.log(numbers(rows), step=rows[0]["step"])

    def finish(self, run: Any) -> None:
        if self._is_own:
            run.finish()
