"""One training that is watched, from its first batch to its last."""

from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from time import perf_counter
from typing import Any, Literal
import warnings

from keras_ib import schedules
from keras_ib import taps as taps_module
from keras_ib.clock import Clock
from keras_ib.collecting import Collecting
from keras_ib.logs.jsonl import JSONLines, NullWriter
from keras_ib.notices import warn
from keras_ib.progress import Progress
from keras_ib.runtime import backend

State = Literal["collecting", "ready", "closed"]


class Watch:
    """When `InfoPlane` measures in one `fit`.

    It is *collecting* until it has probe data, then *ready*, and *closed*
    when the training is over or nothing can be measured. All that it changes
    in the user's objects is undone by `close`.

    Args:
        plane: The `InfoPlane`, whose model is about to train.

    Raises:
        ValueError: If an argument of the callback does not fit the model or
            its data.
    """

    def __init__(self, plane: Any):
        self._plane = plane
        self._model = plane.model
        self._state: State = "ready"
        self._clock: Clock | None = None
        self._run: JSONLines | NullWriter = NullWriter()
        self._epoch = 0
        self._measured: set[int] = set()
        self._told: set[str] = set()
        self._first_epoch: int | None = None
        self._progress = self._make_progress()
        self._averages_wait = None
        self._changes = ExitStack()
        self._collecting: Collecting | None = None
        # A training loop of the user's own may have no History.
        history = getattr(self._model, "history", None)
        if history is not None:
            latest = plane.keras_logs.latest
            self._changes.callback(_hide_from_progress_bar(history, latest))
        self._recorder = plane.recorder
        if not self._goes_on() and plane.data is not None:
            probes = plane.draw(plane.data, self._model)
            self._recorder = plane.prepare(self._watched(), probes)
        elif self._is_known():
            # Layers may have been frozen or replaced since.
            self._recorder = plane.prepare(
                self._recorder.model, self._recorder.probes
            )
        else:
            self._collect()

    def _watched(self):
        return self._plane.watched or self._model

    def _is_known(self):
        """Whether there are probe data of this model."""
        parts = [self._watched(), *getattr(self._model, "layers", ())]
        return self._recorder is not None and any(
            self._recorder.model is part for part in parts
        )

    def _goes_on(self):
        return self._is_known() and Clock(self._model).step > 0

    def _collect(self):
        plane, model = self._plane, self._watched()
        if model.built and plane.taps != "auto":
            # What was asked for by name is looked at before any training.
            taps_module.select(model, plane.taps)
        self._collecting = Collecting(
            self._model, plane.watched, plane.probe_size * plane.draws
        )
        self._changes.callback(self._collecting.end)
        self._state = "collecting"

    def _make_progress(self):
        """Who says what was measured; None if nobody does."""
        if not self._plane.verbose or not backend.is_chief(self._model):
            return None
        has_bar = self._params().get("verbose") == 1
        return Progress(self._plane.schedule, "\n" if has_bar else "")

    def begin_epoch(self, epoch: int) -> None:
        """Says that an epoch begins."""
        self._epoch = epoch
        if self._first_epoch is None:
            self._first_epoch = epoch
        if self._clock is not None:
            self._clock.begin_epoch(epoch, self._num_batches())

    def before_batch(self) -> None:
        """Makes ready for a batch, and for a training at its first.

        Raises:
            ValueError: If `log_dir` holds another run, or cannot be written.
        """
        if self._clock is None:
            self._begin()
        if self._collecting is not None:
            self._collecting.listen()

    def _begin(self, is_end=False):
        """Opens the log and looks at the start, which may be the end."""
        self._clock = Clock(self._model)
        step = self._clock.step
        is_due = step == 0 or self._plane.schedule.next(step - 1) == step
        run = self._run = self._plane.claim(self._model, step)
        self._changes.callback(run.close)
        if self._state == "ready":
            self._plane.open(self._recorder, self._model, step, run)
            self._measured |= run.measured
            self._clock.begin_epoch(self._epoch, self._num_batches(), run.epoch)
            # Measured whether it is due or not, by all processes alike.
            is_new = (is_due or is_end) and step not in self._measured
            self._record(step, self._clock.epoch, write=is_new)
        else:
            self._clock.begin_epoch(self._epoch, self._num_batches())
            if is_due:
                self._measure()

    def after_batch(self, batch: int) -> None:
        """Measures if a step is due."""
        if self._clock is not None:
            self._safely(self._after_batch, batch)

    def after_epoch(self) -> None:
        """Measures if the epoch, or the training, ends with a measurement."""
        if self._clock is not None:
            self._safely(self._after_epoch)

    def after_training(self) -> None:
        """Measures the last step, if nothing has yet."""
        self._safely(self._after_training)

    def close(self) -> None:
        """Undoes what was changed in the user's objects."""
        self._state = "closed"
        self._changes.close()

    def _after_batch(self, batch):
        before = self._clock.step
        self._clock.advance(batch + 1)
        if self._collecting is not None and self._collecting.is_full():
            self._finish_collecting()
        is_last = batch + 1 == self._num_batches()
        if self._plane.schedule.next(before) <= self._clock.step:
            self._measure()
        elif is_last and self._is_due_after_epoch():
            # Before a callback swaps the weights, to validate others.
            self._measure()

    def _after_epoch(self):
        self._clock.end_epoch()
        if self._collecting is not None:
            # From now on the samples would come a second time.
            self._finish_collecting()
        if self._is_due_after_epoch() or self._model.stop_training:
            self._measure()
        elif getattr(self._model.optimizer, "use_ema", False):
            # Keras puts the averages in place before on_train_end.
            self._averages_wait = backend.snapshot(self._model)

    def _is_due_after_epoch(self):
        is_last = self._epoch + 1 == self._params().get("epochs")
        return is_last or isinstance(self._plane.schedule, schedules.Epoch)

    def _after_training(self):
        if self._clock is None:
            if self._state == "ready":  # A training of no epochs.
                self._epoch = self._params().get("epochs", 0)
                self._begin(is_end=True)
            return
        if self._collecting is not None:
            self._finish_collecting()
        with (
            nullcontext()
            if self._averages_wait is None
            else backend.restored(self._model, self._averages_wait)
        ):
            self._measure()

    def _measure(self):
        """Measures the model as it is, or keeps its weights for later."""
        step, epoch = self._clock.step, self._clock.epoch
        if step in self._measured:
            return
        self._measured.add(step)
        if self._collecting is not None:
            self._collecting.wait(step, epoch)
        elif self._state == "ready":
            self._record(step, epoch)

    def _record(self, step, epoch, write=True):
        backend.synchronise(self._model)
        start = perf_counter()
        rows = self._recorder.measure(step, epoch, write)
        self._plane.folders.reached(step)
        if self._progress is not None and write:
            seconds = perf_counter() - start
            values = self._plane.keras_logs.latest
            self._progress.say(step, seconds, *self._ends(), values)
        if write:
            self._measured.add(step)
        else:
            self._plane.keras_logs.write(rows)

    def _ends(self):
        """The last step of this training, and its epochs to end, or None."""
        epochs, num_batches = self._params().get("epochs"), self._num_batches()
        if epochs is None:
            return None, None
        whole = epochs - (self._first_epoch or 0)
        last = num_batches and self._clock.start + whole * num_batches
        return last, epochs - self._epoch

    def _finish_collecting(self):
        """Uses the collected samples as probe data, and catches up."""
        collected, self._collecting = self._collecting, None
        self._state = "closed"
        try:
            probes = self._draw(collected)
            self._recorder = self._plane.prepare(self._watched(), probes)
            self._plane.open(
                self._recorder, self._model, self._clock.start, self._run
            )
        except ValueError as error:
            warn(f"InfoPlane measures nothing: {error} The training goes on.")
            return
        finally:
            waiting = collected.waiting()
            collected.end()
        self._state = "ready"
        for step, epoch, state in waiting:
            with backend.restored(self._recorder.model, state):
                self._record(step, epoch)

    def _draw(self, collected):
        # Where warnings are errors, the first would end the drawing.
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            probes = self._plane.draw(
                collected.data(), self._model, is_prefix=True
            )
        for one in said:
            warn(str(one.message), one.category)
        return probes

    def _params(self):
        return self._plane.params or {}

    def _num_batches(self):
        return self._params().get("steps")

    def _safely(self, function: Callable, *arguments):
        """After the first step nothing of ours ends a training."""
        try:
            function(*arguments)
        except backend.WORKER_LOST_ERRORS:
            raise  # The training is over.
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            if message not in self._told:
                self._told.add(message)
                warn(
                    f"InfoPlane failed, and the training goes on: {message} "
                    "Please report it."
                )


def _hide_from_progress_bar(history, values):
    """Lets the History record `values` and takes them from the logs after it.

    The History is the last callback before the progress bar, which would
    print every number of every tap on its one line.

    Returns:
        What undoes it.
    """
    record = type(history).on_epoch_end

    def record_and_hide(epoch, logs=None):
        record(history, epoch, logs)
        for key in values:
            (logs or {}).pop(key, None)

    history.on_epoch_end = record_and_hide
    return lambda: vars(history).pop("on_epoch_end", None)
