"""A training measured after the fact, from the checkpoints that it saved."""

from keras_ib.checkpoints.measure import measure_checkpoints

__all__ = ["measure_checkpoints"]
