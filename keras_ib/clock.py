"""At which optimizer step and which epoch a training is."""

from typing import Any

import keras


class Clock:
    """Optimizer steps and epochs of a running `fit`.

    Keras' own training step makes one update a batch, so batches are counted
    and nothing waits for the device. Where a training step is the user's own,
    the optimizers are asked after every batch; of several, the one that has
    made the most steps counts. Where none moves, batches are counted.

    Args:
        model: The model that trains.

    Attributes:
        start: The step at which this `fit` began.
        step: The step now.
        epoch: The epoch now, a float; of the whole run.
        counts: What a step is, `"updates"` or `"batches"`.
    """

    def __init__(self, model: Any):
        self._model = model
        self._optimizers = _optimizers(model)
        self._every = _accumulation(self._optimizers)
        self._asks = not _steps_once_a_batch(model, self._optimizers)
        self._first = self._read_raw()
        self._batches = 0
        self._batches_before = 0
        self._epoch_length: int | None = None
        self._offset = 0.0
        self._epochs_begun: float | None = None
        self.counts = "updates"
        self.start = self.step = self.read()
        self.epoch = 0.0

    def read(self) -> int:
        """Optimizer steps that the model has made, read from the device."""
        return max(map(self._iterations, self._optimizers), default=0)

    def begin_epoch(
        self, epoch: int, num_batches: int | None, known: float = 0.0
    ):
        """Says that an epoch begins.

        Args:
            epoch: Its number, as Keras counts.
            num_batches: Batches of an epoch, if Keras knows.
            known: The epoch that the run had reached before this `fit`, for
                the first one.
        """
        if self._epochs_begun is None:
            self._offset = max(0.0, known - epoch)
        self._epoch_length = num_batches or self._epoch_length
        self._epochs_begun = epoch + self._offset
        self.epoch = float(self._epochs_begun)
        self._batches_before = self._batches

    def advance(self, batches: int):
        """Brings step and epoch up to date after `batches` of this epoch."""
        self._batches = self._batches_before + batches
        if self._asks:
            self._ask()
        else:
            self.step = (self._first + self._batches) // self._every
        if self._epoch_length and self._epochs_begun is not None:
            done = min(1.0, batches / self._epoch_length)
            self.epoch = self._epochs_begun + done

    def end_epoch(self):
        """Says that an epoch is over."""
        self._epoch_length = self._batches - self._batches_before
        if self._epochs_begun is not None:
            self.epoch = float(self._epochs_begun + 1)

    def _ask(self):
        step = self.read()
        is_stopped = step == self.start and self._model.trainable_weights
        if self.counts == "batches" or (is_stopped and self._may_be_own()):
            self.counts = "batches"
            step = self.start + self._batches
        self.step = step

    def _may_be_own(self):
        """Whether updates may be made without an optimizer of Keras."""
        return not self._optimizers or (
            _has_own_step(self._model)
            and not any(_accumulates(o) for o in self._optimizers)
            and self._batches == 1
        )

    def _iterations(self, optimizer) -> int:
        return self._value(optimizer, optimizer.iterations)

    def _read_raw(self):
        if self._asks:
            return 0
        (optimizer,) = self._optimizers
        # With accumulation, `iterations` has lost the batches of a part.
        return self._value(optimizer, optimizer._iterations)

    def _value(self, optimizer, variable):
        # A running `fit` on JAX keeps its state apart from the variables.
        state = getattr(self._model, "_jax_state", None) or {}
        values = state.get("optimizer_variables")
        if values and optimizer is self._model.optimizer:
            places = {id(v): i for i, v in enumerate(optimizer.variables)}
            place = places.get(id(optimizer._iterations))
            if place is not None:
                count = int(values[place])
                every = optimizer.gradient_accumulation_steps or 1
                return count // every
        return int(keras.ops.convert_to_tensor(variable))


def _optimizers(model):
    """All optimizers of a model: of `compile`, and those it has beside it."""
    found = [getattr(model, "optimizer", None), *vars(model).values()]
    return list(
        {
            id(optimizer): optimizer
            for optimizer in found
            if isinstance(optimizer, keras.optimizers.Optimizer)
        }.values()
    )


def _accumulates(optimizer):
    return bool(getattr(optimizer, "gradient_accumulation_steps", None))


def _accumulation(optimizers):
    if len(optimizers) != 1:
        return 1
    return getattr(optimizers[0], "gradient_accumulation_steps", None) or 1


def _has_own_step(model):
    return type(model).train_step is not keras.Model.train_step


def _steps_once_a_batch(model, optimizers):
    """Whether every batch is one update, so that batches can be counted."""
    return (
        len(optimizers) == 1
        and not _has_own_step(model)
        # Keras counts a whole execution where an epoch ends within one.
        and getattr(model, "steps_per_execution", 1) == 1
        # It skips updates whose gradients are not finite.
        and not isinstance(optimizers[0], keras.optimizers.LossScaleOptimizer)
        and bool(model.trainable_weights or not model.built)
    )
