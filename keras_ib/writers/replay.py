"""A log that is there already, for a tracker."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from keras_ib.logs.writer import Writer


def replay(log: Any, writer: Writer) -> None:
    """Hands a writer the measurements of a log, as if they were made now.

    A tracker begins a run with them, and a training that goes on in the run
    folder goes on in that one.

    Args:
        log: A `RunLog`.
        writer: A `Writer`, such as `TensorBoard()`.

    Raises:
        Exception: What the writer raises.

    Example:

        >>> import keras_ib
        >>> log = keras_ib.RunLog("runs/mine")  # doctest: +SKIP
        >>> replay(log, keras_ib.writers.TensorBoard())  # doctest: +SKIP
    """
    writer.open(log.config | {"log_dir": str(log.folder)}, 0)
    try:
        for _, rows in groupby(
            sorted(log.rows, key=itemgetter("step")), itemgetter("step")
        ):
            writer.write(list(rows))
    finally:
        writer.close()
