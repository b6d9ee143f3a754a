"""What layers and operations return while a model is called."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
import threading
from typing import Any

import keras

_lock = threading.Lock()
_own = threading.local()
_open = 0
_call = keras.Operation.__call__
_rematerialized_call = keras.layers.Layer.rematerialized_call


class Output(str):
    """The name of an output: that of its tap, or `tap#2` of a second call.

    Attributes:
        tap: The tap that it is an output of.
    """

    tap: str

    def __new__(cls, tap: str, number: int = 1):
        """Names the output of a call, counted from 1."""
        self = super().__new__(cls, tap if number == 1 else f"{tap}#{number}")
        self.tap = tap
        return self


def tap_of(output: str) -> str:
    """The tap that an output of `capture` is of: `name` for `name#2`."""
    return getattr(output, "tap", output)


@contextmanager
def capture(taps: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Records what layers return while a model is called inside the context.

    Works for every kind of model and however Keras calls a layer: `call`,
    quantized, rematerialised, or as an operation of a functional model such
    as `x + y`. A layer that is called again is recorded as `name#2`; of a
    layer that returns several tensors the first is recorded.

    Args:
        taps: `{name: layer or operation}`.

    Yields:
        `{Output: tensor}`, filled while the model is called, in the order of
        the calls.
    """
    names = {id(layer): name for name, layer in taps.items()}
    outputs: dict[str, Any] = {}

    def record(operation, result):
        name = names.get(id(operation))
        tensor = _first_tensor(result) if name is not None else None
        if tensor is not None:
            outputs[_free_name(name, outputs)] = tensor

    with _recording(record):
        yield outputs


@contextmanager
def _recording(record: Callable):
    """Lets `record` see every call of this thread.

    Each replica of a strategy runs in a thread of its own, so that each sees
    its own calls.
    """
    global _open
    recorders = _own.__dict__.setdefault("recorders", [])
    with _lock:
        _open += 1
        keras.Operation.__call__ = _recorded_call
        keras.layers.Layer.rematerialized_call = _plain_call
    recorders.append(record)
    try:
        yield
    finally:
        recorders.remove(record)
        with _lock:
            _open -= 1
            if not _open:
                keras.Operation.__call__ = _call
                keras.layers.Layer.rematerialized_call = _rematerialized_call


def _recorded_call(self, *args, **kwargs):
    result = _call(self, *args, **kwargs)
    for record in getattr(_own, "recorders", ()):
        record(self, result)
    return result


def _plain_call(self, layer_call, *args, **kwargs):
    """A call without rematerialisation, which would hide what is inside.

    It saves memory of gradients, and there are none here.
    """
    if getattr(_own, "recorders", ()):
        return layer_call
    return _rematerialized_call(self, layer_call, *args, **kwargs)


def _free_name(tap, outputs):
    number = 1
    while (name := Output(tap, number)) in outputs:
        number += 1
    return name


def _first_tensor(result):
    """The first dense tensor of numbers that a layer returns, or None."""
    found = next(iter(keras.tree.flatten(result)), None)
    kind = type(found).__name__
    if getattr(found, "shape", None) is None or found.shape.__len__() == 0:
        return None
    is_dense = "Ragged" not in kind and "Sparse" not in kind
    is_numbers = keras.backend.standardize_dtype(found.dtype) != "string"
    return found if is_dense and is_numbers else None
