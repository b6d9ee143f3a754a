"""One wrapper of a model's train function, however many callbacks listen.

The wrapper is the only thing of the user's model that changes while samples
are collected. It goes with the last listener, and also when a training step
ends in an exception: a `fit` that failed leaves the model as it found it.
"""

from collections.abc import Callable
from typing import Any, Protocol
import weakref

from keras_ib.notices import warn


class Listener(Protocol):
    """Who hears of the batches that `fit` trains on."""

    def keep(self, batch: Any) -> None:
        """Takes a batch as Keras passes it."""

    def is_full(self) -> bool:
        """Whether no more batches are wanted."""


class Interception:
    """The wrapper of one model's train function, and who listens.

    Args:
        model: A Keras model with a train function.
        wrap: `(train_function, interception) -> wrapped`; the wrapped
            function calls `interception.keep(batch)` with every batch.
    """

    def __init__(self, model: Any, wrap: Callable):
        self._model = weakref.ref(model)
        self.original = model.train_function
        self._listeners: list[Listener] = []
        self._wrapped = self._guarded(wrap(self.original, self))
        model.train_function = self._wrapped

    def _guarded(self, function):
        def train_function(*args):
            try:
                return function(*args)
            except BaseException as error:
                if not _is_end_of_data(error):
                    self.end()
                raise

        return train_function

    def keep(self, batch: Any) -> None:
        """Hands a batch to all who listen; one who fails hears no more."""
        for listener in list(self._listeners):
            try:
                listener.keep(batch)
            except Exception as error:  # The batch may be anything.
                self._listeners.remove(listener)
                warn(
                    "A batch of the training cannot be kept as probe data: "
                    f"{type(error).__name__}: {error} Give InfoPlane data=. "
                    "The training goes on."
                )

    def is_full(self) -> bool:
        """Whether nobody wants more batches."""
        return all(listener.is_full() for listener in self._listeners)

    def is_in_place(self) -> bool:
        """Whether the model still has this wrapper."""
        model = self._model()
        return model is not None and model.train_function is self._wrapped

    def add(self, listener: Listener) -> None:
        """Lets a listener hear of every batch from now on."""
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        """Forgets a listener; the last one takes the wrapper along."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        if not self._listeners:
            self.end()

    def end(self) -> None:
        """Gives the model its own train function back."""
        self._listeners.clear()
        model = self._model()
        if self.is_in_place():
            model.train_function = self.original


_of_models: "weakref.WeakKeyDictionary[Any, Interception]" = (
    weakref.WeakKeyDictionary()
)


def listen(model: Any, listener: Listener, wrap: Callable) -> Interception:
    """Lets a listener hear of the batches that the running `fit` trains on."""
    found = _of_models.get(model)
    if found is None or not found.is_in_place():
        found = _of_models[model] = Interception(model, wrap)
    found.add(listener)
    return found


def own_train_function(model: Any) -> Callable:
    """The train function of a model, without the wrapper."""
    found = _of_models.get(model)
    if found is not None and found.is_in_place():
        return found.original
    return model.train_function


def _is_end_of_data(error):
    # TensorFlow's OutOfRangeError ends an epoch, as StopIteration does.
    return isinstance(error, StopIteration) or (
        type(error).__name__ == "OutOfRangeError"
    )
