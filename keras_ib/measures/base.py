"""What every measure is, and what each of its numbers says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import math
from typing import Any, Literal

from keras import ops

from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.variables import Variable

# The largest value that a field can take, in nats, by the name of the
# formula. `num_rows` samples can tell at most `log(num_rows)` states apart,
# and nothing knows more of the label than its entropy; values have none, and
# each of them is a state of its own at most.
CEILINGS: dict[str, Callable] = {
    "log n": lambda num_rows, label_entropy: math.log(num_rows),
    "H(Y)": lambda num_rows, label_entropy: (
        math.log(num_rows) if label_entropy is None else label_entropy
    ),
}
OF_Y = {"y", "y_class"}


@dataclass(frozen=True)
class Field:
    """One named scalar of a measure.

    Attributes:
        meaning: What the number says, a short label for tables and figures.
        unit: `"nats"`, `"1"` for a pure ratio, or the unit in words.
        kind: `"estimate"`, or whether the number bounds from above or below
            what it stands for.
        rows: The probe samples that it is evaluated on.
        formula: Key of `CEILINGS`, or None where nothing limits the value.
        max_rows: Where the measure sees no more of the samples than this.
        needs: Which of `"x"`, `"x_id"`, `"y"`, `"y_class"`, `"time"` it is
            made of, beside Z; see `Sample`.
        reads: Which of them it looks at where they are there.
        kinds: The kinds of Y for which it exists; None for all.
        is_check: Whether it says how far other fields can be trusted, and
            is no result: figures leave it out.
    """

    meaning: str
    unit: str
    kind: Literal["estimate", "lower bound", "upper bound"]
    rows: Literal["all", "fit", "held-out"]
    formula: str | None = None
    max_rows: int | None = None
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = None
    is_check: bool = False

    @property
    def reads_y(self) -> bool:
        """Whether it is of the target, and not of X or Z alone."""
        return bool(OF_Y & set(self.needs))

    @property
    def has_null(self) -> bool:
        """Whether samples whose X and Y are permuted give it a level."""
        is_pure = self.unit in ("nats", "1")
        return is_pure and not self.is_check and bool(self.needs + self.reads)

    def is_available(
        self, given: frozenset[str], variable: Variable | None
    ) -> bool:
        """Whether these data allow it; see `Measure.available`."""
        has_kind = (
            not self.reads_y
            or self.kinds is None
            or (variable is not None and variable.kind in self.kinds)
        )
        return has_kind and set(self.needs) <= given

    def ceiling(
        self, num_rows: int, num_fit: int, label_entropy: float | None
    ) -> float | None:
        """The largest value that so many probe samples allow, or None.

        Args:
            num_rows: Probe samples, fit and held-out together.
            num_fit: How many of them are fit samples.
            label_entropy: Entropy of their `y_class`, nats; None without.
        """
        if self.formula is None:
            return None
        seen = {
            "all": num_rows,
            "fit": num_fit,
            "held-out": num_rows - num_fit,
        }[self.rows]
        seen = min(seen, self.max_rows or seen)
        return CEILINGS[self.formula](seen, label_entropy)


class Measure:
    """Base of all measures: `measure(sample)` gives `{field: scalar}`.

    A subclass names itself, declares its `fields` with what each of them
    `needs`, and computes them with `keras.ops` on static shapes, without
    Python branching on values, so that it runs eagerly, in a `tf.function`,
    under XLA and under `jax.jit` alike. Its constructor arguments are its
    attributes; two measures are equal if their class and arguments are.

    Attributes:
        name: Its name in logs.
        fields: All fields that it can have, `{name: Field}`.
        trains: Whether it trains networks.
        num_taps: 2 if it compares two taps: then it has `products(sample)`
            and `cosines(products)` in place of `compute`; see `Similarity`.
        held: Fields that keep, for a run, the value that they have when a tap
            is first measured.
    """

    name: Any
    fields: Any
    trains: Any = False
    num_taps: Any = 1
    held: Any = ()

    def __call__(self, sample) -> dict:
        """Computes the fields that the data allow; NaN if Z is not finite.

        Args:
            sample: A `Sample`.

        Returns:
            `{field: scalar}`, float32, in the order of `available`.
        """
        if not self.fields_of(sample):
            return {}
        return self.mask_nonfinite(self.compute(sample), sample)

    def available(
        self, given: frozenset[str], variable: Variable | None
    ) -> dict[str, Field]:
        """The fields that these data allow, in their order.

        Args:
            given: Which of `"x"`, `"x_id"`, `"y"`, `"y_class"` there are.
            variable: The `Variable` of Y, or None without Y.
        """
        return {
            name: field
            for name, field in self.fields.items()
            if field.is_available(given, variable)
        }

    def fields_of(self, sample: Sample) -> dict[str, Field]:
        """The fields that a `Sample` gets.

        Those that are available, but of a further target of the same Z only
        what reads this target.
        """
        return {
            name: field
            for name, field in self.available(
                sample.given, sample.variable
            ).items()
            if field.reads_y or not sample.is_further
        }

    def mask_nonfinite(self, values: dict, sample: Sample) -> dict:
        """The fields in their order, NaN where Z is not finite."""
        return {
            field: ops.where(sample.is_finite, values[field], float("nan"))
            for field in self.fields_of(sample)
        }

    def compute(self, sample: Sample) -> dict:
        """The mathematics of `__call__`, on a Z that is finite.

        Args:
            sample: A `Sample`; `sample.z` is `[n, d]` float32.

        Returns:
            At least `fields_of(sample)`: `{field: scalar}`.
        """
        raise NotImplementedError

    def hold(self, sample: Sample) -> dict:
        """The fields that are `held`, as a first measurement has them."""
        return {}

    def partial(
        self,
        sample: Sample,
        index: Tensor = 0,
        count: int = 1,
        is_owner: Tensor = None,
    ) -> dict:
        """What one of several replicas contributes to the fields.

        Args:
            sample: A `Sample`, of all rows on every replica.
            index: Which replica, from 0; may be a tensor.
            count: Number of replicas.
            is_owner: Boolean tensor, true on the one replica that computes
                what cannot be divided by rows; None if there is but one.

        Returns:
            `{name: scalar}`, to be summed over the replicas.
        """
        (found,) = self.together()([self], [sample], index, count, is_owner)
        return found[self.name]

    def finalize(self, sums: dict, sample: Sample) -> dict:
        """The fields, from the sums `{name: scalar}` over all replicas."""
        return sums

    def caution(self, values: Mapping[str, float]) -> str | None:
        """What a user should hear of the values of its fields; mostly None."""
        return None

    def together(self) -> Callable:
        """How several measures of this sort are computed at once.

        Returns:
            `(measures, samples, index, count, is_owner)` to the partial sums
            `{measure: {name: scalar}}` for each sample of one Z.
        """
        return owned_partials

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


def owned_partials(
    measures: Sequence[Measure],
    samples: Sequence[Sample],
    index: Tensor,
    count: int,
    is_owner: Tensor,
) -> list[dict]:
    """Whole measures, by the replica that owns them; see `together`."""
    return by_owner(
        is_owner,
        measures,
        samples,
        lambda samples: [
            {m.name: m.compute(s) for m in measures if m.fields_of(s)}
            for s in samples
        ],
    )


def by_owner(
    is_owner: Tensor,
    measures: Sequence[Measure],
    samples: Sequence[Sample],
    compute: Callable,
) -> list[dict]:
    """`compute(samples)` on the owner, and zeros in that form elsewhere.

    Args:
        is_owner: Boolean tensor, or None for true.
        measures, samples: Whose fields are computed.
        compute: To `{measure: {field: scalar}}` for each sample.
    """

    def fields(values):
        # As float32 in their order: branches agree.
        return [
            {
                m.name: {
                    field: ops.cast(values(place, m.name, field), "float32")
                    for field in m.fields_of(sample)
                }
                for m in measures
            }
            for place, sample in enumerate(samples)
        ]

    def computed(samples=samples):
        found = compute(samples)
        return fields(lambda place, name, field: found[place][name][field])

    zeros = fields(lambda *key: 0.0)
    if is_owner is None or not any(
        values for found in zeros for values in found.values()
    ):
        return computed()
    # Tensors of a branch must not stay in what samples keep for others.
    return ops.cond(
        is_owner,
        lambda: computed(type(samples[0]).copies(samples)),
        lambda: zeros,
    )
