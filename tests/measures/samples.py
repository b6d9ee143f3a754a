"""Samples from NumPy arrays, for tests of measures without the rest."""

import numpy as np

from keras_ib import runtime
from keras_ib.measures import Sample


def sample(z, x=None, y=None):
    """A `Sample`; rows of X are all different if not given, Y is one class."""
    z = np.asarray(z)
    x = np.arange(len(z)) if x is None else np.asarray(x)
    x = x.reshape(len(x), -1)
    y = np.zeros(len(z), int) if y is None else np.asarray(y)
    return Sample(
        z,
        x.astype("float32"),
        np.unique(x, axis=0, return_inverse=True)[1]
        .reshape(-1)
        .astype("int32"),
        y.astype("int32"),
        num_fit=len(z) // 2,
        num_classes=int(y.max()) + 1,
        operations=runtime.operations(),
    )


def read(measure, z, x=None, y=None):
    """`{field: float}` of a measure, run eagerly."""
    found = measure(sample(z, x, y))
    return {field: float(value) for field, value in found.items()}
