"""What trackers hold of a run folder, read by their own libraries.

Each reader gives `{series: [(step, value), ...]}`.
"""

from collections import defaultdict
import json
import os
from pathlib import Path
import struct

import pytest

from keras_ib.writers.tracker import IDS

BLOCK = 32768


def id_of(folder, tracker):
    """What the run folder says of the tracker's run."""
    return json.loads((folder / IDS).read_text())[tracker]


def tensorboard(folder):
    """Probe sets are runs of TensorBoard; their names come first here."""
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    found = {}
    root = folder / "tensorboard"
    for place in {path.parent for path in root.rglob("events*")}:
        events = reader.EventAccumulator(str(place), {"scalars": 0})
        events.Reload()
        prefix = "" if place == root else f"{place.name}_"
        for tag in events.Tags()["scalars"]:
            found[prefix + tag] = [
                (e.step, e.value) for e in events.Scalars(tag)
            ]
    return found


def wandb(folder):
    """Files of a run that went on have the same id."""
    name = f"run-{id_of(folder, 'WandB')}.wandb"
    found = defaultdict(list)
    for path in sorted(Path(os.environ["WANDB_DIR"]).rglob(name)):
        for row in _rows_of_wandb(path):
            step = row.pop("info_plane/step")
            for series, value in row.items():
                found[series].append((step, value))
    return dict(found)


def _rows_of_wandb(path):
    internal = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    for data in _records(path.read_bytes()):
        record = internal.Record.FromString(data)
        if record.WhichOneof("record_type") == "history":
            yield {
                item.key or "/".join(item.nested_key): json.loads(
                    item.value_json
                )
                for item in record.history.item
            }


def _records(data):
    """Records of a log of LevelDB, which wandb's files are; 0.31 has no
    reader in Python any more."""
    at, parts = 7, []  # After the header of the file.
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # No header fits: the block is padded.
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        parts.append(data[at + 7 : at + 7 + length])
        at += 7 + length
        if kind in (1, 4):  # Whole, or the last part.
            yield b"".join(parts)
            parts = []


def mlflow(folder):
    client = pytest.importorskip("mlflow").MlflowClient()
    run = client.get_run(id_of(folder, "MLflow"))
    return {
        name: [
            (one.step, one.value)
            for one in client.get_metric_history(run.info.run_id, name)
        ]
        for name in run.data.metrics
    }


def trackio(folder):
    storage = pytest.importorskip("trackio.sqlite_storage").SQLiteStorage
    found = defaultdict(list)
    project = "layers" if folder.name == "tracked" else "keras_ib"
    for row in storage.get_logs(project, id_of(folder, "Trackio")):
        step = row.pop("step")
        row.pop("timestamp")
        for series, value in row.items():
            found[series].append((step, value))
    return dict(found)


READERS = {
    "TensorBoard": tensorboard,
    "WandB": wandb,
    "MLflow": mlflow,
    "Trackio": trackio,
}
