"""Perceptrons for the 12-bit task, many seeds of one kind side by side.

Weights are `[nets, out, in]` and activations `[nets, units, rows]`: the
longest axis is the last one, which halves the time of a step on a CPU.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
import math
from typing import NamedTuple

from keras import ops
import numpy as np

from keras_ib.data import datasets

# Units of Chelombiev, Houghton and O'Donnell (2019), from input to output.
SIZES = (12, 10, 7, 5, 4, 3, 2)


class Activation(NamedTuple):
    """What the hidden units of a network do.

    Attributes:
        title: Its name in tables and figures.
        function: Of a tensor.
        gain: Deviation of the first weights, times the root of their inputs.
        least: The least value, if units take it; a number below all values
            where they only come close.
        is_bounded: Whether all values are between -1 and 1.
    """

    title: str
    function: Callable
    gain: float
    least: float = -1.000001
    is_bounded: bool = False


def _centred_softplus(values):
    return ops.softplus(values) - math.log(2)


ACTIVATIONS = {
    "tanh": Activation("tanh", ops.tanh, 1.0, is_bounded=True),
    "relu": Activation("ReLU", ops.relu, 2.0, least=0.0),
    "elu": Activation("ELU", ops.elu, 2.0),
    "swish": Activation("Swish", ops.silu, 2.0),
    "softplus": Activation("centred softplus", _centred_softplus, 2.0),
}


class Task(NamedTuple):
    """All patterns that there are; the first `num_train` of them train.

    Attributes:
        x: `[n, 12]` float32, bits.
        y: `[n]` int32, 0 and 1.
    """

    x: np.ndarray
    y: np.ndarray
    num_train: int


def szt(ordered: bool = False) -> Task:
    """The 4,096 patterns of 12 bits and their labels.

    Args:
        ordered: Whether to train on the first 3,277 patterns in counting
            order, as some older programs do: 44 % of them have the label 1,
            and 84 % of those left to test. Otherwise on as many that were
            drawn, in equal shares of the labels.
    """
    data = datasets.load("szt")
    x = np.concatenate([data.x_train, data.x_test])
    y = np.concatenate([data.y_train, data.y_test])
    if ordered:
        order = np.argsort(x @ 2.0 ** np.arange(11, -1, -1))
        x, y = x[order], y[order]
    return Task(x, y, len(data.x_train))


@dataclass(frozen=True)
class Perceptrons:
    """Networks 12-10-7-5-4-3-2 of one kind; they differ by their weights.

    Attributes:
        name: Of the activation of all hidden units, in `ACTIVATIONS`.
    """

    name: str

    @property
    def activation(self) -> Activation:
        return ACTIVATIONS[self.name]

    def start(self, seeds: Sequence[int]) -> list:
        """First weights `[nets, out, in]` and biases `[nets, out, 1]`.

        Normal numbers, none beyond two deviations, of the deviation `gain /
        sqrt(in)`. They depend on the seed of the network alone, and are the
        same for all activations but for the gain. Biases are 0.
        """
        parameters = []
        rngs = [np.random.default_rng([seed]) for seed in seeds]
        for inputs, outputs in pairwise(SIZES):
            weights = np.stack(
                [_truncated(rng, outputs, inputs) for rng in rngs]
            )
            weights *= self.activation.gain / math.sqrt(inputs)
            parameters.append(weights.astype("float32"))
            parameters.append(np.zeros((len(rngs), outputs, 1), "float32"))
        return parameters

    def __call__(self, parameters, x) -> list:
        """Outputs `[nets, units, n]` of all layers; the last ones are logits.

        Args:
            parameters: Weights and biases in turn, as from `start`.
            x: `[12, n]`.
        """
        outputs: list = []
        for weights, bias in zip(
            parameters[::2], parameters[1::2], strict=True
        ):
            if outputs:
                x = outputs[-1] = self.activation.function(outputs[-1])
            outputs.append(ops.matmul(weights, x) + bias)
        return outputs


def _truncated(rng, outputs, inputs):
    values = rng.standard_normal((outputs, inputs))
    while (far := np.abs(values) > 2).any():
        values[far] = rng.standard_normal(far.sum())
    return values
