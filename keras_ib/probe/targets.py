"""What the labels of the probe data are: classes, counted from 0."""

import keras
import numpy as np

from keras_ib.probe.inputs import as_array


def need_labels(measures) -> bool:
    return any(
        field.reads_y
        for measure in measures
        for field in measure.fields.values()
    )


def classes_of(y, num_rows):
    """Labels as `[n]` int32 classes, counted from 0."""
    if y is None:
        raise ValueError(
            "The measures need labels and the probe data have none. Give "
            'data=(x, y), or measures that need none, as measures=("zx",).'
        )
    if len(keras.tree.flatten(y)) > 1:
        raise ValueError(
            f"The labels are {type(y).__name__} of several arrays; the "
            "measures read one. Give data=(x, y) with the y to look at."
        )
    y = as_array(keras.tree.flatten(y)[0])
    if len(y) != num_rows:
        raise ValueError(
            f"The probe data have {num_rows} inputs and {len(y)} labels; give "
            "one label a row."
        )
    if y.ndim == 2 and y.shape[1] > 1 and _is_one_hot(y):
        return np.argmax(y, axis=1).astype("int32")
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or y.dtype.kind not in "fiub" or not _are_counts(y):
        raise ValueError(
            f"The labels (shape {y.shape}, {y.dtype}) are not classes: "
            "integers from 0 of shape [n] or [n, 1], or one-hot rows, are "
            "expected. Give data=(x, y) with classes, or measures that need "
            'no labels, as measures=("zx",).'
        )
    return y.astype("int32")


def _is_one_hot(y):
    return bool(np.all((y == 0) | (y == 1)) and np.all(np.sum(y, axis=1) == 1))


def _are_counts(y):
    # Finer than a million classes is a measured quantity, not a label.
    return bool(np.all((y == np.floor(y)) & (y >= 0) & (y < 2**20)))
