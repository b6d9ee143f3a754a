"""Z-X: how well can the input be reconstructed from the representation?"""

from typing import Literal

from keras_ib import checks
from keras_ib.measures.decoders.base import Decoder
from keras_ib.measures.decoders.ridge import Ridge, regression_fields
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.trained.networks import MLP, Upsampling


class ZX(Decoder):
    """How well X is decoded from Z: the mean-squared error of a regression.

    The error of a decoder that is fitted on the fit samples, evaluated on the
    held-out samples. The measure of [Lyu, Aminian and Rodrigues (2023)][1]; the
    decoders, and the fraction of variance as its unit, are choices of this
    package.

    Decoders, each a family V of its own for usable information:

    - `"linear"`: ridge regression in closed form, the penalty by exact
      leave-one-out. It sees directions of Z down to the rounding of float32:
      a standard deviation of about 1e-7 of the largest.
    - `"whitened"`: least squares after every direction of Z was brought to
      variance 1, which is least squares without a penalty: no linear map of
      full rank changes it, up to a condition of a million: smaller directions
      are left out, as what layers in float32 leave of rounding. It decodes
      small directions as easily as large ones, and noise as easily as what the
      network attends to. What is unrelated costs it `d / (n_fit - d)` of the
      variance of X for a Z of d units, or `n_fit / (d - n_fit)` for a wider
      one: where both are about as large, `fvu` is far above 1.
    - `"kernel"`: as `"linear"` in the feature space of a Gaussian kernel.
    - `"network"`: one hidden layer of 256 units, or for feature maps and an
      input of images a 3x3 convolution of 64 channels and a transposed one,
      trained as `Trained` says. The published form, and one that may stop
      early: an ill-conditioned Z looks like lost information to it. A budget
      of several numbers shows how far the value still falls with longer
      training.

    **Reads** X, as numbers.

    **Fields.** `fvu` is the fraction of the variance of X that is unexplained
    (0: everything is there; 1: nothing), `fvu_se` its standard error over the
    held-out samples, `mse` the mean-squared error per element of X. `usable` is
    the V-information about X for the family of isotropic-Gaussian predictors,
    `-p / 2 log(fvu)`, in nats ([Xu et al. (2020)][2]), for p elements of X that
    hold something of their own: constant ones, and multiples of others, do not
    count. `resolution`, of decoders in closed form, is the smallest standard
    deviation among the directions of Z that are seen, over the largest. A
    network adds `steps`, the steps to its best state, and `fvu_at_B` for each
    smaller budget B.

    **Fails when** X is in Z in a form that the decoder cannot express: an upper
    bound on the minimum over all decoders, in expectation. Needs `num_fit`
    large against the effective dimension of Z; too few fit samples look like
    lost information. One column that holds most of the variance of X decides
    the number: `scale="columns"` gives each the same weight.

    **Cost.** Shares the principal coordinates of Z with the other measures of
    the same decoder, then O(n_fit^2 p). Beyond X itself, memory of a few
    thousand of its columns. A network: O(128 d 256) a step.

    **Source.** [Lyu, Aminian and Rodrigues (2023)][1]; [Xu et al. (2020)][2].

    Args:
        decoder: `"linear"`, `"whitened"`, `"kernel"` or `"network"`.
        budget: Optimizer steps of a network at most, a multiple of 20, 400
            by default; or several in ascending order.
        scale: `"none"`, or `"columns"`: each column of X is divided by its
            standard deviation over the fit samples, and constant ones are left
            out. The measure is then called `zx_columns`.

    Example:
        >>> import numpy as np, keras_ib
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> found = keras_ib.measure(2 * x + 1, x=x, measures=["zx"])
        >>> found["zx"]["fvu"] < 1e-4
        True

    [1]: https://doi.org/10.3390/e25071063
    [2]: https://arxiv.org/abs/2002.10689
    """

    family = "zx"
    target = "x"
    decoders = ("linear", "whitened", "kernel", "network")
    scores = {"values": regression_fields("x")}  # noqa: RUF012 - a constant

    def __init__(
        self,
        decoder: Literal["linear", "whitened", "kernel", "network"] = "linear",
        budget: int | tuple[int, ...] | None = None,
        scale: Literal["none", "columns"] = "none",
    ):
        super().__init__(decoder, budget)
        checks.choice("scale", scale, ("none", "columns"))
        self.scale = scale

    @property
    def name(self) -> str:
        """`zx`, with the decoder if it is not linear, and the scale."""
        suffix = "_columns" if self.scale == "columns" else ""
        return super().name + suffix

    def decoding(self, sample: Sample) -> Ridge:
        return Ridge(sample.values("x", self.scale))

    def network(self, sample: Sample, target: str) -> MLP | Upsampling:
        x_shape = sample.x_shape or ()
        if len(sample.z_shape) == len(x_shape) == 3:
            return Upsampling(sample.z_shape, x_shape)
        return super().network(sample, target)
