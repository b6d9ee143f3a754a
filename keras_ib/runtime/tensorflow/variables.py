"""The variables of a model on every replica: read, agreed upon, put back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from keras_ib.runtime.tensorflow import processes


def synchronise(model: Any):
    """Nothing to do: the variables are always the state of the training."""


def snapshot(model: Any) -> tuple[list, list]:
    """Copies of all weights with their variables, for `restored`."""
    weights = list(model.weights)
    return weights, values_of(weights)


@contextmanager
def restored(model: Any, state: tuple[list, list]) -> Iterator[None]:
    """Puts the weights of a snapshot back, for the time of the context.

    What was built after the snapshot stays as it is.
    """
    weights, values = state
    now = values_of(weights)
    try:
        assign(weights, values)
        yield
    finally:
        assign(weights, now)


def _components(variables):
    """The variables of every replica, as TensorFlow holds them."""
    return [
        component
        for variable in variables
        for component in _per_replica(variable.value)
    ]


def _per_replica(value):
    return getattr(value, "values", (value,))


def values_of(variables: Sequence) -> list:
    return [v.read_value() for v in _components(variables)]


def agreement(
    variables: Sequence, strategy: tf.distribute.Strategy
) -> Callable:
    """A function that gives all replicas what a saved model would hold.

    Each keeps its own moving averages while it trains; the first's are saved.
    """
    if strategy.num_replicas_in_sync == 1:
        return lambda: None
    values = [variable.value for variable in variables]
    if processes.several(strategy):
        # Collectives do not take the seeds, which are the same everywhere.
        values = [value for value in values if value.dtype.is_floating]
    read = processes.reader(strategy, values)

    def agree():
        for value, replicas in zip(values, read(), strict=True):
            first = tf.convert_to_tensor(replicas[0])
            for replica in _per_replica(value):
                replica.assign(first)

    return agree


def assign(variables: Sequence, values: Sequence):
    for variable, value in zip(_components(variables), values, strict=True):
        variable.assign(value)
