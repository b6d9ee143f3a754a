"""The variables of a model on every replica: read, agreed upon, put back."""

from contextlib import contextmanager

import tensorflow as tf


def synchronise(model):
    """Nothing to do: the variables are always the state of the training."""


def snapshot(model):
    """Copies of all weights, for `restored`."""
    return values_of(model.weights)


@contextmanager
def restored(model, state):
    """Puts the weights of a snapshot back, for the time of the context."""
    now = snapshot(model)
    assign(model.weights, state)
    try:
        yield
    finally:
        assign(model.weights, now)


def _components(variables):
    """The variables of every replica, as TensorFlow holds them."""
    return [
        component
        for variable in variables
        for component in _per_replica(variable.value)
    ]


def _per_replica(value):
    return getattr(value, "values", (value,))


def values_of(variables):
    return [v.read_value() for v in _components(variables)]


def agree(variables):
    """Gives every replica the moving averages that a saved model would hold.

    Each replica keeps its own while it trains.
    """
    for variable in variables:
        replicas = _per_replica(variable.value)
        if len(replicas) > 1:
            merged = tf.convert_to_tensor(variable.value)
            for replica in replicas:
                replica.assign(merged)


def assign(variables, values):
    for variable, value in zip(_components(variables), values, strict=True):
        variable.assign(value)
