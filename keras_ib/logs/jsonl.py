"""The writer of run folders: append only, and never lost to a crash."""

import json
import os
from pathlib import Path

from keras_ib.logs.files import (
    CONFIG,
    ROWS,
    SCHEMA,
    SUPERSEDED,
    complete,
    lines,
    read_config,
    read_rows,
    write_atomically,
)
from keras_ib.logs.writer import Row
from keras_ib.notices import warn


class JSONLines:
    """Appends measurements to a run folder and survives being killed.

    A folder that already holds a run is continued: the configuration must
    agree, and rows of later steps (they belong to a training that was cut off
    and is now done again) move to `superseded.jsonl`.

    Where the disk is full, the file stays as it was, the measurements are
    kept, and they are written as soon as there is room again.

    Args:
        folder: The run folder; made if it is not there.

    Attributes:
        folder: The run folder, a `Path`.
        measured: Steps that the log holds.
        epoch: The last epoch that a log to go on with has reached.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.measured: set[int] = set()
        self.epoch = 0.0
        self._config: dict | None = None
        self._pending: list[Row] = []

    def open(self, config: dict, step: float) -> None:
        """Writes `config.json`, and takes up a run that is there.

        Raises:
            ValueError: If the folder holds a run of another kind, or cannot
                be written.
        """
        # Through JSON and back, so that it compares with one that was read.
        config = json.loads(json.dumps({"schema": SCHEMA} | config))
        if (self.folder / CONFIG).exists():
            old = read_config(self.folder)
            # How the model is trained is said before anything is measured.
            if self._config is None and "measures" in old:
                self._continue(old, config, step)
            config = old | config
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(
                self.folder / CONFIG, json.dumps(config, indent=1) + "\n"
            )
        except OSError as error:
            raise ValueError(
                "The run folder cannot be written. Received: "
                f"log_dir={str(self.folder)!r} ({error}). Choose another "
                "log_dir."
            ) from error
        self._config = config

    def _continue(self, old, config, step):
        check_same_run(old, config, self.folder)
        rows = read_rows(self.folder / ROWS)
        kept = [r for r in complete(rows, old) if r["step"] <= step]
        late = [r for r in rows if r["step"] > step]
        if late:
            with open(self.folder / SUPERSEDED, "a", encoding="utf-8") as file:
                file.write(lines(late))
        write_atomically(self.folder / ROWS, lines(kept))
        self.measured = {row["step"] for row in kept}
        self.epoch = max((row["epoch"] or 0.0 for row in kept), default=0.0)

    def write(self, rows: list[Row]) -> None:
        """Writes all rows of one measurement and hands them to the disk."""
        self.measured.update(row["step"] for row in rows)
        had_pending = bool(self._pending)
        self._pending += rows
        try:
            self._append(self._pending)
        except OSError as error:
            if not had_pending:
                warn(
                    f"A measurement cannot be written to {self.folder}: "
                    f"{error}. It is kept and written as soon as there is "
                    "room. The training goes on."
                )
        else:
            self._pending = []

    def _append(self, rows):
        path = self.folder / ROWS
        size = path.stat().st_size if path.exists() else 0
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(lines(rows))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            if path.exists():
                os.truncate(path, size)
            raise

    def close(self) -> None:
        """Writes what is still kept; the run can be gone on with."""
        if self._pending:
            self.write([])
        if self._pending:
            steps = sorted({row["step"] for row in self._pending})
            warn(
                f"{self.folder} lacks the measurements of the steps {steps}: "
                "they could not be written."
            )
        self._config = None


class NullWriter:
    """Writer of the processes that leave the log to the chief."""

    measured: frozenset[int] = frozenset()
    epoch = 0.0

    def open(self, config: dict, step: float) -> None:
        """Opens nothing."""

    def write(self, rows: list[Row]) -> None:
        """Writes nothing."""

    def close(self) -> None:
        """Closes nothing."""


def has_run(folder: Path) -> bool:
    """Whether a folder holds a run, and not only what will be trained."""
    path = Path(folder) / CONFIG
    return path.is_file() and "measures" in read_config(Path(folder))


def check_unused(folder: str | os.PathLike) -> None:
    """Raises a `ValueError` if `folder` already holds a run."""
    if has_run(Path(folder)):
        raise ValueError(
            f"log_dir={str(folder)!r} already holds a run, and this training "
            "starts at step 0. Give another log_dir, remove the old one, or "
            "go on from a checkpoint of that run."
        )


def check_writable(folder: str | os.PathLike) -> None:
    """Raises a `ValueError` if a run folder cannot be made or written."""
    folder = Path(folder).absolute()
    there = next(p for p in (folder, *folder.parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(
            "The run folder cannot be written. Received: "
            f"log_dir={str(folder)!r}, where {there} is "
            f"{'read-only' if there.is_dir() else 'a file'}. Choose another "
            "log_dir."
        )


def check_same_run(old: dict, new: dict, folder: Path) -> None:
    """Raises a `ValueError` if two configurations measure different things."""
    for key in ("measures", "taps", "data"):
        if comparable(old, key) != comparable(new, key):
            raise ValueError(
                f"{folder} holds a run with other {key} than this one, so it "
                f"cannot go on there. There: {old.get(key)}. Here: {new[key]}. "
                "Give another log_dir."
            )


def comparable(config: dict, key: str) -> dict | list:
    """What of a configuration must agree where a run is continued."""
    value = config.get(key)
    if key == "measures":
        return {
            name: {"config": about["config"], "fields": list(about["fields"])}
            for name, about in (value or {}).items()
        }
    if key == "taps":
        return [(tap["name"], tap["shape"]) for tap in value or ()]
    return {
        name: {k: about.get(k) for k in ("num_fit", "num_held_out")}
        | {"fingerprint": about.get("fingerprint")}
        for name, about in (value or {}).items()
    }
