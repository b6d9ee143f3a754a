"""One tap's sample, and what several measures of it share.

sample = Sample(z, x, y=y, num_fit=1024, variable=Variable("values"))
sample.centred        # [n, d] float32, computed once however many ask
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from keras import ops
import numpy as np

from keras_ib.measures.sample.coordinates import Coordinates
from keras_ib.measures.sample.numerics import in_range, safe_divisor
from keras_ib.measures.sample.operations import Operations, Tensor
from keras_ib.measures.sample.representation import Representation, as_rows
from keras_ib.measures.sample.values import Values
from keras_ib.measures.sample.variables import Variable

ARRAYS = ("x", "x_id", "y", "y_class", "time")
ATTRIBUTES = (
    *("variable", "x_shape", "num_fit", "operations", "noise"),
    *("is_further", "x_unit", "held"),
)
PERMUTATION_SEED = 0


class Sample:
    """The representation of the probe samples at one tap, with their X and Y.

    The first `num_fit` samples are the *fit* samples, on which decoders are
    fitted; the others are *held out*, to evaluate them on. All of it is on
    the device and may be symbolic: shapes are static, values are not looked
    at. What is None is not there, and measures leave out what needs it.

    Args:
        z: `[n, ...]` representation, any float or integer type.
        x: `[n, ...]` input, numbers.
        x_id: `[n]` int32, equal where samples of the input are equal.
        y: The target, by the kind of `variable`: `[n]` int32 classes,
            `[n, t]` float32 values, or `[n, L]` int32 labels, each 0 or 1.
        y_class: `[n]` int32 from 0: the classes again, or the number of the
            set of labels; None for values.
        num_fit: Number of fit samples.
        variable: What kind of thing Y is, if `y` is given.
        operations: What the backend has beyond keras.ops.
        noise: The `Noise` that the layer adds in training, or None.
        offset: `[d]` float32, what was taken off the columns of Z so that its
            differences survive float32; None for nothing.
        time: `[n]` int32, where the samples stand in time or in the data
            given; None where that is not known.
        held: `{measure: {field: scalar}}`, what the first measurement of a
            run has decided; NaN where this one is it.

    Attributes:
        x: `[n, p]` float32, or None. In units of `x_unit`, which is 1 unless
            float32 does not hold the squares.
        x_shape: Shape of X of one sample, or None.
        is_further: Whether Z was measured with another target already, so
            that fields which do not read Y would come again.
    """

    def __init__(
        self,
        z: Tensor,
        x: Tensor = None,
        x_id: Tensor = None,
        y: Tensor = None,
        y_class: Tensor = None,
        *,
        num_fit: int,
        variable: Variable | None = None,
        operations: Operations | None = None,
        noise: Any = None,
        offset: Tensor = None,
        time: Tensor = None,
        held: Mapping[str, Mapping[str, Tensor]] | None = None,
    ):
        self.num_fit = num_fit
        self.operations = operations or Operations()
        self.noise = noise
        self.x_shape = None if x is None else tuple(x.shape[1:])
        self.x: Tensor = None
        self.x_unit: Tensor = 1.0
        if x is not None:
            self.x, self.x_unit = in_range(as_rows(x))
        self.x_id = x_id
        self.time = time
        self.held = dict(held or {})
        self.representation = Representation(
            z, num_fit, self.operations, offset
        )
        self.is_further = False
        self._set_target(y, y_class, variable)

    def _set_target(self, y, y_class, variable):
        self.y, self.y_class, self.variable = y, y_class, variable

    def with_target(
        self,
        y: Tensor,
        y_class: Tensor = None,
        variable: Variable | None = None,
    ) -> "Sample":
        """The same Z with another target, and without X.

        Everything that is computed from Z alone is shared.

        Args:
            y, y_class, variable: As for `Sample`.
        """
        other = self._with(self.representation)
        other.x = other.x_shape = other.x_id = None
        other.is_further = True
        other._set_target(y, y_class, variable)
        return other

    def _with(self, representation):
        other = object.__new__(Sample)
        for name in ARRAYS + ATTRIBUTES:
            setattr(other, name, getattr(self, name))
        other.representation = representation
        return other

    @staticmethod
    def copies(samples: Sequence["Sample"]) -> list["Sample"]:
        """The same samples of one Z, with nothing computed yet."""
        copies: dict = {}
        for sample in samples:
            z = sample.representation
            copies.setdefault(id(z), z.copy())
        return [s._with(copies[id(s.representation)]) for s in samples]

    def first(self, num_samples: int) -> "Sample":
        """The sample of the first so many rows."""

        def cut(rows):
            return None if rows is None else rows[:num_samples]

        other = self._with(self.representation.first(num_samples))
        other.num_fit = other.representation.num_fit
        for name in ARRAYS:
            setattr(other, name, cut(getattr(self, name)))
        return other

    def permuted(self) -> "Sample":
        """The same Z beside the X and Y of other samples, drawn at random.

        X and Y stay together. Fit samples stay fit samples, so that decoders
        see as many of each class as before.
        """
        random = np.random.default_rng(PERMUTATION_SEED)
        fit = random.permutation(self.num_fit)
        held_out = random.permutation(self.num_rows - self.num_fit)
        order = np.concatenate([fit, self.num_fit + held_out]).astype("int32")
        other = self._with(self.representation)
        for name in ("x", "x_id", "y", "y_class"):
            array = getattr(self, name)
            if array is not None:
                setattr(other, name, ops.take(array, order, axis=0))
        return other

    def held_by(self, measure: Any) -> dict:
        """What a measure holds, decided now where it was not before."""
        before = self.held.get(measure.name, {})
        return {
            name: ops.where(ops.isnan(before[name]), value, before[name])
            if name in before
            else value
            for name, value in measure.hold(self).items()
        }

    @property
    def given(self) -> frozenset[str]:
        """Which of `"x"`, `"x_id"`, `"y"`, `"y_class"`, `"time"` there are."""
        return frozenset(n for n in ARRAYS if getattr(self, n) is not None)

    @property
    def num_rows(self) -> int:
        """Number of samples, fit and held-out together."""
        return self.z.shape[0]

    @property
    def z(self) -> Tensor:
        """`[n, d]` Z, float32, all 0 if anything in it is not finite.

        Less the offset of each column: for what looks at differences. In
        units of `unit("z")`.
        """
        return self.representation.rows

    @property
    def z_as_given(self) -> Tensor:
        """`[n, d]` Z with its offset, for bins and noise of a fixed scale."""
        return self.representation.as_given

    @property
    def z_on_one_scale(self) -> Tensor:
        """`[n, d]` Z less one number, for what pools the columns."""
        return self.representation.on_one_scale

    @property
    def z_shape(self) -> tuple:
        """Shape of Z of one sample."""
        return self.representation.shape

    @property
    def is_finite(self) -> Tensor:
        """Boolean scalar: whether all of Z is finite."""
        return self.representation.is_finite

    @property
    def centred(self) -> Tensor:
        """`[n, d]` Z about the mean of its fit samples, float32."""
        return self.representation.centred

    @property
    def coordinates(self) -> Coordinates:
        """Principal coordinates of the fit samples; see `Coordinates`."""
        return self.representation.coordinates

    @property
    def kernel_coordinates(self) -> Coordinates:
        """Principal coordinates in the feature space of a Gaussian kernel."""
        return self.representation.kernel_coordinates

    @property
    def scaled(self) -> Tensor:
        """`[n, ...]` Z of mean 0 and mean variance 1 over the fit samples."""
        return self.representation.scaled

    @cached_property
    def centred_x(self) -> Tensor:
        """`[n, p]` X about the mean of its fit samples, float32."""
        return self.values("x").all

    @cached_property
    def y_rows(self) -> Tensor:
        """`[n, t]` Y as numbers: one-hot classes, labels, or values."""
        if self.variable.kind == "classes":
            return self.one_hot
        return self._y_in_range[0]

    @cached_property
    def _y_in_range(self):
        return in_range(as_rows(self.y))

    def unit(self, side: str) -> Tensor:
        """What Z, X or Y, `"z"`, `"x"` or `"y"`, are in units of."""
        if side == "y" and self.variable.kind == "classes":
            return 1.0
        return {
            "z": lambda: self.representation.unit,
            "x": lambda: self.x_unit,
            "y": lambda: self._y_in_range[1],
        }[side]()

    def values(
        self, name: str, scale: Literal["none", "columns"] = "none"
    ) -> Values:
        """`"x"` or `"y"` as `Values` to be decoded."""
        key = f"_values_{name}_{scale}"
        if key not in vars(self):
            rows = self.x if name == "x" else self.y_rows
            vars(self)[key] = Values(rows, self.num_fit, scale, self.unit(name))
        return vars(self)[key]

    def target(self, name: str) -> Tensor:
        """`[n, t]`, what networks relate Z to.

        `"x"`, and a `"y"` of values, of mean 0 and mean variance 1 over the
        fit samples; else one-hot classes, or labels.
        """
        if name == "y" and self.variable.kind != "values":
            return self.y_rows
        values = self.values(name)
        return values.all / values.unit

    @cached_property
    def one_hot(self) -> Tensor:
        """`[n, c]`, `y_class` one-hot, float32."""
        return ops.one_hot(
            self.y_class, self.variable.num_symbols, dtype="float32"
        )

    @cached_property
    def label_entropy(self) -> Tensor:
        """Plug-in entropy of `y_class` of all samples, nats."""
        p = ops.mean(self.one_hot, axis=0)
        return -ops.sum(p * ops.log(safe_divisor(p)))
