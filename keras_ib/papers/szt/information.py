"""Information of all layers of many networks, over time."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from keras import ops
import numpy as np

from keras_ib import runtime
from keras_ib.measures import Binning, Measure, Sample, Variable
from keras_ib.measures.pairwise.blocks import Pairwise
from keras_ib.papers.szt.networks import Perceptrons, Task

# Patterns that the measures of all pairs look at: their cost is its square.
PAIR_ROWS = 1024


def measure_layers(
    network: Perceptrons,
    task: Task,
    weights: list[np.ndarray],
    epochs: Sequence[int],
    measures: Sequence[Measure],
) -> dict:
    """Measures every layer at every epoch; the last layer is the softmax.

    Measures of all pairs see 1,024 patterns, drawn once, at every second
    epoch from the first one; all others see all patterns and epochs.

    `Binning` sees tanh as it is. Activations that have no largest value are
    put between -1 and 1 first, by the least and the largest that the whole
    network takes over all epochs: bins of one range, as in Saxe et al. (2018).

    Cost: for 50 networks 0.5 s a measure and epoch on two cores.

    Args:
        network: `Perceptrons`.
        task: `Task`.
        weights: As from `training.train`.
        epochs: Their epochs.
        measures: Sequence of `Measure`.

    Returns:
        `{"measure/field": [nets, layers, m]}`, nats, and for each measure
        `"measure/epochs"` `[m]` and `"measure/ceiling"`, log n;
        `"accuracy/train"`, `"accuracy/test"` `[nets, epochs]`,
        `"accuracy/epochs"`, and `"accuracy/constant"`, what an answer that
        never changes gets right in training.
    """
    forward = _forward(network, task)
    moments = list(zip(*weights, strict=True))
    limits = _limits(network, forward, moments)
    ones = task.y[: task.num_train].mean()
    found = {
        "accuracy/epochs": np.array(epochs),
        "accuracy/constant": max(ones, 1 - ones),
    }
    found |= _stacked(
        "accuracy", [_accuracy(forward(m), task) for m in moments]
    )
    for measure in measures:
        every = slice(None, None, 2 if isinstance(measure, Pairwise) else 1)
        values = [
            measured(measure, forward(moment), task.y, limits)
            for moment in moments[every]
        ]
        found[f"{measure.name}/epochs"] = np.array(epochs[every])
        found[f"{measure.name}/ceiling"] = np.log(_num_rows(measure, task.y))
        found |= _stacked(measure.name, values)
    return found


def measured(
    measure: Measure, outputs: list, y: Any, limits: tuple | None = None
) -> dict:
    """Numbers `{field: [nets, layers]}` of one measure.

    Args:
        measure: `Measure`.
        outputs: `[nets, units, n]` of each layer.
        y: `[n]` labels.
        limits: What `Binning` takes for -1 and 1, `[nets]` each; None leaves
            the outputs as they are.
    """
    num_rows = _num_rows(measure, y)
    if num_rows < len(y):
        rows = np.random.default_rng(0).permutation(len(y))[:num_rows]
        y, outputs = y[rows], [ops.take(z, rows, axis=2) for z in outputs]
    if isinstance(measure, Binning) and limits is not None:
        low, high = (limit[:, None, None] for limit in limits)
        outputs = [(z - low) / (high - low) * 2 - 1 for z in outputs]
    with runtime.backend.full_precision():
        found = _compiled(measure)(outputs, ops.convert_to_tensor(y))
    return {field: ops.convert_to_numpy(v) for field, v in found.items()}


def _num_rows(measure, y):
    return min(PAIR_ROWS, len(y)) if isinstance(measure, Pairwise) else len(y)


# One for all activation functions: compiling costs more than a measurement.
@lru_cache
def _compiled(measure):
    # XLA halves the time of all pairs, and doubles that of sorting.
    jit_compile = isinstance(measure, Pairwise)

    # On its own, since `map` traces what it is given twice.
    of_layer = runtime.backend.compiled(lambda z, y: measure(_sample(z, y)))

    def of_net(outputs, y):
        found = [of_layer(z, y) for z in outputs]
        return {
            field: ops.stack([values[field] for values in found])
            for field in found[0]
        }

    return runtime.backend.compiled(
        lambda outputs, y: ops.map(lambda one: of_net(one, y), outputs),
        jit_compile=jit_compile,
    )


def _sample(z, y):
    """The `Sample` of one layer `[units, n]`; all patterns are distinct."""
    return Sample(
        ops.transpose(z),
        x_id=ops.arange(y.shape[0], dtype="int32"),
        y=y,
        y_class=y,
        num_fit=y.shape[0],
        variable=Variable("classes", num_classes=2),
        operations=runtime.backend.operations(),
    )


def _forward(network, task):
    """From weights to the outputs `[nets, units, n]` of all layers."""
    x = ops.convert_to_tensor(task.x.T)

    def forward(parameters):
        *hidden, logits = network(parameters, x)
        return [*hidden, ops.softmax(logits, axis=1)]

    return runtime.backend.compiled(forward, jit_compile=True)


def _limits(network, forward, moments):
    """The least and the largest activation of each network, `[nets]`."""
    if network.activation.is_bounded:
        return None
    layers = [z for parameters in moments for z in forward(parameters)]
    return (
        ops.min(ops.stack([ops.min(z, axis=(1, 2)) for z in layers]), axis=0),
        ops.max(ops.stack([ops.max(z, axis=(1, 2)) for z in layers]), axis=0),
    )


def _accuracy(outputs, task):
    """Shares `[nets]` of the patterns whose label is the likelier one."""
    right = ops.convert_to_numpy(ops.argmax(outputs[-1], axis=1)) == task.y
    train, test = np.split(right, [task.num_train], axis=1)
    return {"train": train.mean(axis=1), "test": test.mean(axis=1)}


def _stacked(name, values):
    """`{"name/field": [..., m]}` from `{field: [...]}` of m epochs."""
    return {
        f"{name}/{field}": np.stack([v[field] for v in values], axis=-1)
        for field in values[0]
    }
