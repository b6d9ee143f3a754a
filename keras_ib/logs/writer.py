"""Who takes measurements: the run folder, Keras' logs, trackers."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol, runtime_checkable

from keras_ib.notices import short, warn

Row = dict
"""`step`, `epoch`, `data`, `tap`, `target`, `measure`, `field`, `value`.

Of two taps, the second one is `other`, before the value.
"""


def of_one_tap(rows: list[Row]) -> list[Row]:
    """Without numbers of two taps, which trackers have no chart for."""
    return [row for row in rows if "other" not in row]


@runtime_checkable
class Writer(Protocol):
    """What a place for measurements has to have.

    Example:

        class Printer:
            def open(self, config, step):
                print("begins at step", step)

            def write(self, rows):
                print(len(rows), "numbers")

            def close(self):
                print("done")

        plane = keras_ib.InfoPlane(writers=[Printer()])
    """

    def open(self, config: dict, step: float) -> None:
        """Begins a run, or goes on with one.

        May be called again for the same run with a configuration that says
        more.

        Args:
            config: What is measured, as in `config.json`; and `log_dir`, the
                run folder, where there is one.
            step: Optimizer steps that the model has made: 0 for a new run,
                else the last step of an earlier part that stays valid.
        """

    def write(self, rows: list[Row]) -> None:
        """Takes all numbers of one measurement."""

    def close(self) -> None:
        """Ends the run; it may be opened again."""


class Writers:
    """Several writers as one; one that fails is left out with a warning.

    Each is told only when those before it are done: the run folder is the
    first, so that no other one keeps a number from it.

    Args:
        writers: Sequence of `Writer`.
    """

    def __init__(self, writers: Sequence[Writer]):
        self._all = list(writers)
        self._working = list(writers)

    def open(self, config: dict, step: float) -> None:
        """Opens all of them.

        Raises:
            ValueError: If the run folder refuses.
        """
        self._working = list(self._all)
        for writer in self._all:
            # Without a log there is no run; without a tracker there is.
            is_needed = getattr(writer, "is_needed", False)
            passed_on = ValueError if is_needed else ()
            self._try(writer, "open", config, step, passed_on=passed_on)

    def update(self, config: dict, step: float) -> None:
        """Tells of a configuration that says more, in the middle of a run."""
        self._each("open", config, step)

    def write(self, rows: list[Row]) -> None:
        """Hands a measurement to all that have not failed."""
        self._each("write", rows)

    def close(self) -> None:
        """Closes all that have not failed."""
        self._each("close")

    def _each(self, method, *arguments):
        for writer in list(self._working):
            self._try(writer, method, *arguments)

    def _try(self, writer, method, *arguments, passed_on=()):
        try:
            getattr(writer, method)(*arguments)
        except passed_on:
            raise
        except Exception as error:  # Whatever a tracker raises.
            self._working.remove(writer)
            reason = short(error, 200).rstrip(".")
            warn(
                f"The writer {type(writer).__name__} is left out from now on, "
                f"since its {method}() failed: {reason}. The training and the "
                "other writers go on."
            )


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

        >>> class Steps:
        ...     def open(self, config, step):
        ...         print("begins at step", step)
        ...     def write(self, rows):
        ...         print(rows[0]["step"])
        ...     def close(self):
        ...         print("done")
        >>> from types import SimpleNamespace
        >>> rows = [{"step": 0}, {"step": 8}]
        >>> log = SimpleNamespace(folder="runs/mine", config={}, rows=rows)
        >>> log.in_units = lambda units: log
        >>> replay(log, Steps())
        begins at step 0
        0
        8
        done
    """
    log = log.in_units("nats")  # As its configuration says.
    writer.open(log.config | {"log_dir": str(log.folder)}, 0)
    try:
        for _, rows in groupby(
            sorted(log.rows, key=itemgetter("step")), itemgetter("step")
        ):
            writer.write(list(rows))
    finally:
        writer.close()
