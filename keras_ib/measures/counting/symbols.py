"""Exact entropies of discrete symbols: rows of integers, ids, labels."""

import math

from keras import ops
import numpy as np

from keras_ib.measures.base import Field, Measure
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample


class Counting(Measure):
    """Base of the measures that turn Z into symbols and count them."""

    def codes(self, sample: Sample) -> Tensor:
        """The symbols of Z.

        Args:
            sample: A `Sample`; `sample.z` is `[n, d]` float32.

        Returns:
            `[n, d]` int32.
        """
        raise NotImplementedError

    def compute(self, sample: Sample) -> dict:
        z = row_keys(self.codes(sample))
        h_z = entropy(z)
        symbols = {"i_xz": sample.x_id, "i_zy": sample.y_class}
        return {
            field: h_z + entropy(symbols[field]) - entropy(z, symbols[field])
            for field in self.fields_of(sample)
            if field in symbols
        }


def information_fields(symbols: str) -> dict[str, Field]:
    """The fields of a `Counting` measure, which names its symbols."""
    return {
        "i_xz": Field(
            f"I(X;Z), {symbols}",
            "nats",
            "estimate",
            "all",
            "log n",
            needs=("x_id",),
        ),
        "i_zy": Field(
            f"I(Z;Y), {symbols}",
            "nats",
            "estimate",
            "all",
            "H(Y)",
            needs=("y_class",),
            kinds=("classes", "labels"),
        ),
    }


def symbols_between(edges: Tensor, values: Tensor) -> Tensor:
    """How many edges are not above each value: compared, never computed.

    A value on an edge counts to what begins there, as in `np.digitize`, the
    same on every backend; a formula for the number would round.

    Args:
        edges: `[k]` float32 in ascending order.
        values: `[n, d]` float32.

    Returns:
        `[n, d]` int32, from 0 to k. Time O(n d log k).
    """
    flat = ops.reshape(values, (-1,))
    found = ops.searchsorted(ops.convert_to_tensor(edges), flat, side="right")
    return ops.reshape(ops.cast(found, "int32"), values.shape)


def row_keys(codes: Tensor) -> Tensor:
    """Two int32 numbers `[n, 2]` that are equal where rows of codes are.

    Each is a sum of the codes with random odd weights, modulo 2**32. Rows
    that differ share both with a probability of about 2**-56, for codes below
    64: one wrong pair in 10**7 measurements of 2,048 rows. The weights are
    fixed, so equal codes have equal keys in every run.

    Args:
        codes: `[n, d]` int32.
    """
    random = np.random.default_rng(0)
    weights = random.integers(-(2**31), 2**31, (2, codes.shape[1])) | 1
    weights = ops.convert_to_tensor(weights.astype("int32"))
    return ops.stack(
        [ops.sum(codes * weights[i], axis=1) for i in range(2)], axis=1
    )


def float_keys(rows: Tensor) -> Tensor:
    """Keys `[n, 2]` that are equal where rows of floats are.

    Halves of the bits are the codes: whole floats of few digits would all be
    multiples of 2**16, which leaves the keys half of their bits.

    Args:
        rows: `[n, d]` float32.
    """
    rows = ops.where(rows == 0, 0.0, rows)  # -0.0 has bits of its own.
    return row_keys(ops.cast(ops.view(rows, "int16"), "int32"))


def entropy(*symbols: Tensor) -> Tensor:
    """Plug-in entropy of the joint symbols, nats.

    Time O(n log n) for each column.

    Args:
        *symbols: int32, `[n]` or `[n, k]`; together they are one symbol.
    """
    columns = [
        column
        for symbol in symbols
        for column in ops.unstack(
            ops.reshape(symbol, (symbol.shape[0], -1)), axis=1
        )
    ]
    num_rows = columns[0].shape[0]
    # Each sort keeps the order of those before it among equals, so that equal
    # rows come to stand together.
    for i in range(len(columns)):
        order = ops.argsort(columns[i])
        columns = [ops.take(c, order) for c in columns]
    starts = ops.zeros((num_rows - 1,), "int32")
    for column in columns:
        starts = ops.maximum(
            starts, ops.cast(column[1:] != column[:-1], "int32")
        )
    run = ops.concatenate([ops.zeros((1,), "int32"), ops.cumsum(starts)])
    counts = ops.segment_sum(ops.ones((num_rows,)), run, num_segments=num_rows)
    counts_log = counts * ops.log(ops.maximum(counts, 1.0))
    return math.log(num_rows) - ops.sum(counts_log) / num_rows
