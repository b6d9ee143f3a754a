"""What every measure is: a small immutable object from sample to numbers."""

from typing import ClassVar

from keras import ops

from keras_ib.measures.field import Field


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
        return self.guarded(self.compute(sample), sample)

    def guarded(self, values, sample) -> dict:
        """The fields in their order, NaN where Z is not finite."""
        return {
            field: ops.where(sample.is_finite, values[field], float("nan"))
            for field in self.fields
        }

    def compute(self, sample) -> dict:
        """The mathematics of `__call__`, on a Z that is finite."""
        raise NotImplementedError

    def why_not(self) -> str | None:
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
