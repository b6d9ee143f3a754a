"""Callbacks that log, and stand where they do not see the numbers."""

import inspect
from typing import Any

import keras

from keras_ib.notices import warn

LOGGERS = (
    keras.callbacks.CSVLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TensorBoard,
)
# Of trackers, such as WandbMetricsLogger and MlflowCallback.
WORDS = ("logger", "mlflow", "comet", "neptune", "wandb")


def warn_of_order(plane: Any) -> None:
    """Warns if a callback that logs stands before `plane` in its list.

    Keras hands its logs to one callback after the other, so that such a
    callback sees none of the numbers. A callback does not know the list that
    it is in; the list is found where it calls.
    """
    callbacks = list_of(plane)
    before = callbacks[: callbacks.index(plane)] if callbacks else []
    early = [type(one).__name__ for one in before if _logs(one)]
    if early:
        warn(
            f"{' and '.join(early)} will not see the numbers of InfoPlane, "
            "since it comes later in the list of callbacks. Write "
            f"callbacks=[plane, {', '.join(early)}]."
        )


def list_of(plane: Any) -> list:
    """The callbacks among which `plane` was called; `[]` outside of a list."""
    frame = inspect.currentframe()
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList):
            found = caller.callbacks
            return found if any(one is plane for one in found) else []
        frame = frame.f_back
    return []


def _logs(callback):
    """Whether a callback writes logs, or monitors a number of a tap."""
    name = type(callback).__name__.lower()
    is_known = isinstance(callback, LOGGERS)
    is_keras = isinstance(callback, keras.callbacks.ProgbarLogger)
    named = not is_keras and any(word in name for word in WORDS)
    return is_known or named or "/" in str(getattr(callback, "monitor", ""))
