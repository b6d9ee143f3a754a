"""Mutual information of X, Z and Y with Z in fixed bins."""

from collections.abc import Mapping

from keras import ops
import numpy as np

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.counting.symbols import (
    Counting,
    information_fields,
    symbols_between,
)
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample

# A larger share of values outside the bins is warned of.
MOST_OUTSIDE = 0.01


class Binning(Counting):
    """I(X;Z) and I(Z;Y) of Z in bins of fixed width, by counting.

    Every unit is cut into `num_bins` bins of equal width between `low` and
    `high`. A value on an edge counts to the bin that begins there, so the
    zeros of a ReLU are with its small values; what lies outside counts to the
    outer bins. The rows of bin numbers are then exact symbols, and their
    plug-in entropies give both informations, in nats.

    **Reads** which samples of X are equal, and classes or sets of labels.

    **Fields.** `i_xz`, `i_zy`, estimates with the ceilings log n and H(Y);
    `outside`, the share of all values of Z below `low` or above `high`. More
    than 1 % is warned of, once.

    **Fails when** the layer has more than a few units: it saturates at log n,
    since then no two samples share all bins. A range that does not cover the
    activations (ReLU!) hides them in the outer bin. For a network that is
    deterministic these are the numbers of the binned network: I(X;Z) of the
    network itself is infinite or, for distinct inputs, constant.

    **Cost.** O(n d log num_bins) for the bins and O(n log n) for the counts.

    **Source.** [Shwartz-Ziv and Tishby (2017)][1] and [Saxe et al. (2018)][2].

    Args:
        num_bins: Number of bins, at least 2.
        low: Lower edge of the first bin.
        high: Upper edge of the last bin.

    Example:
        >>> import numpy as np, keras_ib
        >>> z = np.linspace(-0.9, 0.9, 40)[:, None]
        >>> two = keras_ib.measures.Binning(num_bins=2)
        >>> found = keras_ib.measure(z, x=z, y=z[:, 0] > 0, measures=[two])
        >>> {k: round(v, 3) for k, v in found["binning"].items()}
        {'i_xz': 0.693, 'i_zy': 0.693, 'outside': 0.0}

    [1]: https://arxiv.org/abs/1703.00810
    [2]: https://openreview.net/forum?id=ry_WPG-A-
    """

    name = "binning"
    fields = information_fields("fixed bins") | {
        "outside": Field("share of Z outside the bins", "1", "estimate", "all")
    }

    def __init__(
        self, num_bins: int = 30, low: float = -1.0, high: float = 1.0
    ):
        num_bins = checks.integer("num_bins", num_bins)
        low = checks.number("low", low)
        high = checks.number("high", high)
        if num_bins < 2 or not low < high:
            raise ValueError(
                "Binning needs at least 2 bins between low and high. Received: "
                f"num_bins={num_bins}, low={low}, high={high}. Give low < "
                "high, for example the range of the activation function."
            )
        self.num_bins = num_bins
        self.low = low
        self.high = high

    @property
    def edges(self) -> np.ndarray:
        """`[num_bins - 1]` float32, between the bins, in ascending order.

        The bins are those of `np.digitize(z, edges)` for float32 Z.
        """
        place = np.arange(1, self.num_bins) / self.num_bins
        edges = self.low * (1 - place) + self.high * place
        # What rounding leaves of zero: an edge at zero is one.
        none = 1e-12 * (self.high - self.low)
        return np.where(abs(edges) < none, 0, edges).astype("float32")

    def compute(self, sample: Sample) -> dict:
        return super().compute(sample) | {"outside": self._outside(sample)}

    def _outside(self, sample):
        z = sample.z_as_given
        is_outside = ops.logical_or(z < self.low, z > self.high)
        return ops.mean(ops.cast(is_outside, "float32"))

    def caution(self, values: Mapping[str, float]) -> str | None:
        share = values.get("outside", 0)
        if not share > MOST_OUTSIDE:
            return None
        return (
            f"{share:.0%} of the values of Z lie outside the bins of "
            f"{self.name}, from {self.low:g} to {self.high:g}, and count to "
            "the outer ones. Give Binning(low=..., high=...) the range of the "
            "activations."
        )

    def codes(self, sample: Sample) -> Tensor:
        return symbols_between(self.edges, sample.z_as_given)
