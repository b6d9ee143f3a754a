"""Samples from NumPy arrays, for tests of measures without the rest."""

import numpy as np

from keras_ib import runtime
from keras_ib.measures import Sample, Variable


def target(y, kind="classes"):
    """`y`, `y_class` and `variable` of a target of one kind."""
    y = np.asarray(y)
    if kind == "values":
        return y.astype("float32"), None, Variable("values")
    if kind == "classes":
        y = y.astype("int32")
        return y, y, Variable("classes", int(y.max()) + 1)
    sets, y_class = np.unique(y, axis=0, return_inverse=True)
    variable = Variable("labels", y.shape[1], num_sets=len(sets))
    return y.astype("int32"), y_class.reshape(-1).astype("int32"), variable


def sample(z, x=None, y=None, kind="classes"):
    """A `Sample`; rows of X are all different if not given, Y is one class."""
    z = np.asarray(z)
    x = np.arange(len(z)) if x is None else np.asarray(x)
    x = x.reshape(len(x), -1)
    y = np.zeros(len(z), int) if y is None else y
    y, y_class, variable = target(y, kind)
    return Sample(
        z,
        x.astype("float32"),
        np.unique(x, axis=0, return_inverse=True)[1]
        .reshape(-1)
        .astype("int32"),
        y,
        y_class,
        num_fit=len(z) // 2,
        variable=variable,
        operations=runtime.backend.operations(),
    )


def read(measure, z, x=None, y=None, kind="classes"):
    """`{field: float}` of a measure, run eagerly; without its checks."""
    found = measure(sample(z, x, y, kind))
    return {
        field: float(value)
        for field, value in found.items()
        if not measure.fields[field].is_check
    }
