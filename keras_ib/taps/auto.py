"""Which layers are watched where the user names none."""

from collections.abc import Iterator, Mapping
import re
from typing import Any

import keras

from keras_ib.taps.names import children

DEFAULT_NAMES = re.compile(r"stem|block_\d+|head")
# More taps than this cost more than they show; a deep model of another kind
# is thinned to as many, evenly.
MAX_AUTO_TAPS = 16

NORMALIZATIONS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
    keras.layers.Normalization,
)


def candidates(model: Any) -> list:
    """Everything that `"auto"` may take, by the structure of the model."""
    return [
        stage
        for stage in _stages(model)
        if _is_default(stage)
        or _is_sum(stage)
        or _is_joining(stage)
        or _has_weights(stage)
    ]


def auto(stages: list, calls: Mapping[int, int] | None = None) -> list:
    """The stages to watch.

    Args:
        stages: Candidates in the order in which they run.
        calls: `{id(stage): number of calls}`; each is an output of its own.
    """
    weighted = [s for s in stages if _has_weights(s)]
    for kind in (_is_default, _is_sum, _is_joining):
        chosen = [stage for stage in stages if kind(stage)]
        if len(chosen) > 1:
            if kind is not _is_default:
                chosen += [s for s in weighted[-1:] if s not in chosen]
            break
    else:
        chosen = weighted
    return _thinned(chosen, calls or {})


def _stages(model) -> Iterator[Any]:
    """Layers of a model; models inside it and stacks of blocks opened up."""
    stages = children(model)
    classes = [type(layer) for layer in stages]
    for layer in stages:
        is_only_one = classes.count(type(layer)) == 1
        is_opened = isinstance(layer, keras.Model) or (
            is_only_one and not _is_default(layer) and _is_stack(layer)
        )
        if is_opened:
            yield from _stages(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def _is_stack(layer):
    """Whether a layer holds a sequence of blocks of one class.

    An encoder does, and is the only one of its kind beside its siblings; a
    block with two branches of one class has siblings of its own class.
    """
    closed = (keras.layers.RNN, keras.layers.Wrapper)
    if not isinstance(layer, keras.layers.Layer) or isinstance(layer, closed):
        return False
    classes = [type(child) for child in children(layer) if children(child)]
    return any(classes.count(kind) > 1 for kind in classes)


def _is_default(stage):
    return DEFAULT_NAMES.fullmatch(stage.name) is not None


def _is_sum(stage):
    # `x + y` in a functional model is an operation, not a layer.
    is_operation = not isinstance(stage, keras.layers.Layer)
    return isinstance(stage, keras.layers.Add) or (
        is_operation and type(stage).__name__ == "Add"
    )


def _is_joining(stage):
    return isinstance(stage, keras.layers.Concatenate)


def _has_weights(stage):
    return (
        isinstance(stage, keras.layers.Layer)
        and bool(stage.weights)
        and not isinstance(stage, NORMALIZATIONS)
    )


def _thinned(stages, calls):
    """At most 16 outputs, evenly spaced, with the first and the last."""
    outputs = sum(calls.get(id(stage), 1) for stage in stages)
    if outputs <= MAX_AUTO_TAPS:
        return stages
    kept = max(2, MAX_AUTO_TAPS * len(stages) // outputs)
    last = len(stages) - 1
    return [stages[round(i * last / (kept - 1))] for i in range(kept)]
