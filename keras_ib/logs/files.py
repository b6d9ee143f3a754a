"""The files of a run folder: names, and how they are written and read."""

from collections import Counter
import json
import math
import os
from pathlib import Path
from typing import Any

from keras_ib.logs.writer import Row

SCHEMA = 2
CONFIG = "config.json"
ROWS = "info_plane.jsonl"
SUPERSEDED = "superseded.jsonl"


def read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(
            f"{folder} is not a run folder: it has no {CONFIG}. A run folder "
            "is what InfoPlane(log_dir=...) or `keras-ib train` wrote."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def read_rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    # What follows the last newline is a line that was never finished.
    rows = [json.loads(line) for line in lines[:-1]]
    for row in rows:
        if row["value"] is None:
            row["value"] = math.nan
    return rows


def complete(rows: list[Row], config: dict) -> list[Row]:
    """The rows without measurements that were cut off half-way."""
    whole = config.get("rows_per_measurement") or _whole(config)
    count = Counter(row["step"] for row in rows)
    return [row for row in rows if count[row["step"]] == whole]


def _whole(config):
    """Rows of a measurement in schema 1."""
    fields = sum(len(m["fields"]) for m in config["measures"].values())
    return len(config["taps"]) * fields * len(config["data"])


def lines(rows: list[Row]) -> str:
    return "".join(_line(row) + "\n" for row in rows)


def _line(row):
    finite = math.isfinite(row["value"])
    return json.dumps(row if finite else row | {"value": None})


def write_atomically(path: Path, text: str):
    """Replaces a file as a whole, so that a crash leaves the old or the new."""
    draft = path.with_name(path.name + ".draft")
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def update_config(folder: Path, key: str, value: Any):
    """Sets one entry of a folder's `config.json`, as a whole or not at all.

    Args:
        folder: The run folder; made if it is not there.
        key: Name of the entry, such as `"training"`.
        value: What JSON can hold; None takes the entry away.
    """
    path = folder / CONFIG
    config = json.loads(path.read_text("utf-8")) if path.exists() else {}
    config = {k: v for k, v in config.items() if k != key}
    if value is not None:
        config[key] = value
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(config, indent=1) + "\n")
