"""Probe data as the measures take them: tensors, and what is static.

A `probe` here is a `keras_ib.probe.Probe`, which this room does not import.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops
import numpy as np

from keras_ib.measures import Measure
from keras_ib.runtime.evaluator import Target


def given(probe: Any) -> frozenset[str]:
    """Which of `"x"`, `"x_id"` and `"time"` a probe has."""
    return frozenset(n for n, a in _arrays(probe).items() if a is not None)


def _arrays(probe):
    return {
        "x": probe.x_values,
        "x_id": probe.x_id,
        "time": probe.rows.astype("int32"),
    }


def static_targets(
    probe: Any, by_position: Mapping[str, Any] | None = None
) -> dict[str, Target]:
    """What is static of the targets, those with a value a sample first.

    Args:
        probe: The probe data.
        by_position: `{name: PositionSample}` of targets by position.
    """
    whole = {
        name: Target(target.variable)
        for name, target in probe.targets.items()
        if target.positions is None
    }
    return whole | {
        name: Target(sample.variable, by_position=True)
        for name, sample in (by_position or {}).items()
    }


def tensors(probe: Any, measures: Sequence[Measure]) -> dict[str, Any]:
    """What the measures look at, on the device.

    X, its identities and the time only where a measure looks at them; of the
    targets those with a value a sample.
    """
    needs = {
        name
        for measure in measures
        for field in measure.fields.values()
        for name in field.needs + field.reads
    }
    arrays: dict[str, Any] = {
        name: array
        for name, array in _arrays(probe).items()
        if name in needs and array is not None
    }
    arrays["targets"] = {
        name: {
            key: array
            for key, array in (("y", target.y), ("y_class", target.y_class))
            if array is not None
        }
        for name, target in probe.targets.items()
        if target.positions is None
    }
    return keras.tree.map_structure(ops.convert_to_tensor, arrays)


def position_tensors(
    samples: Mapping[str, Any], shape: tuple[int, ...]
) -> dict[str, Any]:
    """`{target: {"fit": ..., "held_out": ..., "y": ...}}` of one tap.

    Args:
        samples: `{target: PositionSample}`.
        shape: Shape `(n, *a, d)` of the tap.
    """
    found = {}
    for name, sample in samples.items():
        index = np.ravel_multi_index(sample.index, shape[:-1]).astype("int32")
        found[name] = {
            "fit": index[: sample.num_fit],
            "held_out": index[sample.num_fit :],
            "y": sample.y.astype("int32"),
        }
    return keras.tree.map_structure(ops.convert_to_tensor, found)
