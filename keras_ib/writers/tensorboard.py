"""TensorBoard's event files, without TensorFlow."""

from collections.abc import Set
import os
from pathlib import Path
import re
import time
from typing import Any

from keras_ib import checks
from keras_ib.logs.keras_logs import UNNAMED, key
from keras_ib.logs.writer import Row, of_one_tap
from keras_ib.writers.tracker import Tracker, meanings, name_of, settings

# data_class = DATA_CLASS_SCALAR of TensorBoard's SummaryMetadata, which
# tensorboardX does not know, and without which TensorBoard's own reader drops
# the description.
IS_SCALAR = b"\x20\x01"


class TensorBoard(Tracker):
    """Writes event files that TensorBoard shows while the training runs.

    The names are those of Keras' logs, such as `zx_fvu/block_02`, so that
    TensorBoard has a group a field and a chart a tap. Probe sets of several
    are runs of TensorBoard, as Keras' own `train` and `validation` are, which
    one chart draws together; the tab Custom Scalars has all taps of a field
    in one chart. The description of a chart has meaning, unit and kind; the
    configuration is the hyperparameters.

    Event files are written and handed to the disk with each measurement, by
    the training itself: no queue can run full.

    Args:
        log_dir: Where runs of TensorBoard are, each in a folder named as the
            run folder; a path, or a URL that tensorboardX takes. The folder
            `tensorboard` in the run folder by default.

    Raises:
        ImportError: Without tensorboardX: `pip install
            'keras-ib[tensorboard]'`.

    Example:

        writer = keras_ib.writers.TensorBoard("tensorboard")
        plane = keras_ib.InfoPlane(writers=[writer])
    """

    package = "tensorboardX"
    extra = "tensorboard"

    def __init__(self, log_dir: str | os.PathLike | None = None):
        super().__init__()
        if log_dir is not None:
            checks.path("log_dir", log_dir)
        self.log_dir = None if log_dir is None else os.fspath(log_dir)
        self._meanings: dict[str, str] = {}
        self._sets: list[str] = []
        self._groups: Set[str] = frozenset()

    def start(self, folder: Path | None, step: float) -> Any:
        """Event files, by probe set; they are made when they are needed."""
        if self.log_dir is not None:
            root = f"{self.log_dir}/{_as_folder(name_of(folder))}"
        elif folder is not None:
            root = os.fspath(folder / "tensorboard")
        else:
            raise ValueError(
                "Without a run folder there is no place for event files. "
                "Received: log_dir=None. Give TensorBoard(log_dir)."
            )
        self._groups = frozenset()
        return _Events(root, 0 if step == 0 else step + 1)

    def describe(self, config: dict) -> None:
        """Writes the settings as hyperparameters."""
        from tensorboardX import summary

        self._meanings = meanings(config)
        self._sets = list(config.get("data", ()))
        # TensorBoard gathers the columns of all sessions by itself; of the
        # summaries that list them it would take the first alone.
        _, session, _ = summary.hparams(settings(config), {})
        self.run.add(self._first(), session)
        self.run.flush()

    def write(self, rows: list[Row]) -> None:
        groups = {}
        for row in of_one_tap(rows):
            tag = key(row | {"data": UNNAMED})
            group = tag.partition("/")[0]
            groups[group] = ["Multiline", [f"{re.escape(group)}/.*"]]
            name = f"{row['measure']}_{row['field']}"
            about = self._meanings.get(name, "")
            one = _scalar(tag, row["value"], about)
            self.run.add(self._place(row["data"]), one, row["step"])
        if groups.keys() != self._groups:
            self._groups = groups.keys()
            self.run.add(self._first(), _charts(groups))
        self.run.flush()

    def finish(self, run: Any) -> None:
        run.close()

    def _first(self):
        """Where what is said of all sets is said."""
        return self._place(self._sets[0]) if self._sets else ""

    def _place(self, data):
        """The folder of a probe set; none where there is only one."""
        return _as_folder(data) if len(self._sets) > 1 else ""


class _Events:
    """An event file a probe set.

    tensorboardX's SummaryWriter puts events into a short queue for a thread,
    and waits for ever once a full disk has ended that thread; its files are
    named by the second, and a second one of the same second replaces the
    first. So this writes the events itself.
    """

    def __init__(self, root, purge_step):
        self._root = root
        self._purge_step = purge_step
        self._files: dict = {}

    def add(self, data, summary, step=0):
        """Adds a summary to the file of a set."""
        from tensorboardX.proto.event_pb2 import Event

        event = Event(wall_time=time.time(), step=step, summary=summary)
        self._file(data).write_event(event)

    def _file(self, data):
        if data not in self._files:
            from tensorboardX.event_file_writer import EventsWriter
            from tensorboardX.proto.event_pb2 import Event, SessionLog
            from tensorboardX.record_writer import directory_check

            folder = f"{self._root}/{data}" if data else self._root
            directory_check(folder)
            file = EventsWriter(f"{folder}/events", f".{time.time_ns()}")
            start = SessionLog(status=SessionLog.START)
            # Hides what a training that was cut off has measured later.
            file.write_event(
                Event(
                    wall_time=time.time(),
                    step=self._purge_step,
                    session_log=start,
                )
            )
            self._files[data] = file
        return self._files[data]

    def flush(self):
        """Hands all files to the disk."""
        for file in self._files.values():
            file.flush()

    def close(self):
        """Closes all files."""
        for file in self._files.values():
            file.close()


def _scalar(tag, value, description):
    """A scalar that may be NaN, of which tensorboardX's own would warn."""
    from tensorboardX.proto import summary_pb2 as proto

    metadata = proto.SummaryMetadata(
        plugin_data={"plugin_name": "scalars"}, summary_description=description
    )
    metadata.MergeFromString(IS_SCALAR)
    one = proto.Summary.Value(tag=tag, simple_value=value, metadata=metadata)
    return proto.Summary(value=[one])


def _charts(groups):
    """All taps of a field in one chart."""
    from tensorboardX import summary

    return summary.custom_scalars({"all taps": groups})


def _as_folder(name):
    """A name that stays in its folder, different for different names."""
    return re.sub(r"[^\w #-]", lambda found: f"%{ord(found[0]):02X}", name)
