"""What the model takes: arrays of finite numbers, all with as many rows."""

import keras
import numpy as np

MIN_ROWS = 8


def as_array(values):
    return np.asarray(keras.ops.convert_to_numpy(values))


def check_inputs(x, draws) -> int:
    arrays = keras.tree.flatten(x)
    if not arrays or any(array.ndim == 0 for array in arrays):
        raise ValueError(
            "The probe data hold no array of inputs. Give data=(x, y) with "
            "x of shape [n, ...] as the model takes it."
        )
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) > 1 or lengths[0] < MIN_ROWS * draws:
        raise ValueError(
            f"The inputs of the probe data have {lengths} rows; the measures "
            f"need at least {MIN_ROWS} for each of {draws} draws, and as many "
            "of every input. Give more rows in data=(x, y)."
        )
    for array in arrays:
        bad = array.dtype.kind == "f" and not np.all(np.isfinite(array))
        if bad or array.dtype.kind not in "fiub":
            raise ValueError(
                f"The inputs of the probe data (shape {array.shape}, "
                f"{array.dtype}) must be finite numbers. Drop or fill the "
                "rows with NaN or Inf."
            )
    return lengths[0]
