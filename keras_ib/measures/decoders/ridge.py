"""The decoder of values: a ridge regression, or the outputs of a network."""

from typing import NamedTuple

from keras import ops
import numpy as np

from keras_ib.measures.base import Field
from keras_ib.measures.sample.coordinates import Coordinates
from keras_ib.measures.sample.numerics import safe_divisor, sum_blocks
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.values import Values

# The penalty is chosen among these, relative to the largest variance that a
# direction of Z has over the fit samples. The first is the resolution of
# `Coordinates`; the last decodes nothing. Below 1e-7 they matter to an
# ill-conditioned Z alone, and are fewer.
PENALTIES = (
    *10.0 ** np.arange(-16, -7, 1.5),
    *10.0 ** np.arange(-7, 1, 0.5),
    *10.0 ** np.arange(1, 4.01),
)

# A direction of less variance than this, relative to the largest, is what
# layers in float32 leave of rounding: least squares would take it for signal.
WHITENED = 2.0**-40

# A sample whose leverage is closer to 1 than this is fitted by itself alone.
# What the others say of it is lost in the rounding of float32: taken to be as
# large as the sample and unrelated to it, it misses by twice its variance.
LEAST_LEFT_OUT = 1e-3
UNRELATED = 2**0.5


def resolution_field(target: str) -> Field:
    """What a closed-form decoder says of the directions that it saw."""
    return Field(
        "smallest standard deviation of Z that is seen, over the largest",
        "1",
        "estimate",
        "fit",
        needs=(target,),
        is_check=True,
    )


class Errors(NamedTuple):
    """How far held-out samples are from what was decoded.

    Attributes:
        error: `[m]`, mean squared errors over the columns.
        variance: `[m]`, those of a decoder that says the fit samples' mean.
        num_distinct: How many columns hold something of their own.
    """

    error: Tensor
    variance: Tensor
    num_distinct: Tensor


class Ridge:
    """Decodes values, by ridge regression or by a network.

    Args:
        values: The `Values`, `[n, p]`.
    """

    def __init__(self, values: Values):
        self.values = values
        self.num_outputs = values.width

    def solve(self, coordinates: Coordinates, whitened: bool) -> Errors:
        """Errors of the ridge regression with the best penalty, or none."""
        fit, _, variance = coordinates
        if whitened:
            penalised = ops.where(variance > WHITENED, variance, np.inf)
        else:
            mixed = self.values.mixed_fit()
            penalised = variance + best_penalty(fit, variance, mixed)
        shrink = 1 / penalised
        return linear_errors(coordinates, [shrink], self.values)[0]

    def target_rows(self) -> Tensor:
        """`[n, p]`, of mean 0 and mean variance 1: what a network is given."""
        return self.values.all / self.values.unit

    def losses(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Losses `[k]` of outputs `[k, b, p]` for rows `[b, p]`."""
        return ops.mean(ops.square(outputs - target), axis=(1, 2))

    def from_network(self, output: Tensor) -> Errors:
        """Errors of a network's outputs `[m, p]` for the held-out samples."""
        held_out = self.values.all[self.values.num_fit :]
        decoded = output * self.values.unit
        return _means(
            ops.sum(ops.square(held_out - decoded), axis=1),
            ops.sum(ops.square(held_out), axis=1),
            self.values,
        )

    def score(self, errors: Errors) -> dict:
        """The fields of `regression_fields`."""
        error, variance, num_distinct = errors
        mse, total = ops.mean(error), ops.mean(variance)
        known = total > 0
        total = ops.where(known, total, 1.0)
        fvu = mse / total
        # The standard error of a ratio of means, to first order.
        spread = ops.mean(ops.square((error - fvu * variance) / total))
        fvu_se = ops.sqrt(spread / error.shape[0])
        # Constants have no variance that could be missing.
        return {
            "fvu": ops.where(known, fvu, 0.0),
            "fvu_se": ops.where(known, fvu_se, 0.0),
            "mse": mse * self.values.given_in * self.values.given_in,
            "usable": ops.where(known, _usable(fvu, num_distinct), 0.0),
        }

    def per_sample(self, errors: Errors) -> Tensor:
        """Usable information of each held-out sample, `[m]`, nats."""
        error, variance, num_distinct = errors
        mse, total = ops.mean(error), safe_divisor(ops.mean(variance))
        excess = variance / total - error / safe_divisor(mse)
        return _usable(mse / total, num_distinct) + excess * num_distinct / 2


def regression_fields(target: str) -> dict[str, Field]:
    """The fields of values, which are `"x"` or `"y"`."""
    name = target.upper()

    def field(meaning, unit, kind):
        return Field(
            meaning,
            unit,
            kind,
            "held-out",
            needs=(target,),
            kinds=None if target == "x" else ("values",),
        )

    return {
        "fvu": field(
            f"Z-{name}: variance of {name} unexplained by Z", "1", "upper bound"
        ),
        "fvu_se": field("standard error of fvu", "1", "estimate"),
        "mse": field(
            f"Z-{name}: mean-squared error of {name} from Z",
            f"squared units of {name}",
            "upper bound",
        ),
        "usable": field(f"usable information on {name}", "nats", "estimate"),
    }


def linear_errors(
    coordinates: Coordinates, shrinks: Tensor, values: Values
) -> list[Errors]:
    """Errors of linear decoders, in blocks of columns.

    Args:
        coordinates: Of Z.
        shrinks: For each decoder `[r]`, what covariances are multiplied by
            to become weights.
        values: What is decoded.
    """
    fit, held_out, _ = coordinates
    num_fit = values.num_fit

    def squares(place):
        block = values.block(place)
        slopes = ops.matmul(ops.transpose(fit), block[:num_fit]) / num_fit
        rest = block[num_fit:]
        decoded = [ops.matmul(held_out, s[:, None] * slopes) for s in shrinks]
        return [
            ops.sum(ops.square(rest), axis=1),
            *(ops.sum(ops.square(rest - d), axis=1) for d in decoded),
        ]

    variance, *errors = sum_blocks(squares, values.num_blocks)
    return [_means(error, variance, values) for error in errors]


def best_penalty(fit: Tensor, variance: Tensor, targets: Tensor) -> Tensor:
    """The penalty with the least leave-one-out error on the fit samples.

    The error of sample i, decoded without sample i, is its residual over
    `1 - leverage_i`, exactly.

    Args:
        fit: `[n, r]` coordinates of the fit samples.
        variance: `[r]`, theirs.
        targets: `[n, t]`, what is decoded.
    """
    penalties = ops.convert_to_tensor(PENALTIES, "float32")
    shrink = 1.0 / (variance[:, None] + penalties)
    slopes = ops.matmul(ops.transpose(fit), targets) / fit.shape[0]
    weights = shrink[:, :, None] * slopes[:, None]
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


def _means(error, variance, values):
    num_columns = values.num_columns()
    return Errors(
        error / num_columns, variance / num_columns, values.num_distinct
    )


def _usable(fvu, num_distinct):
    # What float32 cannot tell from 0 has no logarithm.
    return -num_distinct / 2 * ops.log(ops.maximum(fvu, 2**-23))
