"""What every measure is, and what each of its numbers says."""

from dataclasses import dataclass
import math
from typing import ClassVar, Literal

from keras import ops

# The largest value that a field can take, in nats, by the name of the
# formula. `num_rows` rows can tell at most `log(num_rows)` states apart, and
# nothing knows more of the label than its entropy.
CEILINGS = {
    "log n": lambda num_rows, label_entropy: math.log(num_rows),
    "H(Y)": lambda num_rows, label_entropy: label_entropy,
}


@dataclass(frozen=True)
class Field:
    """One named scalar of a measure.

    Attributes:
        meaning: What the number says, a short label for tables and figures.
        unit: `"nats"`, `"1"` for a pure ratio, or the unit in words.
        kind: `"estimate"`, or whether the number bounds from above or below
            what it stands for.
        rows: The probe rows that it is read on.
        formula: Key of `CEILINGS`, or None where nothing limits the value.
        max_rows: Where the measure reads no more of the rows than this.
    """

    meaning: str
    unit: str
    kind: Literal["estimate", "lower bound", "upper bound"]
    rows: Literal["all", "fit", "held-out"]
    formula: str | None = None
    max_rows: int | None = None

    def ceiling(
        self, num_rows: int, num_fit: int, label_entropy: float | None
    ) -> float | None:
        """The largest value that so many probe rows allow, or None.

        Args:
            num_rows: Probe rows, fit and held-out together.
            num_fit: How many of them are fit rows.
            label_entropy: Entropy of their labels, nats; None if unlabelled.
        """
        if self.formula is None:
            return None
        read = {
            "all": num_rows,
            "fit": num_fit,
            "held-out": num_rows - num_fit,
        }[self.rows]
        read = min(read, self.max_rows or read)
        return CEILINGS[self.formula](read, label_entropy)


class Measure:
    """Base of all measures: `measure(sample)` gives `{field: scalar}`.

    A subclass names itself, declares its `fields`, says what it `needs` of
    the sample, and computes them with `keras.ops` on static shapes, without
    Python branching on values, so that it runs eagerly, in a `tf.function`,
    under XLA and under `jax.jit` alike. Its constructor arguments are its
    attributes; two measures are equal if their class and arguments are.
    """

    name: ClassVar[str]
    fields: ClassVar[dict[str, Field]]
    needs: ClassVar[tuple[str, ...]] = ()

    def __call__(self, sample) -> dict:
        """Computes all fields; NaN where Z holds anything not finite.

        Args:
            sample: A `Sample`.

        Returns:
            `{field: scalar}`, float32, in the order of `fields`.
        """
        return self.mask_nonfinite(self.compute(sample), sample)

    def mask_nonfinite(self, values, sample) -> dict:
        """The fields in their order, NaN where Z is not finite."""
        return {
            field: ops.where(sample.is_finite, values[field], float("nan"))
            for field in self.fields
        }

    def compute(self, sample) -> dict:
        """The mathematics of `__call__`, on a Z that is finite."""
        raise NotImplementedError

    def unavailable_reason(self) -> str | None:
        """Why it cannot be used here, with the way out; None if it can."""
        return None

    def get_config(self) -> dict:
        """Constructor arguments by name; `type(m)(**m.get_config())` is m."""
        return dict(vars(self))

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), tuple(sorted(vars(self).items()))))

    def __repr__(self):
        arguments = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({arguments})"
