"""One tap's sample, and what several measures of it share.

sample = Sample(z, x, y, num_fit=1024)
sample.centred        # [n, d] float32, computed once however many ask
"""

from functools import cached_property

from keras import ops

from keras_ib.measures.sample.coordinates import (
    kernel_coordinates,
    principal_coordinates,
)
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Operations


class Sample:
    """The representation of the probe rows at one tap, with their X and Y.

    The first `num_fit` rows are the *fit* rows, on which decoders are fitted;
    the others are *held out*, to read them on. All of it is on the device and
    may be symbolic: shapes are static, values are not looked at.

    Args:
        z: `[n, ...]` representation, any float or integer type.
        x: `[n, ...]` input; for measures that need it.
        x_id: `[n]` int32, equal where rows of the input are equal; for
            measures that need only to tell inputs apart.
        y: `[n]` int32 class labels; for measures that need them.
        num_fit: Number of fit rows.
        num_classes: Number of classes, if `y` is given.
        operations: What the backend has beyond keras.ops.
        noise: The `Noise` that the layer adds in training, or None.

    Attributes:
        z_shape: Shape of one row of Z.
        x_shape: Shape of one row of X, if it is given.
    """

    def __init__(
        self,
        z,
        x=None,
        x_id=None,
        y=None,
        *,
        num_fit,
        num_classes=None,
        operations=None,
        noise=None,
    ):
        self.z_shape = tuple(z.shape[1:])
        self.x_shape = None if x is None else tuple(x.shape[1:])
        z = _as_rows(z)
        self.is_finite = ops.all(ops.isfinite(z))
        # Solvers need not survive NaN: they see zeros, and `Measure` puts the
        # NaN back.
        self.z = ops.where(self.is_finite, z, ops.zeros_like(z))
        self.x = None if x is None else _as_rows(x)
        self.x_id = x_id
        self.y = y
        self.num_fit = num_fit
        self.num_classes = num_classes
        self.operations = operations or Operations()
        self.noise = noise

    @property
    def num_rows(self) -> int:
        """Number of probe rows, fit and held-out together."""
        return self.z.shape[0]

    @cached_property
    def centred(self):
        """`[n, d]` Z about the mean of its fit rows, float32."""
        return centre(self.z, self.num_fit)

    @cached_property
    def centred_x(self):
        """`[n, p]` X about the mean of its fit rows, float32."""
        return centre(self.x, self.num_fit)

    @cached_property
    def coordinates(self):
        """Principal coordinates of the fit rows; see `Coordinates`."""
        return principal_coordinates(
            self.centred, self.num_fit, self.operations.eigh
        )

    @cached_property
    def kernel_coordinates(self):
        """Principal coordinates in the feature space of a Gaussian kernel."""
        return kernel_coordinates(
            self.centred, self.num_fit, self.operations.eigh
        )

    @cached_property
    def scaled(self):
        """`[n, ...]` Z of mean 0 and mean variance 1 over the fit rows."""
        rows = self.centred / _scale(self.centred, self.num_fit)
        return ops.reshape(rows, (-1, *self.z_shape))

    @cached_property
    def x_scale(self):
        """Root of the mean variance of X over the fit rows, or 1."""
        return _scale(self.centred_x, self.num_fit)

    def target(self, name):
        """`[n, t]`: `"x"` of mean 0 and mean variance 1, or one-hot `"y"`."""
        if name == "y":
            return self.one_hot
        return self.centred_x / self.x_scale

    @cached_property
    def one_hot(self):
        """`[n, num_classes]` labels, float32."""
        return ops.one_hot(self.y, self.num_classes, dtype="float32")

    @cached_property
    def label_entropy(self):
        """Plug-in entropy of the labels of all rows, nats."""
        p = ops.mean(self.one_hot, axis=0)
        return -ops.sum(p * ops.log(safe_divisor(p)))


def centre(rows, num_fit):
    """Subtracts the mean of the fit rows, exactly enough for float32.

    The first row goes first: its differences to the other rows are exact to
    the last bit where the rows share a large mean, and the mean of what is
    left has no digits to lose.
    """
    rows = rows - rows[:1]
    return rows - ops.mean(rows[:num_fit], axis=0, keepdims=True)


def _scale(rows, num_fit):
    """One number for all columns, so that what they are to each other stays."""
    return ops.sqrt(safe_divisor(ops.mean(ops.square(rows[:num_fit]))))


def _as_rows(values):
    values = ops.convert_to_tensor(values)
    values = ops.cast(values, "float32")
    return ops.reshape(values, (values.shape[0], -1))
