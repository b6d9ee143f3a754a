"""Mutual information of X, Z and Y where Z has finitely many levels."""

from keras import ops
import numpy as np

from keras_ib import checks
from keras_ib.measures.counting.symbols import (
    Counting,
    information_fields,
    symbols_between,
)
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample


class Quantized(Counting):
    """Exact I(X;Z) and I(Z;Y) of activations that are quantized already.

    A network whose units have few levels needs no estimator of densities: its
    I(X;Z) is the entropy of what is there. Values are rounded to the nearest of
    `num_levels` levels at equal distances from the least to the largest value
    of the layer, to the upper one from halfway on. Levels that have equal
    distances stay distinct as long as there are no more than `num_levels` of
    them, so the default is exact up to 8 bits.

    **Reads** which samples of X are equal, and classes or sets of labels.

    **Fields.** `i_xz`, `i_zy`, in nats, with the ceilings log n and H(Y).

    **Fails when** activations are continuous (the numbers are then those of
    equal bins over the range of the layer), or have levels closer than the
    range allows. Exact for the probe samples; for the distribution that they
    come from it is the plug-in estimate and saturates at log n.

    **Cost.** O(n d log num_levels), and O(n log n) for the counts.

    **Source.** [Lorenzen, Igel and Nielsen (2022)][1].

    Args:
        num_levels: Largest number of levels, from 2 to 65,536.

    Example:
        >>> import numpy as np, keras_ib
        >>> x = np.arange(40)
        >>> found = keras_ib.measure(x % 4, x=x, measures=["quantized"])
        >>> round(found["quantized"]["i_xz"], 3)  # log(4)
        1.386

    [1]: https://arxiv.org/abs/2106.12912
    """

    name = "quantized"
    fields = information_fields("quantized")

    def __init__(self, num_levels: int = 256):
        num_levels = checks.integer("num_levels", num_levels)
        if not 2 <= num_levels <= 2**16:
            raise ValueError(
                "The number of levels must be from 2 to 65536, what float32 "
                f"can tell apart. Received: num_levels={num_levels}. Give "
                "2**bits of the quantizer."
            )
        self.num_levels = num_levels

    def codes(self, sample: Sample) -> Tensor:
        z = sample.z_on_one_scale
        above = z - ops.min(z)
        # Halfway between two levels, as shares of the range. Products, since
        # XLA rounds the division by a constant otherwise.
        halfway = (np.arange(self.num_levels - 1) + 0.5) / (self.num_levels - 1)
        return symbols_between(
            halfway.astype("float32") * ops.max(above), above
        )
