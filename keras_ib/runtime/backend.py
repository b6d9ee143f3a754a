"""What a backend promises: the one contract that TensorFlow and JAX fulfil."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
import importlib
from typing import Any, ClassVar, Protocol

import keras

from keras_ib.measures.sample.operations import Operations

SUPPORTED = ("tensorflow", "jax")


class Capture(Protocol):
    """The watched model on fixed samples, in inference mode.

    Args:
        model: A Keras model or layer, built.
        x: What it takes, a structure of NumPy arrays `[n, ...]`.
        batch_size: Samples of a batch; the last batch is filled up.
    """

    def __init__(self, model: Any, x: Any, batch_size: int): ...

    def __call__(self, taps: dict) -> dict[str, Any]:
        """Outputs of the taps for all samples, `{name: [n, ...]}`.

        On several replicas each of them holds all samples. The model is left
        as it was.
        """

    def trial(self, taps: dict, num_samples: int) -> dict[str, tuple]:
        """Shapes of what the taps return for so many samples.

        In the order of the calls. The model is called once on symbols, or on
        real samples where it cannot be traced.
        """


class Collector(Protocol):
    """Keeps the first training batches of a `fit` as probe data.

    Args:
        model: A compiled Keras model whose `fit` has begun.
        size: Number of samples wanted.

    Attributes:
        initial: Weights before the first step of a model that was not built
            when the training began; otherwise None.
    """

    initial: Any

    def __init__(self, model: Any, size: int): ...

    def is_full(self) -> bool:
        """Whether enough samples were seen."""

    def batches(self) -> list:
        """What was kept, `[(x, y, sample_weight)]` as Keras passes them."""

    def remove(self) -> None:
        """Gives the model its own train function back."""


class Backend(Protocol):
    """The functions that differ between TensorFlow and JAX.

    Attributes:
        WORKER_LOST_ERRORS: What is raised when another machine is gone.
        Capture: The class that passes samples through a model.
        Collector: The class that keeps the first training batches.
    """

    WORKER_LOST_ERRORS: ClassVar[tuple[type[BaseException], ...]]
    Capture: type[Capture]
    Collector: type[Collector]

    def compiled(
        self, function: Callable, jit_compile: bool = False
    ) -> Callable:
        """`function` of tensors as one graph; on request compiled by XLA."""

    def shared(self, model: Any) -> Callable | None:
        """How the replicas of a model share a function out.

        Returns:
            `run(function, outputs, data)`, which calls
            `function(outputs, data, replicas)` on each of them and returns
            the tensor of one; None where there is but one replica.
        """

    def full_precision(self) -> AbstractContextManager:
        """A context in which products of float32 are not rounded."""

    def operations(self) -> Operations:
        """What keras.ops lacks, or has in a slow form only."""

    def synchronise(self, model: Any) -> None:
        """Brings the variables of a running `fit` up to date."""

    def snapshot(self, model: Any) -> Any:
        """Copies of all weights of a model, for `restored`."""

    def restored(self, model: Any, state: Any) -> AbstractContextManager:
        """Puts weights of a snapshot back, for the time of the context.

        The state of the optimizer is not touched.
        """

    def check_training(self, model: Any) -> None:
        """Raises a `ValueError` where `fit` would break in the backend."""

    def make_strategy(self, name: str) -> Any:
        """A distribution strategy by name, or None for none."""

    def is_chief(self, model: Any) -> bool:
        """Whether this process writes, of all that train the model."""

    def scope(self, model: Any) -> AbstractContextManager:
        """The context in which the variables of a model are made."""

    def describe(self, model: Any) -> dict:
        """`strategy` and `num_replicas` of a model, for logs."""

    def free_memory(self) -> int | None:
        """Bytes that are free on a device; None where it cannot be known."""


@cache
def load() -> Backend:
    """The backend that Keras runs on.

    Raises:
        ImportError: If it is neither TensorFlow nor JAX.
    """
    name = keras.backend.backend()
    if name not in SUPPORTED:
        raise ImportError(
            "keras_ib runs on the Keras backends tensorflow and jax. Received: "
            f"{name!r}. Set the environment variable KERAS_BACKEND before "
            "Keras is imported."
        )
    return importlib.import_module(f"keras_ib.runtime.{name}")
