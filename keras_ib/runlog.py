"""The run folder: write it, append to it, recover it, read it back.

A run folder holds two files. `config.json`, written once, says what was
measured: packages, measures with units, kinds and ceilings, taps, probe data.
`info_plane.jsonl` holds the values, one JSON object a line:

    {"step": 64, "epoch": 1.28, "data": "train", "tap": "block_01",
     "measure": "zx", "field": "fvu", "value": 0.031}

so that `pandas.read_json(path, lines=True)` loads it. A value that is not
finite is written as `null` and reads back as NaN.

    log = keras_ib.RunLog("runs/mixer")
    steps, fvu = log.series("block_01", "zx", "fvu")
"""

from collections import Counter
import json
import math
import os
from pathlib import Path

import numpy as np

SCHEMA = 1
CONFIG = "config.json"
ROWS = "info_plane.jsonl"
SUPERSEDED = "superseded.jsonl"


class RunLog:
    """The log of one run, read into memory.

    Reading never changes the folder. A last line that a crash cut short is
    left out, and so is a last measurement that lacks some of its rows.

    Args:
        folder: The run folder, a path.

    Attributes:
        folder: The run folder, a `Path`.
        config: What `config.json` says, a dict.
        rows: The values, a list of dicts in the order of measurement.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = _read_config(self.folder)
        self.rows = _complete(_read_rows(self.folder / ROWS), self.config)

    @property
    def taps(self):
        """Names of the taps, from input to output."""
        return [tap["name"] for tap in self.config["taps"]]

    @property
    def data_names(self):
        """Names of the probe sets; `["probe"]` where only one was given.

        Further draws of a set follow it as `"train#2"`, ...
        """
        return list(self.config["data"])

    @property
    def steps(self):
        """Measured optimizer steps, ascending."""
        return sorted({row["step"] for row in self.rows})

    def field(self, measure, field):
        """What a field is: its `unit`, `kind`, `rows`, `formula`, `ceiling`.

        Raises:
            ValueError: If the run did not measure it.
        """
        known = self.config["measures"]
        if measure not in known or field not in known[measure]["fields"]:
            have = [f"{m}/{f}" for m in known for f in known[m]["fields"]]
            raise ValueError(
                f"{self.folder} has no values of {measure}/{field}; it has "
                f"{', '.join(have)}."
            )
        return known[measure]["fields"][field]

    def series(self, tap, measure, field, data=None):
        """One field of one tap over training.

        Args:
            tap: Name of the tap.
            measure: Name of the measure, such as `"zx"`.
            field: Name of the field, such as `"fvu"`.
            data: Name of the probe set; the first one where left out.

        Returns:
            Steps `[m]` (int64, ascending) and values `[m]` (float64).
        """
        self.field(measure, field)
        for name, value, known in (
            ("tap", tap, self.taps),
            ("data", data or self.data_names[0], self.data_names),
        ):
            if value not in known:
                raise ValueError(
                    f"{self.folder} has no {name}={value!r}; it has "
                    f"{', '.join(known)}."
                )
        wanted = (data or self.data_names[0], tap, measure, field)
        rows = [row for row in self.rows if _key(row) == wanted]
        values = {row["step"]: row["value"] for row in rows}
        steps = sorted(values)
        return (
            np.array(steps, "int64"),
            np.array([values[step] for step in steps], "float64"),
        )


def logs_of(runs) -> list[RunLog]:
    """Logs of one run or several, each a `RunLog` or its folder."""
    single = isinstance(runs, RunLog | str | os.PathLike)
    return [
        run if isinstance(run, RunLog) else RunLog(run)
        for run in ([runs] if single else runs)
    ]


def draws_of(names, data=None) -> list[str]:
    """The draws of one probe set among the names of a log's sets.

    Args:
        names: `RunLog.data_names`.
        data: Name of the set; the first one where left out.
    """
    data = names[0] if data is None else data
    draws = [name for name in names if name.partition("#")[0] == data]
    # A name that is not there is for `RunLog.series` to refuse.
    return draws or [data]


def is_error(field) -> bool:
    """Whether a field, as of `RunLog.field`, falls as information grows.

    An error bounds one from above, and nothing limits it.
    """
    return field["kind"] == "upper bound" and field["formula"] is None


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
            self._continue(start_step)
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_atomically(
            self.folder / CONFIG, json.dumps(self.config, indent=1) + "\n"
        )

    def _continue(self, start_step):
        old = _read_config(self.folder)
        check_same_run(old, self.config, self.folder)
        rows = _read_rows(self.folder / ROWS)
        kept = [r for r in _complete(rows, old) if r["step"] <= start_step]
        late = [r for r in rows if r["step"] > start_step]
        if late:
            with open(self.folder / SUPERSEDED, "a", encoding="utf-8") as file:
                file.write(_lines(late))
        _write_atomically(self.folder / ROWS, _lines(kept))
        self.measured = {row["step"] for row in kept}

    def append(self, rows):
        """Writes all rows of one measurement and hands them to the disk."""
        with open(self.folder / ROWS, "a", encoding="utf-8") as file:
            file.write(_lines(rows))
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
    if (Path(folder) / CONFIG).exists():
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


def _key(row):
    return row["data"], row["tap"], row["measure"], row["field"]


def _read_config(folder):
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(
            f"{folder} is not a run folder: it has no {CONFIG}. A run folder "
            "is what InfoPlane(log_dir=...) or `keras-ib train` wrote."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _read_rows(path):
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    # What follows the last newline is a line that was never finished.
    rows = [json.loads(line) for line in lines[:-1]]
    for row in rows:
        if row["value"] is None:
            row["value"] = math.nan
    return rows


def _complete(rows, config):
    """The rows without measurements that were cut off half-way."""
    fields = sum(len(m["fields"]) for m in config["measures"].values())
    whole = len(config["taps"]) * fields * len(config["data"])
    count = Counter(row["step"] for row in rows)
    return [row for row in rows if count[row["step"]] == whole]


def _lines(rows):
    return "".join(_line(row) + "\n" for row in rows)


def _line(row):
    finite = math.isfinite(row["value"])
    return json.dumps(row if finite else row | {"value": None})


def _write_atomically(path, text):
    """Replaces a file as a whole, so that a crash leaves the old or the new."""
    draft = path.with_name(path.name + ".draft")
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
