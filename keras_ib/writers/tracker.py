"""What all trackers share: one run of theirs for each run folder.

The identity of the tracker's run is kept in the run folder, so that a
training that goes on there goes on in the tracker, too.
"""

import atexit
from collections.abc import Mapping
from pathlib import Path
import secrets
from typing import Any, ClassVar

from keras_ib.extras import imported
from keras_ib.logs.config import read_json, write_json
from keras_ib.logs.keras_logs import key
from keras_ib.logs.run import UNKNOWN
from keras_ib.logs.writer import Row, of_one_tap

IDS = "trackers.json"


class Tracker:
    """A writer that opens a run of a tracker, and goes on with it.

    A subclass says how: `start`, `describe`, `write`, `finish`.

    Attributes:
        run: The tracker's own object while it is open, else None.

    Raises:
        ImportError: Without its package, in a sentence that names the extra.
    """

    package: ClassVar[str]
    extra: ClassVar[str]

    def __init__(self) -> None:
        self.module()  # Before any training.
        self.run: Any = None
        self._folder: Path | None = None

    def module(self) -> Any:
        """The package; not kept, since a tuner copies its callbacks."""
        return imported(self.package, self.extra)

    def open(self, config: dict, step: float) -> None:
        """Begins a run, or goes on with the one of this folder."""
        folder = Path(config["log_dir"]) if "log_dir" in config else None
        if self.run is not None and folder != self._folder:
            self.close()
        if self.run is None:
            self._folder = folder
            self.run = self.start(folder, step)
            # A loop of the user's own has no end that is seen here.
            atexit.register(self.close)
        self.describe(config)

    def close(self) -> None:
        """Ends the run; it may be opened again."""
        atexit.unregister(self.close)
        run, self.run = self.run, None
        if run is not None:
            self.finish(run)

    def start(self, folder: Path | None, step: float) -> Any:
        """The tracker's run of a folder, for rows from this step on."""
        raise NotImplementedError

    def describe(self, config: dict) -> None:
        """Tells the tracker what is measured, perhaps again."""
        raise NotImplementedError

    def write(self, rows: list[Row]) -> None:
        """Takes all numbers of one measurement."""
        raise NotImplementedError

    def finish(self, run: Any) -> None:
        """Ends the tracker's run."""
        raise NotImplementedError

    def known_id(self, step: float) -> str | None:
        """The id of the run that a training goes on with, if it goes on."""
        return None if step == 0 else self._ids().get(type(self).__name__)

    def keep_id(self, value: str) -> None:
        """Keeps an id in the run folder."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            ids = self._ids() | {type(self).__name__: value}
            write_json(self._folder / IDS, ids)

    def _ids(self):
        path = self._folder and self._folder / IDS
        return read_json(path) if path and path.exists() else {}


def new_id() -> str:
    """Eight letters and digits, not of the user's random numbers."""
    return secrets.token_hex(4)


def name_of(folder: Path | None) -> str:
    """What a tracker calls the run of a folder."""
    return "info_plane" if folder is None else folder.resolve().name


def numbers(rows: list[Row]) -> dict[str, float]:
    """The values of a measurement under their names in Keras' logs."""
    return {key(row): row["value"] for row in of_one_tap(rows)}


def settings(config: Mapping) -> dict[str, str | int | float]:
    """What can be compared from run to run, flat.

    Example:

        >>> settings({"seed": 0, "packages": {"keras": "3.15"}, "taps": []})
        {'seed': 0, 'packages/keras': '3.15'}
    """
    flat: dict = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and name != "fields":
            flat |= {f"{name}/{k}": v for k, v in settings(value).items()}
        elif isinstance(value, (str, int, float)):
            flat[name] = value
    return flat


def meanings(config: Mapping) -> dict[str, str]:
    """What each field is, by its name in Keras' logs.

    Example:

        >>> field = {"meaning": "error", "unit": "nats", "kind": "upper bound"}
        >>> meanings({"measures": {"zy": {"fields": {"ce": field}}}})
        {'zy_ce': 'error (nats, upper bound)'}
    """
    text = "{meaning} ({unit}, {kind})"
    return {
        f"{measure}_{field}": text.format(
            **UNKNOWN | {"meaning": field} | known
        )
        for measure, about in config.get("measures", {}).items()
        for field, known in about["fields"].items()
    }
