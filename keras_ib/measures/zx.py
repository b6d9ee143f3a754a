"""Z-X: how well can the input be reconstructed from the representation?"""

from keras import ops
import numpy as np

from keras_ib.measures.field import Field
from keras_ib.measures.measure import Measure

# The penalty is chosen among these, relative to the largest variance that a
# direction of Z has over the fit rows. The first is the resolution of
# float32; the last decodes nothing.
PENALTIES = tuple(10.0 ** np.arange(-7, 4.01, 0.5))

# Columns of X beyond this number are mixed down to it, by random signs, for
# the choice of the penalty alone.
NUM_MIXTURES = 128


class ZX(Measure):
    """Minimum mean-squared error of reconstructing X from Z.

    The best linear decoder with an L2 penalty, in closed form on the fit
    rows; the penalty has the least leave-one-out error there; the error is
    read on the held-out rows. No decoder is trained, so no budget of training
    can be mistaken for lost information. The measure of
    [Lyu, Aminian and Rodrigues (2023)][1]; that it is linear, and the
    fraction of variance as its unit, are choices of this package.

    An upper bound on the minimum over all decoders, in expectation: X can be
    in Z in a form that no linear decoder reads. Needs `num_fit` large against
    the effective dimension of Z; too few fit rows read as lost information.
    Directions of Z whose standard deviation is below about 1/1000 of the
    largest are below the resolution of float32 and count as not there.

    Fields: `fvu` is the fraction of the variance of X that is unexplained (0:
    everything is there; 1: nothing), `fvu_se` its standard error over the
    held-out rows, `mse` the mean-squared error per element of X.

    Cost: shares the principal coordinates of Z with the other linear
    measures, then O(n_fit^2 p) for an X of p elements.

    [1]: https://doi.org/10.3390/e25071063
    """

    name = "zx"
    needs = ("x",)
    fields = {  # noqa: RUF012 - a constant of the class
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
    }

    def compute(self, sample):
        x_fit = sample.centred_x[: sample.num_fit]
        x_held_out = sample.centred_x[sample.num_fit :]
        fit, held_out, variance = sample.coordinates
        penalty = _best_penalty(fit, variance, x_fit)
        weights = _covariance(fit, x_fit) / (variance + penalty)[:, None]
        residual = x_held_out - ops.matmul(held_out, weights)
        return _fields(
            ops.mean(ops.square(residual), axis=1),
            ops.mean(ops.square(x_held_out), axis=1),
        )


def _fields(error, variance):
    """Fields from the squared errors `[n]` and squared deviations `[n]`."""
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
    }


def _covariance(fit, targets):
    return ops.matmul(ops.transpose(fit), targets) / fit.shape[0]


def _best_penalty(fit, variance, x_fit):
    """The penalty with the least leave-one-out error on the fit rows.

    The error of row i, decoded without row i, is its residual over
    `1 - leverage_i`, exactly.
    """
    targets = _mixed(x_fit)
    penalties = ops.convert_to_tensor(PENALTIES, "float32")
    shrink = 1.0 / (variance[:, None] + penalties)
    weights = shrink[:, :, None] * _covariance(fit, targets)[:, None]
    residual = targets[:, None] - ops.tensordot(fit, weights, axes=1)
    leverage = ops.matmul(ops.square(fit) / fit.shape[0], shrink)
    left_out = ops.maximum(1.0 - 1.0 / fit.shape[0] - leverage, 1e-5)
    errors = ops.mean(ops.square(residual / left_out[:, :, None]), axis=(0, 2))
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
