"""Z of one tap, and what is computed from it alone, once for all targets."""

from functools import cached_property

from keras import ops

from keras_ib.measures.sample.coordinates import (
    Coordinates,
    kernel_coordinates,
    principal_coordinates,
)
from keras_ib.measures.sample.distances import Points
from keras_ib.measures.sample.numerics import in_range, safe_divisor
from keras_ib.measures.sample.operations import Operations, Tensor
from keras_ib.measures.sample.ranks import normal_scores
from keras_ib.measures.sample.values import centre, root_mean_square

COPIED = (
    *("shape", "num_fit", "operations", "offset", "rows", "unit"),
    "is_finite",
)


class Representation:
    """Z, as measures see it.

    Args:
        z: `[n, ...]`, any float or integer type.
        num_fit: Number of fit samples, which come first.
        operations: What the backend has beyond keras.ops.
        offset: `[d]` float32, what was taken off each column of Z before it
            was cast to float32; None for nothing.

    Attributes:
        shape: Shape of Z of one sample.
        rows: `[n, d]` float32, less the offset; all 0 if anything in Z is
            not finite. In units of `unit`.
        unit: Scalar, 1 unless values are so large that float32 does not hold
            their squares.
        is_finite: Boolean scalar.
    """

    def __init__(
        self,
        z: Tensor,
        num_fit: int,
        operations: Operations,
        offset: Tensor = None,
    ):
        self.shape = tuple(z.shape[1:])
        self.num_fit = num_fit
        self.operations = operations
        self.offset = offset
        z = as_rows(z)
        self.is_finite = ops.all(ops.isfinite(z))
        # Solvers need not survive NaN: they see zeros, and `Measure` puts the
        # NaN back.
        self.rows, self.unit = in_range(ops.where(self.is_finite, z, 0.0))

    def copy(self) -> "Representation":
        """The same Z, with nothing computed yet."""
        copy = object.__new__(Representation)
        for name in COPIED:
            setattr(copy, name, getattr(self, name))
        return copy

    def first(self, num_samples: int) -> "Representation":
        """That of the first so many rows."""
        other = self.copy()
        other.rows = self.rows[:num_samples]
        other.num_fit = min(self.num_fit, num_samples)
        return other

    @property
    def as_given(self) -> Tensor:
        """`[n, d]` with the offset, to the last digit of float32."""
        if self.offset is None:
            return self.rows * self.unit
        z = self.rows * self.unit + self.offset
        return ops.where(self.is_finite, z, 0.0)

    @property
    def on_one_scale(self) -> Tensor:
        """`[n, d]` less one number, for what looks at all columns together."""
        if self.offset is None:
            return self.rows
        return self.rows + (self.offset - self.offset[:1]) / self.unit

    @cached_property
    def centred(self) -> Tensor:
        """`[n, d]` about the mean of the fit samples."""
        return centre(self.rows, self.num_fit)

    @cached_property
    def points(self) -> Points:
        """The samples as points whose distances are wanted."""
        return Points(self.centred)

    @cached_property
    def largest_share(self) -> Tensor:
        """Share of one column in all variance; 0 where no other one varies."""
        centred = centre(self.rows, self.rows.shape[0])
        variance = ops.mean(ops.square(centred), axis=0)
        share = ops.max(variance) / safe_divisor(ops.sum(variance))
        num_varying = ops.sum(ops.cast(variance > 0, "int32"))
        return ops.where(num_varying > 1, share, 0.0)

    @cached_property
    def coordinates(self) -> Coordinates:
        """Principal coordinates of the fit samples."""
        return principal_coordinates(
            self.centred, self.num_fit, self.operations
        )

    @cached_property
    def kernel_coordinates(self) -> Coordinates:
        """Principal coordinates in the feature space of a Gaussian kernel."""
        return kernel_coordinates(
            self.centred, self.num_fit, self.operations.eigh
        )

    @cached_property
    def normal_scores(self) -> Tensor:
        """`[n, d]`, columns as normal quantiles of their ranks."""
        return normal_scores(self.rows, self.num_fit, self.operations.sort)

    @cached_property
    def scaled(self) -> Tensor:
        """`[n, ...]` of mean 0 and mean variance 1 over the fit samples."""
        rows = self.centred / root_mean_square(self.centred[: self.num_fit])
        return ops.reshape(rows, (-1, *self.shape))


def as_rows(values: Tensor) -> Tensor:
    """`[n, d]` float32 of any `[n, ...]`."""
    values = ops.cast(ops.convert_to_tensor(values), "float32")
    return ops.reshape(values, (values.shape[0], -1))
