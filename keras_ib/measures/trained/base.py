"""Measures that train networks, anew at every measurement."""

from keras import ops

from keras_ib.measures.base import Field, Measure
from keras_ib.measures.trained.loop import STEPS_A_LOOK, trained_outputs


class Trained(Measure):
    """Base of the measures that train networks on the fit rows.

    A subclass says which networks it has, what they lose, and what their
    outputs mean; `learn` does the rest: Adam on batches of three quarters of
    the fit rows, until the last quarter has not been read better for 100 steps
    or the budget is spent. The state that read them best counts. Weights and
    batches begin alike at every measurement, so that a change of the number is
    a change of Z.

    Attributes:
        targets: What networks relate Z to: `"x"`, `"y"`, one network each.
        learning_curve: The fields that are also read after each smaller budget.
        budget: Optimizer steps, a tuple of ascending numbers. A sweep costs
            what its last number does.
        batch_rows: Rows of a batch.
    """

    budget: tuple[int, ...] | None
    targets: tuple[str, ...] = ()
    learning_curve: tuple[str, ...] = ()
    batch_rows = 128
    # False where the arguments of a measure make it train nothing.
    trains = True

    @property
    def training(self):
        """What is trained: networks of equal `training` are the same ones."""
        return self.name

    def network(self, sample, target):
        """What `start(count)`s parameters and takes them, with rows."""
        raise NotImplementedError

    def losses(self, outputs, rows):
        """Losses `[k]` of the outputs for the `Rows` of k networks."""
        raise NotImplementedError

    def from_outputs(self, outputs, sample) -> dict:
        """Fields, from `{target: output}` for the held-out rows."""
        raise NotImplementedError

    def compute(self, sample):
        return learn([self], [sample])[0][self.name]

    def trained_fields(self, fields) -> dict:
        """The fields, with those of the training and of the sweep, if any."""
        if not self.trains:
            return fields
        steps = Field(
            f"steps to the best state, {self.name}", "steps", "estimate", "fit"
        )
        learning_curve = {
            f"{name}_at_{budget}": fields[name]
            for budget in self.budget[:-1]
            for name in self.learning_curve
        }
        return {**fields, "steps": steps, **learning_curve}


def budgets(budget) -> tuple[int, ...]:
    """A training budget as ascending numbers of optimizer steps.

    Raises:
        ValueError: If it is none.
    """
    steps = (budget,) if isinstance(budget, int) else tuple(budget)
    whole = all(isinstance(s, int) and s % STEPS_A_LOOK == 0 for s in steps)
    if not steps or not whole or [0, *steps] != sorted({0, *steps}):
        raise ValueError(
            f"budget={budget!r} is no training budget: give a number of "
            f"optimizer steps, a multiple of {STEPS_A_LOOK}, or several in "
            "ascending order, such as (100, 400, 1600)."
        )
    return steps


def learn(measures, samples) -> list[dict]:
    """Trains all networks of several measures at several taps together.

    Args:
        measures: Sequence of `Trained`.
        samples: One `Sample` for each tap, of the same rows.

    Returns:
        `{measure: {field: scalar}}` for each sample.
    """
    found = [{m.name: {} for m in measures} for _ in samples]
    for limit, outputs in trained_outputs(measures, samples):
        for measure in measures:
            if limit in measure.budget:
                for place, sample in enumerate(samples):
                    found[place][measure.name] |= _fields(
                        measure, sample, outputs[measure.training, place], limit
                    )
    return found


def _fields(measure, sample, outputs, limit):
    values = measure.from_outputs(
        {target: output for target, (output, _) in outputs.items()}, sample
    )
    if limit < measure.budget[-1]:
        return {f"{name}_at_{limit}": values[name] for name in measure.learning_curve}
    steps = ops.stack([step for _, step in outputs.values()])
    return values | {"steps": ops.cast(ops.max(steps), "float32")}
