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


class RunLogWriter:
    """Appends measurements to a run folder and survives being killed.

    A folder that already holds a run is continued: the configuration must
    agree, and rows of steps after `start_step` (they belong to a training
    that was cut off and is now done again) move to `superseded.jsonl`.

    Args:
        folder: The run folder; made if it is not there.
        config: What was measured, a dict that JSON can hold.
        start_step: Optimizer steps that the model has already made.
    """

    def __init__(self, folder, config, start_step):
        self.folder = Path(folder)
        self.measured = set()
        # Through JSON and back, so that it compares with one that was read.
        self.config = json.loads(json.dumps({"schema": SCHEMA} | config))
        if (self.folder / CONFIG).exists():
            old = read_config(self.folder)
            # How the model is trained is said before anything is measured.
            if "measures" in old:
                self._continue(old, start_step)
            self.config = old | self.config
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(
            self.folder / CONFIG, json.dumps(self.config, indent=1) + "\n"
        )

    def _continue(self, old, start_step):
        check_same_run(old, self.config, self.folder)
        rows = read_rows(self.folder / ROWS)
        kept = [r for r in complete(rows, old) if r["step"] <= start_step]
        late = [r for r in rows if r["step"] > start_step]
        if late:
            with open(self.folder / SUPERSEDED, "a", encoding="utf-8") as file:
                file.write(lines(late))
        write_atomically(self.folder / ROWS, lines(kept))
        self.measured = {row["step"] for row in kept}

    def append(self, rows):
        """Writes all rows of one measurement and hands them to the disk."""
        with open(self.folder / ROWS, "a", encoding="utf-8") as file:
            file.write(lines(rows))
            file.flush()
            os.fsync(file.fileno())
        self.measured.update(row["step"] for row in rows)


class SilentWriter:
    """What a process has that measures along and leaves the log to another."""

    def __init__(self):
        self.measured = set()

    def append(self, rows):
        """Notes the measured steps, and writes nothing."""
        self.measured.update(row["step"] for row in rows)


def check_unused(folder):
    """Raises a `ValueError` if `folder` already holds a run."""
    path = Path(folder) / CONFIG
    if path.exists() and "measures" in read_config(Path(folder)):
        raise ValueError(
            f"log_dir={str(folder)!r} already holds a run, and this training "
            "starts at step 0. Give another log_dir, remove the old one, or "
            "go on from a checkpoint of that run."
        )


def check_same_run(old, new, folder):
    """Raises a `ValueError` if two configurations measure different things."""
    for key in ("schema", "measures", "taps", "data"):
        if old.get(key) != new[key]:
            raise ValueError(
                f"{folder} holds a run with other {key} than this one, so it "
                f"cannot go on there. There: {old.get(key)}. Here: {new[key]}. "
                "Give another log_dir."
            )
