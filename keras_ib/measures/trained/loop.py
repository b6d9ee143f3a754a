"""One loop that trains all networks of all taps.

Those of one measure at taps of one shape train side by side, as one batched
product, the others beside them.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from keras import ops

from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.trained.adam import adam_step

# Optimizer steps between two looks at the validation rows.
STEPS_A_LOOK = 20


class Rows(NamedTuple):
    """Some rows of one target at k taps of one shape.

    Attributes:
        z: `[k, b, ...]`, what the networks read.
        target: `[b, t]`, what they look for.
    """

    z: Tensor
    target: Tensor


class State(NamedTuple):
    """k networks in training: lists of arrays `[k, ...]` but for the last.

    Attributes:
        parameters, first, second: Weights and the moments of Adam.
        best: The weights that read the validation rows best.
        loss, step: `[k]`, their loss there and when they were reached.
    """

    parameters: list
    first: list
    second: list
    best: list
    loss: Tensor
    step: Tensor


class Group:
    """One network of a measure for one target at taps of one shape."""

    def __init__(
        self,
        measure: Any,
        target: str,
        network: Any,
        places: list,
        samples: list[Sample],
        rows: Rows,
    ):
        self.measure, self.target, self.network = measure, target, network
        self.places, self.samples, self.all = places, samples, rows
        num_fit = self.samples[0].num_fit
        self.num_train = num_fit - num_fit // 4
        self.validation = self.rows(ops.arange(self.num_train, num_fit))

    def rows(self, indices: Tensor) -> Rows:
        """The `Rows` of some indices."""
        return Rows(
            ops.take(self.all.z, indices, axis=1),
            ops.take(self.all.target, indices, axis=0),
        )

    def batch(self, step: Tensor) -> Rows:
        """Mini-batch of a step, cycling through the training split."""
        size = min(self.measure.batch_rows, self.num_train)
        return self.rows((step * size + ops.arange(size)) % self.num_train)

    def losses(self, parameters: Tensor, rows: Tensor) -> Tensor:
        outputs = self.network(parameters, rows)
        return self.measure.losses(outputs, rows, self.samples[0])

    def outputs(self, parameters: list) -> Tensor:
        """What the networks give for the held-out rows."""
        return self.measure.held_out(
            self.network, parameters, self.all, self.samples[0].num_fit
        )

    def is_active(self, step: Tensor, state: State) -> Tensor:
        """`[k]`: which networks have got better within their patience."""
        return step - state.step <= self.measure.patience * STEPS_A_LOOK

    def start(self) -> State:
        count = len(self.places)
        parameters = self.network.start(count)
        zeros = [ops.zeros_like(p) for p in parameters]
        loss = self.losses(parameters, self.validation)
        step = ops.zeros((count,), "int32")
        return State(parameters, zeros, zeros, parameters, loss, step)


def trained_outputs(
    measures: Sequence, samples_of_taps: Sequence[Sequence[Sample]]
) -> Iterator[tuple[int, dict]]:
    """Trains as `train` does, and stops at every budget.

    Yields:
        The budget, and what the best states up to there give for the held-out
        rows: `{(training, place): {target: (output, steps)}}`.
    """
    groups = [
        Group(measure, target, network, places, samples, rows)
        for measure in {m.training: m for m in measures}.values()
        for target in measure.targets
        for places, samples in _groups(measure, target, samples_of_taps)
        # Once for all networks: making them may take a sort of each column.
        for rows in [_rows(measure, target, samples)]
        for network in measure.networks(samples[0], target)
    ]
    if not groups:
        return
    gradient = samples_of_taps[0][0].operations.gradient
    states = [group.start() for group in groups]
    step = ops.convert_to_tensor(0, "int32")
    for limit in sorted({step for m in measures for step in m.budget}):
        step, states = _train(groups, step, states, limit, gradient)
        yield limit, _outputs(groups, states)


def _groups(measure, target, samples_of_taps):
    """Places and samples, those of one target and one shape of Z together."""
    groups, place = {}, 0
    for samples in samples_of_taps:
        for number, sample in enumerate(samples):
            if target in measure.targets_of(sample):
                key = number, sample.z_shape
                places, found = groups.setdefault(key, ([], []))
                places.append(place)
                found.append(sample)
            place += 1
    return list(groups.values())


def _rows(measure, target, samples):
    return Rows(
        ops.stack([measure.z_rows(sample) for sample in samples]),
        measure.target_rows(samples[0], target),
    )


def _outputs(groups, states):
    """`{(training, place): {target: (output, steps)}}` on held-out rows.

    Of several networks that of the least loss on the validation rows.
    """
    found = {}
    for group, state in zip(groups, states, strict=True):
        outputs = group.outputs(state.best)
        for k, place in enumerate(group.places):
            key = group.measure.training, place, group.target
            new = state.loss[k], outputs[k], state.step[k]
            old = found.get(key)
            found[key] = new if old is None else _better(new, old)
    chosen = {}
    for (training, place, target), (_, *best) in found.items():
        chosen.setdefault((training, place), {})[target] = tuple(best)
    return chosen


def _better(new, old):
    """The one of the lower loss, which comes first in both."""
    is_better = new[0] < old[0]
    return tuple(
        ops.where(is_better, a, b) for a, b in zip(new, old, strict=True)
    )


def _train(groups, step, states, limit, gradient):
    """Goes on until `limit` steps are done or no network gets better."""

    def unfinished(step, states):
        active = [
            ops.any(group.is_active(step, state))
            for group, state in zip(groups, states, strict=True)
        ]
        return ops.logical_and(step < limit, ops.any(ops.stack(active)))

    def advance(step, states):
        return step + STEPS_A_LOOK, [
            ops.cond(
                ops.any(group.is_active(step, state)),
                partial(_go_on, group, state, step, gradient),
                lambda state=state: state,
            )
            for group, state in zip(groups, states, strict=True)
        ]

    return ops.while_loop(unfinished, advance, (step, states))


def _go_on(group, state, step, gradient):
    """Steps up to the next look at the validation rows, and the look."""

    def descend(i, state):
        batch = group.batch(step + i)
        # Networks share no parameter: the gradient of the sum is that of
        # each.
        slopes = gradient(
            lambda parameters: ops.sum(group.losses(parameters, batch)),
            state.parameters,
        )
        return adam_step(
            state,
            slopes,
            step + i + 1,
            group.measure.learning_rate,
            group.measure.weight_decay,
        )

    state = ops.fori_loop(0, STEPS_A_LOOK, descend, state)
    return _look(group, state, step + STEPS_A_LOOK)


def _look(group, state, step):
    """Keeps the states that read the validation rows best so far."""
    loss = group.losses(state.parameters, group.validation)
    is_active = group.is_active(step, state)
    better = ops.logical_and(loss < state.loss, is_active)

    def chosen(new, old):
        shape = (-1,) + (1,) * (len(new.shape) - 1)
        return ops.where(ops.reshape(better, shape), new, old)

    best = [
        chosen(new, old)
        for new, old in zip(state.parameters, state.best, strict=True)
    ]
    return state._replace(
        best=best,
        loss=ops.where(better, loss, state.loss),
        step=ops.where(better, step, state.step),
    )
