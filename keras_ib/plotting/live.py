"""The plane in a notebook, drawn anew in its place while a training goes on."""

from html import escape
from pathlib import Path
import sys
from time import perf_counter
from typing import Any

from keras_ib.logs.run import RunLog
from keras_ib.logs.writer import Row
from keras_ib.plotting.planes import plane

GAP = 2.0  # Seconds from one drawing to the next, at least.
SHARE = 0.05  # Of the time since the training began, for drawing.
# Seconds that the first drawing is expected to take, which loads Matplotlib.
FIRST = 1.5


def in_notebook() -> bool:
    """Whether this runs in the kernel of a notebook, which can show figures."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class Live:
    """A writer that shows the plane below the cell that trains.

    It draws every two seconds at most, and no longer than a twentieth of the
    time; once more at the end.

    Args:
        folder: The run folder, to which another writer writes before.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._display: Any = None
        self._began = self._last = perf_counter()
        self._spent, self._cost = 0.0, FIRST

    def open(self, config: dict, step: float) -> None:
        """Takes a place below the cell."""
        from IPython.display import HTML, display

        if self._display is None:
            text = (
                f"<p>InfoPlane writes to {escape(str(self._folder))}. Its "
                "plane is drawn here after half a minute, or at the end.</p>"
            )
            self._display = display(HTML(text), display_id=True)

    def write(self, rows: list[Row]) -> None:
        """Draws what the log has, if there is time for it."""
        now = perf_counter()
        budget = SHARE * (now - self._began)
        if now - self._last >= GAP and self._spent + self._cost <= budget:
            self._draw()

    def close(self) -> None:
        """Draws the end."""
        if self._display is not None:
            self._draw()
            self._display = None

    def _draw(self):
        start = perf_counter()
        self._display.update(plane(RunLog(self._folder)))
        self._last = perf_counter()
        self._cost = self._last - start
        self._spent += self._cost
