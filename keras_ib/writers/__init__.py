"""Places for the numbers of a run beside its folder: trackers, Keras' logs.

Names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_ib.logs.keras_logs import KerasLogs
    from keras_ib.logs.writer import Writer, replay
    from keras_ib.writers.mlflow import MLflow
    from keras_ib.writers.tensorboard import TensorBoard
    from keras_ib.writers.trackio import Trackio
    from keras_ib.writers.wandb import WandB

__all__ = [
    "KerasLogs",
    "MLflow",
    "TensorBoard",
    "Trackio",
    "WandB",
    "Writer",
    "replay",
]

_PLACES = {
    "KerasLogs": "logs.keras_logs",
    "Writer": "logs.writer",
    "replay": "logs.writer",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES.get(name, f"writers.{name.lower()}")
    return getattr(import_module(f"keras_ib.{place}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
