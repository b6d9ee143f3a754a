"""Measures that train networks, anew at every measurement."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field, Measure, by_owner
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.trained.loop import STEPS_A_LOOK, Rows, trained_outputs


class Trained(Measure):
    """Base of the measures that train networks on the fit samples.

    A subclass says which networks it has, what they lose, and what their
    outputs mean; `train` does the rest: Adam on batches of three quarters of
    the fit samples, until the loss on the last quarter has not fallen for
    `patience` looks or the budget is spent. The state of the least loss
    counts. Weights and batches begin alike at every measurement, so that a
    change of the number is a change of Z.

    Attributes:
        targets: What networks relate Z to: `"x"`, `"y"`, one network each.
        learning_curve: The fields that are also evaluated after each smaller
            budget.
        budget: Optimizer steps, a tuple of ascending numbers. A learning
            curve costs what its last number does.
        batch_rows: Samples of a batch.
        patience: Looks, one every 20 steps, without a lower loss after which
            a network is done.
        learning_rate, weight_decay: Of Adam.
    """

    budget: Any
    targets: Any = ()
    learning_curve: tuple[str, ...] = ()
    batch_rows: int = 128
    patience: int = 5
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    # False where the arguments of a measure make it train nothing.
    trains: Any = True

    @property
    def training(self) -> str:
        """What is trained: networks of equal `training` are the same ones."""
        return self.name

    def network(self, sample: Sample, target: str) -> Callable:
        """The network that relates Z to `"x"` or `"y"`.

        Returns:
            An object with `start(count)`, a list of parameters `[count,
            ...]`, which is called with them and `Rows` and returns outputs
            `[count, b, ...]`.
        """
        raise NotImplementedError

    def networks(self, sample: Sample, target: str) -> list:
        """The networks that are trained; that of the least loss counts."""
        return [self.network(sample, target)]

    def z_rows(self, sample: Sample) -> Tensor:
        """`[n, ...]`, what networks are given of Z."""
        return sample.scaled

    def held_out(
        self, network: Any, parameters: list, rows: Rows, num_fit: int
    ) -> Tensor:
        """Outputs `[k, m, ...]` for the held-out rows, of all `Rows`."""
        held_out = Rows(rows.z[:, num_fit:], rows.target[num_fit:])
        return network(parameters, held_out)

    def target_rows(self, sample: Sample, target: str) -> Tensor:
        """`[n, t]`, what a network is given as `"x"` or `"y"`."""
        return sample.target(target)

    def losses(self, outputs: Tensor, rows: Rows, sample: Sample) -> Tensor:
        """Losses `[k]` of k networks.

        Args:
            outputs: `[k, b, ...]`, of the networks.
            rows: Their `Rows`; `rows.target` is `[b, t]`.
            sample: A `Sample` of the same target, for its static attributes.
        """
        raise NotImplementedError

    def from_outputs(self, outputs: dict, sample: Sample) -> dict:
        """Fields, from what the networks give for the held-out samples.

        Args:
            outputs: `{target: [m, ...]}`.
            sample: The `Sample`.

        Returns:
            `{field: scalar}`, without those of the training.
        """
        raise NotImplementedError

    def compute(self, sample: Sample) -> dict:
        return train([self], [[sample]])[0][self.name]

    def together(self) -> Callable:
        return _trained_partials

    def targets_of(self, sample: Sample) -> list[str]:
        """Those of its `targets` that the sample has."""
        return [name for name in self.targets if name in sample.given]

    def trained_fields(self, fields: dict[str, Field]) -> dict[str, Field]:
        """The fields, with those of training and learning curve, if any."""
        if not self.trains or not fields:
            return fields
        of = self.targets[-1] if len(self.targets) == 1 else None
        steps = Field(
            f"steps to the best state, {self.name}",
            "steps",
            "estimate",
            "fit",
            needs=() if of is None else (of,),
        )
        learning_curve = {
            f"{name}_at_{budget}": fields[name]
            for budget in self.budget[:-1]
            for name in self.learning_curve
            if name in fields
        }
        return {**fields, "steps": steps, **learning_curve}


def budgets(budget: int | Sequence[int]) -> tuple[int, ...]:
    """A training budget as ascending numbers of optimizer steps.

    Raises:
        ValueError: If it is none.
    """
    several = budget if isinstance(budget, Iterable) else [budget]
    steps = tuple(
        checks.integer("budget", step)
        for step in checks.sequence("budget", several)
    )
    whole = all(step % STEPS_A_LOOK == 0 for step in steps)
    if not steps or not whole or [0, *steps] != sorted({0, *steps}):
        raise ValueError(
            "A budget is a number of optimizer steps, a multiple of "
            f"{STEPS_A_LOOK}, or several of them. Received: budget={budget!r}. "
            "Give for example 400, or several in ascending order, such as "
            "(100, 400, 1600)."
        )
    return steps


def train(
    measures: Sequence[Trained], samples_of_taps: Sequence[Sequence[Sample]]
) -> list[dict]:
    """Trains all networks of several measures at several taps together.

    Args:
        measures: Sequence of `Trained`.
        samples_of_taps: For each tap the `Sample` of each target.

    Returns:
        `{measure: {field: scalar}}` for each sample, tap by tap.
    """
    samples = [s for samples in samples_of_taps for s in samples]
    found: list[dict] = [{m.name: {} for m in measures} for _ in samples]
    for limit, outputs in trained_outputs(measures, samples_of_taps):
        for measure in measures:
            if limit in measure.budget:
                for place, sample in enumerate(samples):
                    got = outputs.get((measure.training, place))
                    if got:
                        found[place][measure.name] |= _fields(
                            measure, sample, got, limit
                        )
    return found


def _fields(measure, sample, outputs, limit):
    values = measure.from_outputs(
        {target: output for target, (output, _) in outputs.items()}, sample
    )
    if limit < measure.budget[-1]:
        return {
            f"{name}_at_{limit}": values[name]
            for name in measure.learning_curve
            if name in values
        }
    steps = ops.stack([step for _, step in outputs.values()])
    return values | {"steps": ops.cast(ops.max(steps), "float32")}


def trained_partials(
    measures: Sequence[Measure],
    samples_of_taps: Sequence[Sequence[Sample]],
    is_owner: Tensor = None,
) -> list[dict]:
    """The numbers of `train` by the replica that owns them; zeros elsewhere.

    Returns:
        `{measure: {field: scalar}}` for each sample, tap by tap.
    """
    sizes = [len(samples) for samples in samples_of_taps]

    def compute(samples):
        rest = iter(samples)
        return train(measures, [[next(rest) for _ in range(k)] for k in sizes])

    samples = [s for samples in samples_of_taps for s in samples]
    return by_owner(is_owner, measures, samples, compute)


def _trained_partials(measures, samples, index, count, is_owner):
    return trained_partials(measures, [samples], is_owner)
