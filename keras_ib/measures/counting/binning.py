"""Mutual information of X, Z and Y with Z in fixed bins."""

from collections.abc import Mapping
from typing import Literal

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


def _check(meaning, unit="1"):
    return Field(meaning, unit, "estimate", "all", is_check=True)


class Binning(Counting):
    """I(X;Z) and I(Z;Y) of Z in bins of fixed width, by counting.

    Every unit is cut into `num_bins` bins of equal width between `low` and
    `high`, which are the same at all times: given, or the range that the values
    of the layer have when a run is first measured. A value on an edge counts to
    the bin that begins there, so the zeros of a ReLU are with its small values;
    what lies outside counts to the outer bins. The rows of bin numbers are then
    exact symbols, and their plug-in entropies give both informations, in nats.

    **Reads** which samples of X are equal, and classes or sets of labels.

    **Fields.** `i_xz`, `i_zy`, estimates with the ceilings log n and H(Y);
    `outside`, the share of all values of Z below `low` or above `high`; more
    than 1 % is warned of, once a run. With `range="observed"` also `low` and
    `high`.

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
        range: `"fixed"`, from `low` to `high`; or `"observed"`, from the least
            to the largest value of each tap in the first measurement of a run,
            also where the run is gone on with. `keras_ib.measure` takes the
            range of the Z that it is given.

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

    def __init__(
        self,
        num_bins: int = 30,
        low: float = -1.0,
        high: float = 1.0,
        range: Literal["fixed", "observed"] = "fixed",
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
        checks.choice("range", range, ("fixed", "observed"))
        if range == "observed" and (low, high) != (-1, 1):
            raise ValueError(
                "A range that is observed is not given. Received: "
                f"range='observed', low={low}, high={high}. Leave low and "
                "high out, or range."
            )
        self.num_bins = num_bins
        self.low = low
        self.high = high
        self.range = range

    @property
    def fields(self) -> dict[str, Field]:
        """Both informations and what says how far they can be trusted."""
        found = information_fields(f"{self.range} bins")
        found["outside"] = _check("share of Z outside the bins")
        if self.held:
            found["low"] = _check("lower edge of the first bin", "units of Z")
            found["high"] = _check("upper edge of the last bin", "units of Z")
        return found

    @property
    def held(self) -> tuple[str, ...]:
        """`low` and `high`, where the first measurement decides on them."""
        return ("low", "high") if self.range == "observed" else ()

    def hold(self, sample: Sample) -> dict:
        z = sample.z_as_given
        return {"low": ops.min(z), "high": ops.max(z)}

    @property
    def edges(self) -> np.ndarray:
        """`[num_bins - 1]` float32, between the bins, in ascending order.

        The bins are those of `np.digitize(z, edges)` for float32 Z.
        """
        edges = self._between(self.low, self.high)
        # What rounding leaves of zero: an edge at zero is one.
        none = 1e-12 * (self.high - self.low)
        return np.where(abs(edges) < none, 0, edges).astype("float32")

    def _between(self, low, high):
        place = np.arange(1, self.num_bins) / self.num_bins
        return low * (1 - place) + high * place

    def compute(self, sample: Sample) -> dict:
        found = super().compute(sample)
        low, high = self.low, self.high
        if self.held:
            held = sample.held_by(self)
            low, high = held["low"], held["high"]
            found |= held
        z = sample.z_as_given
        is_outside = ops.logical_or(z < low, z > high)
        return found | {"outside": ops.mean(ops.cast(is_outside, "float32"))}

    def caution(self, values: Mapping[str, float]) -> str | None:
        share = values.get("outside", 0)
        if not share > MOST_OUTSIDE:
            return None
        low, high = values.get("low", self.low), values.get("high", self.high)
        return (
            f"{share:.0%} of the values of Z lie outside the bins of "
            f"{self.name}, from {low:g} to {high:g}, and count to the outer "
            "ones. Give Binning(low=..., high=...) the range of the "
            "activations."
        )

    def codes(self, sample: Sample) -> Tensor:
        edges = self.edges
        if self.held:
            low, high = sample.held_by(self).values()
            edges = self._between(low, high)
        return symbols_between(edges, sample.z_as_given)
