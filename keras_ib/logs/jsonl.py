"""The writer of run folders: append only, and never lost to a crash."""

import json
import math
import os
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np

from keras_ib.logs.columns import Columns
from keras_ib.logs.config import SCHEMA, read_config, write_json
from keras_ib.logs.files import (
    CONFIG,
    ROWS,
    SUPERSEDED,
    append,
    check_own,
    replaced,
)
from keras_ib.logs.lock import Lock
from keras_ib.logs.writer import Row
from keras_ib.notices import short, warn

# Which writer of this process has a folder; the lock knows processes only.
_HOLDERS: WeakValueDictionary[str, "JSONLines"] = WeakValueDictionary()
HOW_TO_GET_THE_REST = (
    "Numbers that are missing are measured again by a training that goes on "
    "from an earlier checkpoint: give it the same log_dir, or the command line "
    "--resume."
)


class JSONLines:
    """Appends measurements to a run folder and survives being killed.

    A folder that already holds a run is continued: the configuration must
    agree, and rows of later steps (they belong to a training that was cut off
    and is now done again) move to `superseded.jsonl`.

    Where the disk is full, the file stays as it was, the measurements are
    kept, and they are written as soon as there is room again.

    One process at a time writes to a folder: see `keras_ib.logs.lock`. Within
    a process the last one that claims a folder has it.

    Args:
        folder: The run folder; made if it is not there.

    Attributes:
        folder: The run folder, a `Path`.
        is_needed: What it refuses is refused, whatever other writers say.
        measured: Steps that the log holds.
        epoch: The last epoch that a log to go on with has reached.
    """

    is_needed = True

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.measured: set[int] = set()
        self.epoch = 0.0
        self._lock = Lock(self.folder)
        self._config: dict | None = None
        self._pending: list[Row] = []

    def claim(self, step: float) -> None:
        """Keeps others from writing to the folder.

        Args:
            step: Optimizer steps that the model has made.

        Raises:
            ValueError: If another process writes to it, it cannot be written,
                or it holds a run and the training begins at step 0.
        """
        try:
            self._lock.take()
            for file in (ROWS, SUPERSEDED):
                check_own(self.folder / file)
        except OSError as error:
            raise self._refused(error) from error
        if step == 0 and self._config is None:
            check_unused(self.folder)
        _HOLDERS[os.path.realpath(self.folder)] = self

    def _refused(self, error):
        return ValueError(
            "The run folder cannot be written. Received: "
            f"log_dir={str(self.folder)!r} ({error}). Choose another log_dir."
        )

    def open(self, config: dict, step: float) -> None:
        """Writes `config.json`, and takes up a run that is there.

        Raises:
            ValueError: As from `claim`, or if the folder holds a run of
                another kind.
        """
        self.claim(step)
        # Through JSON and back, so that it compares with one that was read.
        config = json.loads(json.dumps({"schema": SCHEMA} | config))
        config.pop("log_dir", None)  # Folders are moved and copied.
        is_there = (self.folder / CONFIG).exists()
        old = read_config(self.folder) if is_there else {}
        try:
            # How the model is trained is said before anything is measured.
            if self._config is None and "measures" in old:
                check_same_run(old, config, self.folder)
                self._continue(old, step)
            elif self._config is None:
                set_aside(self.folder)
            write_json(self.folder / CONFIG, old | config)
        except OSError as error:
            if self._config is None:
                raise self._refused(error) from error
            warn(f"{self.folder / CONFIG} cannot be written: {error}.")
        self._config = config

    def _continue(self, old, step):
        columns = Columns(self.folder / ROWS, old)
        lines = columns.lines
        is_late = lines.steps > step
        is_kept = columns.is_kept & ~is_late
        if not is_kept.all() or lines.broken or lines.is_torn:
            _sort_out(self.folder, lines.numbers, is_kept, is_late)
        self.measured = set(lines.steps[is_kept].tolist())
        self.epoch = np.nanmax(lines.epochs[is_kept], initial=0.0).item()

    def write(self, rows: list[Row]) -> None:
        """Writes all rows of one measurement and hands them to the disk.

        Raises:
            ValueError: If another callback of this process has the folder.
        """
        if not self._has_folder():
            raise ValueError(
                f"another InfoPlane of this process writes to {self.folder} "
                "now; give each a log_dir of its own"
            )
        self.measured.update(row["step"] for row in rows)
        had_pending = bool(self._pending)
        self._pending += rows
        try:
            append(self.folder / ROWS, "".join(map(_line, self._pending)))
        except OSError as error:
            if not had_pending:
                warn(
                    f"A measurement cannot be written to {self.folder}: "
                    f"{error}. It is kept and written as soon as there is "
                    f"room. The training goes on. {HOW_TO_GET_THE_REST}"
                )
        else:
            self._pending = []

    def close(self) -> None:
        """Writes what is still kept; the run can be gone on with."""
        if self._pending and self._has_folder():
            self.write([])
        if steps := self._missing():
            warn(
                f"{self.folder} lacks the measurements of the steps {steps}: "
                f"they could not be written. {HOW_TO_GET_THE_REST}"
            )
        self._pending = []
        self._config = None
        if self._has_folder():
            _HOLDERS.pop(os.path.realpath(self.folder), None)
        self._lock.release()

    def _missing(self):
        """Steps whose numbers are nowhere, after the last try to write."""
        if self._pending and not (self.folder / ROWS).exists():
            return sorted(self.measured)  # The folder was deleted.
        return sorted({row["step"] for row in self._pending})

    def _has_folder(self):
        return _HOLDERS.get(os.path.realpath(self.folder), self) is self


class NullWriter:
    """Writer of the processes that leave the log to the chief."""

    measured: frozenset[int] = frozenset()
    epoch = 0.0

    def claim(self, step: float) -> None:
        """Claims nothing."""

    def open(self, config: dict, step: float) -> None:
        """Opens nothing."""

    def write(self, rows: list[Row]) -> None:
        """Writes nothing."""

    def close(self) -> None:
        """Closes nothing."""


def set_aside(folder: Path) -> None:
    """Moves rows of a training that left nothing to go on with."""
    if (folder / ROWS).exists():
        text = (folder / ROWS).read_text("utf-8", errors="replace")
        append(folder / SUPERSEDED, text)
        (folder / ROWS).unlink()


def _sort_out(folder, numbers, is_kept, is_late):
    """Leaves the lines in a log that are kept; late ones are set aside."""
    kept = set(numbers[is_kept].tolist())
    late = set(numbers[is_late].tolist())
    aside = []
    with (
        replaced(folder / ROWS) as draft,
        open(folder / ROWS, "rb") as old,
        open(draft, "wb") as new,
    ):
        for number, line in enumerate(old, 1):
            if number in kept:
                new.write(line)
            elif number in late:
                aside.append(line.decode())
        if aside:
            append(folder / SUPERSEDED, "".join(aside))


def _line(row):
    finite = math.isfinite(row["value"])
    return json.dumps(row if finite else row | {"value": None}) + "\n"


def has_run(folder: Path) -> bool:
    """Whether a folder holds a run, and not only what will be trained."""
    path = Path(folder) / CONFIG
    return os.path.isfile(path) and "measures" in read_config(Path(folder))


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
                f"cannot go on there. There: {short(old.get(key), 90)}. Here: "
                f"{short(new[key], 90)}. "
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
        return [(tap["name"], tap.get("shape")) for tap in value or ()]
    return {
        name: {k: about.get(k) for k in ("num_fit", "num_held_out")}
        | {"fingerprint": about.get("fingerprint")}
        for name, about in (value or {}).items()
    }
