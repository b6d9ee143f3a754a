"""Z-X: how well can the input be reconstructed from the representation?"""

from keras import ops
import numpy as np

from keras_ib.measures.base import Field
from keras_ib.measures.decoders.base import Decoder
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.trained.networks import MLP, Upsampling

# The penalty is chosen among these, relative to the largest variance that a
# direction of Z has over the fit rows. The first is the resolution of
# float32; the last decodes nothing.
PENALTIES = tuple(10.0 ** np.arange(-7, 4.01, 0.5))

# A row whose leverage is closer to 1 than this is fitted by itself alone. What
# the other rows say of it is lost in the rounding of float32: taken to be as
# large as the row and unrelated to it, it misses by twice the row's variance.
LEAST_LEFT_OUT = 1e-3
UNRELATED = 2**0.5

# Columns of X beyond this number are mixed down to it, by random signs, for
# the choice of the penalty alone.
NUM_MIXTURES = 128


class ZX(Decoder):
    """Minimum mean-squared error of reconstructing X from Z.

    The error of a decoder that is fitted on the fit rows, read on the
    held-out rows. The measure of [Lyu, Aminian and Rodrigues (2023)][1]; the
    decoders, and the fraction of variance as its unit, are choices of this
    package.

    An upper bound on the minimum over all decoders, in expectation: X can be
    in Z in a form that the decoder does not read. Needs `num_fit` large
    against the effective dimension of Z; too few fit rows read as lost
    information.

    Decoders, each a family V of its own for usable information:

    - `"linear"`: ridge regression in closed form, the penalty by exact
      leave-one-out. Directions of Z whose standard deviation is below about
      1/1000 of the largest are below the resolution of float32 and count as
      not there.
    - `"whitened"`: least squares after every direction of Z was brought to
      variance 1, which is least squares without a penalty: no linear map of
      full rank changes it. It reads small directions as easily as large ones,
      and noise as easily as what the network attends to. What is unrelated
      costs it `d / (n_fit - d)` of the variance of X for a Z of d units, or
      `n_fit / (d - n_fit)` for a wider one: where both are about as large,
      `fvu` is far above 1.
    - `"kernel"`: as `"linear"` in the feature space of a Gaussian kernel.
    - `"network"`: one hidden layer of 256 units, or for feature maps and an
      input of images a 3x3 convolution of 64 channels and a transposed one,
      trained as `Trained` says. The published form, and one that may stop
      early: an ill-conditioned Z looks like lost information to it. A budget
      of several numbers shows how far the value still falls with longer
      training.

    Fields: `fvu` is the fraction of the variance of X that is unexplained (0:
    everything is there; 1: nothing), `fvu_se` its standard error over the
    held-out rows, `mse` the mean-squared error per element of X. `usable` is
    the information on X that a reader has who believes in Gaussian errors of
    one variance, `-p / 2 log(fvu)` for an X of p elements: the V-information
    of [Xu et al. (2020)][2] in nats. A network adds `steps`, the steps to its
    best state, and `fvu_at_B` for each smaller budget B.

    Cost: shares the principal coordinates of Z with the other measures of the
    same decoder, then O(n_fit^2 p). A network: O(128 d 256) a step.

    Args:
        decoder: `"linear"`, `"whitened"`, `"kernel"` or `"network"`.
        budget: Optimizer steps of a network at most, a multiple of 20, 400
            by default; or several in ascending order.

    [1]: https://doi.org/10.3390/e25071063
    [2]: https://arxiv.org/abs/2002.10689
    """

    family = "zx"
    decoders = ("linear", "whitened", "kernel", "network")
    needs = ("x",)
    targets = ("x",)
    learning_curve = ("fvu",)
    readings = {  # noqa: RUF012 - a constant of the class
        "fvu": Field(
            "Z-X: variance of X unexplained by Z",
            "1",
            "upper bound",
            "held-out",
        ),
        "fvu_se": Field("standard error of fvu", "1", "estimate", "held-out"),
        "mse": Field(
            "Z-X: mean-squared error of X from Z",
            "squared units of X",
            "upper bound",
            "held-out",
        ),
        "usable": Field(
            "usable information on X", "nats", "estimate", "held-out"
        ),
    }

    def network(self, sample, target):
        if len(sample.z_shape) == len(sample.x_shape) == 3:
            return Upsampling(sample.z_shape, sample.x_shape)
        return MLP(sample.z_shape, sample.centred_x.shape[1])

    def losses(self, outputs, rows):
        return ops.mean(ops.square(outputs - rows.target), axis=(1, 2))

    def decoded(self, output, sample):
        return output * sample.x_scale

    def solve(self, coordinates, sample):
        x_fit = sample.centred_x[: sample.num_fit]
        fit, held_out, variance = coordinates
        if self.decoder != "whitened":
            variance = variance + _best_penalty(fit, variance, x_fit)
        weights = covariance(fit, x_fit) / safe_divisor(variance)[:, None]
        return ops.matmul(held_out, weights)

    def read(self, decoded, sample):
        error, variance = _squares(decoded, sample)
        mse, total = ops.mean(error), ops.mean(variance)
        known = total > 0
        total = ops.where(known, total, 1.0)
        fvu = mse / total
        # The standard error of a ratio of means, to first order.
        spread = ops.mean(ops.square(error - fvu * variance))
        fvu_se = ops.sqrt(spread / error.shape[0]) / total
        # A constant X has no variance that could be missing.
        return {
            "fvu": ops.where(known, fvu, 0.0),
            "fvu_se": ops.where(known, fvu_se, 0.0),
            "mse": mse,
            "usable": ops.where(known, _usable(fvu, decoded.shape[1]), 0.0),
        }

    def read_rows(self, decoded, sample):
        error, variance = _squares(decoded, sample)
        mse, total = ops.mean(error), safe_divisor(ops.mean(variance))
        excess = variance / total - error / safe_divisor(mse)
        width = decoded.shape[1]
        return _usable(mse / total, width) + excess * width / 2


def _squares(decoded, sample):
    """Mean squared errors `[m]` of the rows, and of their mean as a decoder."""
    x = sample.centred_x[sample.num_fit :]
    error = ops.mean(ops.square(x - decoded), axis=1)
    return error, ops.mean(ops.square(x), axis=1)


def _usable(fvu, width):
    # What float32 cannot tell from 0 has no logarithm.
    return -width / 2 * ops.log(ops.maximum(fvu, 2**-23))


def covariance(fit, targets):
    """`[r, t]`, of the fit rows' coordinates `[n, r]` and targets `[n, t]`."""
    return ops.matmul(ops.transpose(fit), targets) / fit.shape[0]


def _best_penalty(fit, variance, x_fit):
    """The penalty with the least leave-one-out error on the fit rows.

    The error of row i, decoded without row i, is its residual over
    `1 - leverage_i`, exactly.
    """
    targets = _mixed(x_fit)
    penalties = ops.convert_to_tensor(PENALTIES, "float32")
    shrink = 1.0 / (variance[:, None] + penalties)
    weights = shrink[:, :, None] * covariance(fit, targets)[:, None]
    residual = targets[:, None] - ops.tensordot(fit, weights, axes=1)
    leverage = ops.matmul(ops.square(fit) / fit.shape[0], shrink)
    left_out = (1.0 - 1.0 / fit.shape[0] - leverage)[:, :, None]
    is_known = left_out > LEAST_LEFT_OUT
    error = ops.where(
        is_known,
        residual / ops.where(is_known, left_out, 1.0),
        UNRELATED * targets[:, None],
    )
    errors = ops.mean(ops.square(error), axis=(0, 2))
    return ops.take(penalties, ops.argmin(errors))


def _mixed(x):
    """X, or where it is wide, sums of its columns with random signs.

    The squared norm of such a mixture is that of the row, in expectation, so
    errors summed over mixtures rank penalties as errors over all columns do.
    """
    width = x.shape[1]
    if width <= NUM_MIXTURES:
        return x
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (width, NUM_MIXTURES))
    return ops.matmul(x, ops.convert_to_tensor(signs, "float32"))
