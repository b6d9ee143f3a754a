"""Which run folder a training writes to."""

from collections.abc import Iterable
from datetime import datetime
import os
from pathlib import Path
from typing import Any
import weakref

from keras_ib.logs.jsonl import check_writable


class Folders:
    """The run folders of one callback and of its copies, one a training.

    A training that goes on (the same model at a later step) stays in its
    folder. Another one takes a folder of its own beside it: `run`, `run-2`.

    Args:
        log_dir: What the user gave, or None.

    Attributes:
        used: The folders so far.
    """

    def __init__(self, log_dir: str | os.PathLike | None):
        self._given = None if log_dir is None else Path(log_dir)
        self._model: Any = None
        self._step = -1
        self.used: list[Path] = []

    def __deepcopy__(self, memo: dict) -> "Folders":
        """Itself: a tuner copies its callbacks for each of its trials."""
        return self

    def check(self, others: Iterable["Folders"] = ()) -> None:
        """Looks whether runs can be written there.

        Args:
            others: Those of the callbacks in the same training.

        Raises:
            ValueError: If no folder can be made, or another callback of this
                training was given the same one.
        """
        check_writable(self._given or Path("runs"))
        for other in others:
            if other is not self and self._given and self._is_given(other):
                raise ValueError(
                    "Two InfoPlane callbacks of a training must not write to "
                    f"one folder. Received: log_dir={str(self._given)!r} "
                    "twice. Give each a log_dir of its own."
                )

    def _is_given(self, other):
        # The file of the lock tells processes apart, but not these two.
        return other._given and _real(self._given) == _real(other._given)

    def choose(self, model: Any, step: int) -> Path:
        """The folder of a training of this model that begins at this step."""
        if not self.used:
            folder = self._given or _default()
        elif (
            self._model is not None
            and self._model() is model
            and (step > 0 and step >= self._step)
        ):
            folder = self.used[-1]
        else:
            folder = _beside(self.used[0], len(self.used) + 1)
        if folder not in self.used:
            self.used.append(folder)
        self._model = weakref.ref(model)
        return folder

    def reached(self, step: int) -> None:
        """Says how far the training has come."""
        self._step = step


def _real(path):
    return os.path.normcase(os.path.realpath(path))


def _default():
    now = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    return Path("runs") / f"info_plane-{now}"


def _beside(folder, number):
    while (found := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return found
