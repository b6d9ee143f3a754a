"""Z-X as a linear decoder has it that gradient descent stopped early."""

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field, Measure
from keras_ib.measures.decoders.ridge import (
    Ridge,
    linear_errors,
    resolution_field,
)
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.sample import Sample

STEPS = (10, 100, 1000)


class Descent(Measure):
    """Z-X of a linear decoder after so many steps of gradient descent.

    Gradient descent on all fit samples from weights 0, at the rate of one over
    the largest variance of Z, has found a direction of variance v (the
    largest is 1) up to `1 - (1 - v)^T` after T steps. So it is computed in
    closed form and without a training.

    A control, and not a measure of what Z holds: what it misses and `ZX`
    finds is in Z, in directions that are small beside the largest, and the
    difference is the part of a "lost" reconstruction that is due to the
    decoder's training.

    **Reads** X, as numbers.

    **Fields.** `fvu_at_T` for every T, as `fvu`, and `resolution` of `ZX`.

    **Fails when** Z is ill-conditioned, on purpose.

    **Cost.** Shares the principal coordinates of Z with `ZX`, then O(n_fit^2 p)
    for each T and an X of p elements.

    **Source.** This package, as a control of [Lyu, Aminian and Rodrigues
    (2023)][1], whose decoders are trained.

    Args:
        steps: Numbers of steps T, ascending.

    Example:
        >>> import numpy as np, keras_ib
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> z = x * [1.0, 0.01]
        >>> found = keras_ib.measure(z, x=x, measures=["zx", "zx_descent"])
        >>> found["zx"]["fvu"] < 0.1 < found["zx_descent"]["fvu_at_100"]
        True

    [1]: https://doi.org/10.3390/e25071063
    """

    name = "zx_descent"

    def __init__(self, steps: tuple[int, ...] = STEPS):
        steps = tuple(
            checks.integer("steps", step)
            for step in checks.sequence("steps", steps)
        )
        if not steps or [0, *steps] != sorted({0, *steps}):
            raise ValueError(
                "A training takes steps above 0. Received: "
                f"steps={steps!r}. Give numbers in ascending order, such as "
                f"{STEPS}."
            )
        self.steps = steps

    @property
    def fields(self) -> dict[str, Field]:
        """`fvu_at_T` for every T, and the resolution."""
        return {
            f"fvu_at_{step}": Field(
                f"Z-X: variance of X unexplained by Z, {step} descent steps",
                "1",
                "upper bound",
                "held-out",
                needs=("x",),
            )
            for step in self.steps
        } | {"resolution": resolution_field("x")}

    def compute(self, sample: Sample) -> dict:
        variance = sample.coordinates.variance
        shrinks = [
            -ops.expm1(step * ops.log1p(-variance)) / safe_divisor(variance)
            for step in self.steps
        ]
        values = sample.values("x")
        errors = linear_errors(sample.coordinates, shrinks, values)
        found = {
            f"fvu_at_{step}": Ridge(values).score(error)["fvu"]
            for step, error in zip(self.steps, errors, strict=True)
        }
        return found | {"resolution": sample.coordinates.resolution()}
