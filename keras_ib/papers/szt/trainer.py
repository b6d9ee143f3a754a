"""Training of many perceptrons at once: one compiled loop for all seeds."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from keras import ops
import numpy as np

from keras_ib import runtime
from keras_ib.measures.trained.adam import adam_step
from keras_ib.papers.szt.networks import Perceptrons, Task

# Chelombiev, Houghton and O'Donnell (2019).
BATCH_ROWS = 256
LEARNING_RATE = 4e-4


class State(NamedTuple):
    """Weights in training and the moments of Adam, arrays `[nets, ...]`."""

    parameters: list
    first: list
    second: list


def train(
    network: Perceptrons,
    task: Task,
    seeds: Sequence[int],
    epochs: Sequence[int],
    l2: float = 0.0,
) -> list:
    """Trains one network for each seed, by Adam on the cross-entropy.

    Every epoch has its own order, the same for all networks; the rows that
    fill no batch of 256 sit out. Cost: about 1.3 ms a step of 50 networks on
    two cores.

    Args:
        network: `Perceptrons`.
        task: `Task`.
        seeds: Seeds of the first weights.
        epochs: Ascending numbers of epochs after which to keep the weights;
            the first is 0.
        l2: Factor of half the squared weights of all layers but the last.

    Returns:
        NumPy arrays as from `network.start`, with a leading axis of epochs.
    """
    x = ops.convert_to_tensor(task.x[: task.num_train].T)
    y = ops.convert_to_tensor(task.y[: task.num_train].astype("float32"))
    batches = ops.convert_to_tensor(orders(task.num_train, epochs[-1]))
    num_batches = task.num_train // BATCH_ROWS
    l2 = ops.convert_to_tensor(l2, "float32")
    start = network.start(seeds)
    zeros = [np.zeros_like(p) for p in start]
    state = _tensors(State(start, zeros, zeros))
    kept = [start]
    with runtime.backend.full_precision():
        for span in pairwise(epochs):
            first, last = (
                ops.convert_to_tensor(epoch * num_batches, "int32")
                for epoch in span
            )
            state = _compiled(network)(state, first, last, x, y, batches, l2)
            kept.append([ops.convert_to_numpy(p) for p in state.parameters])
    return [np.stack(arrays) for arrays in zip(*kept, strict=True)]


def orders(num_rows: int, num_epochs: int) -> np.ndarray:
    """The rows of every batch: `[steps, 256]` int32, shuffled each epoch."""
    used = num_rows // BATCH_ROWS * BATCH_ROWS
    rows = [
        np.random.default_rng([0, epoch]).permutation(num_rows)[:used]
        for epoch in range(num_epochs)
    ]
    return np.reshape(rows, (-1, BATCH_ROWS)).astype("int32")


def losses(
    network: Perceptrons, parameters: list, x: Any, y: Any, l2: Any
) -> Any:
    """Mean cross-entropy and penalty of each network, `[nets]`, nats.

    Args:
        network: `Perceptrons`.
        parameters: As from `network.start`.
        x: `[12, n]`.
        y: `[n]` float32, 0 and 1.
        l2: As for `train`.
    """
    logits = network(parameters, x)[-1]
    # The softmax of two classes depends on the difference of the logits.
    wrong = (logits[:, 0] - logits[:, 1]) * (2 * y - 1)
    squares = sum(
        ops.sum(ops.square(weights), axis=(1, 2))
        for weights in parameters[:-2:2]
    )
    return ops.mean(ops.softplus(wrong), axis=1) + l2 / 2 * squares


@lru_cache
def _compiled(network):
    gradient = runtime.backend.operations().gradient

    def go_on(state, first, last, x, y, batches, l2):
        def descend(step, state):
            rows = batches[step]
            batch = ops.take(x, rows, axis=1), ops.take(y, rows)
            # Networks share no parameter: the gradient of the sum is that of
            # each.
            slopes = gradient(
                lambda p: ops.sum(losses(network, p, *batch, l2)),
                state.parameters,
            )
            return adam_step(state, slopes, step + 1, LEARNING_RATE)

        return ops.fori_loop(first, last, descend, state)

    return runtime.backend.compiled(go_on, jit_compile=True)


def _tensors(state):
    return State(*([ops.convert_to_tensor(a) for a in part] for part in state))
