"""Mutual information of X, Z and Y with bins that follow the layer."""

from typing import Literal

from keras import ops

from keras_ib import checks
from keras_ib.measures.counting.symbols import (
    Counting,
    information_fields,
    symbols_between,
)
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample


class EBAB(Counting):
    """I(X;Z) and I(Z;Y) of Z in bins of equal counts, which follow the layer.

    Entropy-based adaptive binning of [Chelombiev, Houghton and O'Donnell
    (2019)][1]: the bins are cut anew for every layer at every time, so that
    each holds the same number of distinct values of the layer, all units
    together. Equal values are never split. The rows of bin numbers are then
    exact symbols, as in `Binning`, and give plug-in estimates in nats.

    With `edges="unique"` only the order of the values counts: any strictly
    increasing map of the whole layer leaves both numbers as they are.
    `edges="chelombiev"` is the rule of the authors' program, for
    reproductions: it gives the value `low` and the largest value of the layer
    a bin of their own, and cuts the others.

    **Reads** which samples of X are equal, and classes or sets of labels.

    **Fields.** `i_xz`, `i_zy`, estimates with the ceilings log n and H(Y).

    **Fails when** the scale matters: the rounding noise about a constant layer
    fills all bins. Saturates at log n as soon as the layer has more than a few
    units. For a network that is deterministic these are the numbers of the
    binned network, as for all bins.

    **Cost.** One sort of all values, O(n d log(n d)); memory O(n d).

    **Source.** [Chelombiev, Houghton and O'Donnell (2019)][1].

    Args:
        num_bins: Number of bins, at least 2.
        edges: `"unique"` or `"chelombiev"`.
        low: For `"chelombiev"`: the least value of the activation function, 0
            for ReLU and softplus. Theirs for tanh and ELU is -1.000001, which
            no unit takes.

    Example:
        >>> import numpy as np, keras_ib
        >>> z = np.exp(np.arange(40.0))[:, None]
        >>> four = keras_ib.measures.EBAB(num_bins=4)
        >>> found = keras_ib.measure(z, x=z, measures=[four])
        >>> round(found["ebab"]["i_xz"], 3)  # log(4), whatever the scale.
        1.386

    [1]: https://arxiv.org/abs/1902.09037
    """

    name = "ebab"
    fields = information_fields("adaptive bins")

    def __init__(
        self,
        num_bins: int = 30,
        edges: Literal["unique", "chelombiev"] = "unique",
        low: float = 0.0,
    ):
        num_bins = checks.integer("num_bins", num_bins)
        low = checks.number("low", low)
        if num_bins < 2:
            raise ValueError(
                "EBAB needs at least 2 bins. Received: "
                f"num_bins={num_bins}. Give for example 30, which is usual."
            )
        checks.choice("edges", edges, ("unique", "chelombiev"))
        self.num_bins = num_bins
        self.edges = edges
        self.low = low

    def codes(self, sample: Sample) -> Tensor:
        is_ranked = self.edges == "unique"
        z = sample.z_on_one_scale if is_ranked else sample.z_as_given
        values = ops.reshape(z, (-1,))
        sort = sample.operations.sort
        if is_ranked:
            edges = _equal_counts(values, self.num_bins, sort)
        else:
            edges = _published(values, self.num_bins, self.low, sort)
        return symbols_between(edges, z)


def _equal_counts(values, num_bins, sort):
    """Edges for which value k of u distinct ones is in bin k * bins // u."""
    count, at = _distinct(values, sort)
    bins = ops.arange(1, num_bins, dtype="int32")
    # Rounded up in parts, since bins * count may not fit into int32.
    rest = (bins * (count % num_bins) + num_bins - 1) // num_bins
    return at(bins * (count // num_bins) + rest)


def _published(values, num_bins, low, sort):
    """Edges `u[0], u[u / bins], ..., u[-1]` of the values u other than low.

    What lies below all edges is `low`. The last edge is the largest value.
    """
    count, at = _distinct(ops.where(values == low, float("inf"), values), sort)
    bins = ops.arange(num_bins, dtype="int32")
    rest = bins * (count % num_bins) // num_bins
    ranks = bins * (count // num_bins) + rest
    return at(ops.concatenate([ranks, ops.reshape(count - 1, (1,))]))


def _distinct(values, sort):
    """How many distinct finite values there are, and a map from their ranks.

    The rank after the last, and any rank where there are none, is infinity.
    """
    ordered = sort(ops.append(values, float("inf")))
    new = ops.cast(ordered[1:] != ordered[:-1], "int32")
    rank = ops.concatenate([ops.zeros((1,), "int32"), ops.cumsum(new)])

    def at(ranks):
        return ops.take(ordered, ops.searchsorted(rank, ranks, side="left"))

    return rank[-1], at
