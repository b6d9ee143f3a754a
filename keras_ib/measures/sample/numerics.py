"""Small arithmetic that is safe for every value."""

from keras import ops


def safe_divisor(values):
    """`values`, and 1 where they are not above 0: a divisor that is safe."""
    return ops.where(values > 0, values, ops.ones_like(values))
