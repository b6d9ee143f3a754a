"""The number type of measures, whatever that of the training is."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def float32_by_default() -> Iterator[None]:
    """A context in which what has no type of its own is float32.

    Measures are float32, but for what says float64. With
    `keras.config.set_floatx("float64")` constants would be of that type, and
    no backend adds the two. The switch is the process's: training finds it as
    it was.
    """
    before = keras.config.floatx()
    keras.config.set_floatx("float32")
    try:
        yield
    finally:
        keras.config.set_floatx(before)
