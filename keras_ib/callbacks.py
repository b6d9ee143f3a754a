"""InfoPlane: when to measure. What is measured is the recorder's."""

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

import keras

from keras_ib import measures as measures_module
from keras_ib import probe as probe_module
from keras_ib import schedules
from keras_ib import taps as taps_module
from keras_ib.clock import Clock
from keras_ib.collecting import Collecting
from keras_ib.logs.folders import Folders
from keras_ib.logs.jsonl import JSONLines, NullWriter
from keras_ib.logs.keras_logs import KerasLogs
from keras_ib.logs.notices import warn
from keras_ib.logs.run import RunLog
from keras_ib.logs.writer import Row, Writer
from keras_ib.measures import Measure
from keras_ib.recorder import Recorder
from keras_ib.runtime import backend
from keras_ib.taps import symbol_inputs

State = Literal["closed", "collecting", "ready"]


class InfoPlane(keras.callbacks.Callback):
    """Watches how information about X and Y moves through the layers.

    Passes fixed probe data through the model at the scheduled optimizer
    steps, in inference mode, measures what each tap holds of the input and of
    the target, and appends the numbers to a run folder. The weights that the
    training ends with are those it would end with without the callback, in
    every bit.

        plane = keras_ib.InfoPlane()
        model.fit(x, y, epochs=10, callbacks=[plane])
        keras_ib.plotting.plane(plane.log, path="plane.png")

    It never ends a training. After the first step it raises nothing: what it
    cannot measure it leaves out, with one warning and an entry `left_out` in
    `config.json`.

    The latest numbers are also in Keras' `logs` at the end of every epoch,
    named as `zx_fvu/block_02`, for callbacks that come later in the list
    (EarlyStopping, CSVLogger, TensorBoard) and for the History; the progress
    bar does not show them.

    On several devices or machines, under whatever strategy the model was
    built, they share the measuring, and of several machines the chief alone
    writes the run folder.

    In a training loop of your own call `measure`:

        plane = keras_ib.InfoPlane((x, y))
        for step in range(1000):
            if step % 100 == 0:
                plane.measure(model, step=step)
            ...

    Cost: a forward pass of the probe samples and, for the default measures,
    one eigendecomposition of order `probe_size / 2` for each tap; see the
    measures. Memory: the outputs of a group of taps for the probe samples, at
    most `memory_limit`.

    Args:
        data: The probe data: `(x, y)` in any form that `fit` takes, or
            several sets by name, as `{"train": (x, y), "test": (x, y)}`.
            Without it the first samples of the training that go by are kept
            and used. Until enough are seen the weights at the scheduled steps
            are kept too, so that step 0 is measured all the same; with `data`
            this memory is not needed, and the probe data do not depend on the
            order of the training.
        model: The model or layer to watch, where it is not the one that
            trains: the encoder of a VAE, the discriminator of a GAN. It takes
            the x of the probe data.
        measures: Names or objects of measures; `keras_ib.measures.MEASURES`
            has all names. `"plane"` is Z-X and Z-Y.
        target: What kind of target y is: `"auto"`, `"classes"`, `"values"`,
            `"labels"` (several labels a sample), `"none"`, a function of y,
            or a dict of these by output.
        taps: `"auto"`, or names, patterns or layers: see
            `keras_ib.taps.select`.
        schedule: `"log"` (two steps an octave), `"epoch"`, an interval in
            steps, or a list of steps. Step 0 and the last step are always
            measured.
        probe_size: Samples drawn from `data`, or kept of the training. Half
            of them fit the decoders, half are held out to evaluate them on.
            Where there are fewer, all are taken, and the log says how many.
        draws: How many times `probe_size` samples are drawn from each probe
            set, no sample twice, as sets `train`, `train#2`, ... Two or more
            show the noise of the numbers, without which
            `keras_ib.phases.find` does not name the phases of one run. Costs
            as many measurements.
        groups: `[n]`, which samples of `data` belong together, such as those
            of one patient: they are on one side of the split.
        split: `"random"`, or `"blocks"` for samples in time: the first half
            fits the decoders.
        log_dir: The run folder; `runs/info_plane-<date>-<time>` by default. A
            training that begins at step 0 needs a new one; a training that
            goes on (a second `fit`, a loaded checkpoint) continues the log.
            The same callback in another training takes `<log_dir>-2`, ...
        writers: More places for the numbers, each a `keras_ib.logs.Writer`.
            `KerasLogs("all")` puts every field into Keras' logs.
        memory_limit: Bytes that the activations of taps may take at a time;
            1 GB or a quarter of what is free, whichever is less, by default.
        seed: Seed for drawing the probe samples.

    Attributes:
        log_dir: The run folder, known once the training has begun.
        log: What was measured so far, a `RunLog` read from the folder.
        logs: The logs of all trainings that this callback has watched.

    Raises:
        ValueError: From the constructor, or from `fit` before its first step,
            if an argument does not fit the model or the data.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        model: Any = None,
        measures: str | Measure | Sequence = "plane",
        target: Any = "auto",
        taps: Any = "auto",
        schedule: Any = "log",
        probe_size: int = 2048,
        draws: int = 1,
        groups: Any = None,
        split: Literal["random", "blocks"] = "random",
        log_dir: str | Path | None = None,
        writers: Sequence[Writer] = (),
        memory_limit: int | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.measures = measures_module.get(measures)
        self.schedule = schedules.get(schedule)
        probe_module.check_size(probe_size, draws)
        self.data = data
        self.watched = model
        self.target = target
        self.taps = taps
        self.probe_size = probe_size
        self.draws = draws
        self.groups = groups
        self.split = split
        self.writers = list(writers)
        self.memory_limit = memory_limit
        self.seed = seed
        self.log_dir = None if log_dir is None else Path(log_dir)
        self._folders = Folders(self.log_dir)
        self._keras_logs = next(
            (w for w in self.writers if isinstance(w, KerasLogs)), KerasLogs()
        )
        self._state: State = "closed"
        self._changes = ExitStack()
        self._after_fit = ExitStack()
        self._recorder: Recorder | None = None
        self._clock: Clock | None = None
        self._epoch = 0
        self._measured: set[int] = set()
        self._told: set[str] = set()

    @property
    def log(self) -> RunLog:
        """What was measured so far."""
        if self.log_dir is None:
            raise ValueError(
                "InfoPlane has no log yet: the log begins with the training. "
                "Call model.fit(..., callbacks=[plane]) first."
            )
        return RunLog(self.log_dir)

    @property
    def logs(self) -> list[RunLog]:
        """The logs of all trainings that this callback has watched."""
        return [RunLog(folder) for folder in self._folders.used]

    def measure(
        self, model: Any = None, *, step: int, epoch: float | None = None
    ) -> list[Row]:
        """Measures now, in a training loop of your own.

        Args:
            model: The model to watch; `model=` of the constructor where left
                out.
            step: The step of the weights.
            epoch: Their epoch, if there are epochs.

        Returns:
            The rows of the log: `step`, `epoch`, `data`, `tap`, `target`,
            `measure`, `field`, `value`.

        Raises:
            ValueError: If there is no `data`, or it does not fit the model.
        """
        model = self.watched or model or self.model
        if self.data is None or model is None:
            raise ValueError(
                "InfoPlane.measure needs a model and probe data. Received: "
                f"model={model!r}, data={self.data!r}. Give "
                "InfoPlane(data=(x, y)) and measure(model, step=...)."
            )
        if self._recorder is None or self._recorder.model is not model:
            self._recorder = self._recorder_of(
                model, self._draw(self.data, model)
            )
            self._open(model, step)
        return self._recorder.measure(step, epoch)

    def on_train_begin(self, logs=None):
        self._close()  # What a fit that failed has left.
        backend.check_training(self.model)
        self._folders.check()
        self._clock = self._last = None
        self._show_in_history()
        is_known = self._recorder is not None and self._is_watching(self.model)
        if self.data is not None:
            if not is_known or Clock(self.model).step == 0:
                self._recorder = self._recorder_of(
                    self.watched or self.model,
                    self._draw(self.data, self.model),
                )
            self._state = "ready"
        elif is_known:
            self._recorder = self._recorder_of(
                self._recorder.model, self._recorder.probes
            )
            self._state = "ready"
        else:
            self._check_taps()
            self._collecting = Collecting(
                self.model, self.watched, self.probe_size * self.draws
            )
            self._changes.callback(self._collecting.end)
            self._state = "collecting"

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        if self._clock is not None:
            self._clock.begin_epoch(epoch, self._num_batches())

    def on_train_batch_begin(self, batch, logs=None):
        # Not before: a later callback may have restored another state.
        if self._clock is None and self._state != "closed":
            self._begin()

    def on_train_batch_end(self, batch, logs=None):
        self._safely(self._after_batch, batch)

    def on_epoch_end(self, epoch, logs=None):
        self._safely(self._after_epoch)
        if logs is not None:
            logs.update(self._keras_logs.latest)

    def on_train_end(self, logs=None):
        self._safely(self._after_training)
        self._close()

    def _begin(self):
        """Looks at the state that training begins from, and opens the log."""
        self._clock = Clock(self.model)
        step = self._clock.step
        self._measured = set()
        if self._state == "ready":
            known = self._open(self.model, step)
            self._clock.begin_epoch(self._epoch, self._num_batches(), known)
            # Measured whether it is due or not, by all processes alike.
            is_new = self._is_due(step) and step not in self._measured
            self._record(step, self._clock.epoch, write=is_new)
        else:
            self._choose_folder(self.model, step)
            self._clock.begin_epoch(self._epoch, self._num_batches())
            if self._is_due(step):
                self._measure()

    def _is_due(self, step):
        return step == 0 or self.schedule.next(step - 1) == step

    def _after_batch(self, batch):
        before = self._clock.step
        self._clock.advance(batch + 1)
        if self._state == "collecting" and self._collecting.is_full():
            self._finish_collecting()
        is_last = batch + 1 == self._num_batches()
        if self.schedule.next(before) <= self._clock.step:
            self._measure()
        elif is_last and self._is_due_after_epoch():
            # Before a callback swaps the weights, to validate others.
            self._measure()

    def _after_epoch(self):
        self._clock.end_epoch()
        if self._state == "collecting":
            # From now on the samples would come a second time.
            self._finish_collecting()
        if self._is_due_after_epoch() or self.model.stop_training:
            self._measure()
        elif getattr(self.model.optimizer, "use_ema", False):
            # Keras puts the averages in place before on_train_end.
            self._last = backend.snapshot(self.model)

    def _is_due_after_epoch(self):
        is_last = self._epoch + 1 == (self.params or {}).get("epochs")
        return is_last or isinstance(self.schedule, schedules.Epoch)

    def _after_training(self):
        if self._clock is None:
            if self._state == "ready":  # A training of no epochs.
                self._begin()
            return
        if self._state == "collecting":
            self._finish_collecting()
        with (
            nullcontext()
            if self._last is None
            else backend.restored(self.model, self._last)
        ):
            self._measure()

    def _measure(self):
        """Measures the model as it is, or keeps its weights for later."""
        step, epoch = self._clock.step, self._clock.epoch
        if step in self._measured:
            return
        self._measured.add(step)
        if self._state == "collecting":
            self._collecting.wait(step, epoch)
        elif self._state == "ready":
            self._record(step, epoch)

    def _record(self, step, epoch, write=True):
        backend.synchronise(self.model)
        rows = self._recorder.measure(step, epoch, write)
        self._folders.reached(step)
        if write:
            self._measured.add(step)
        else:
            self._keras_logs.write(rows)

    def _finish_collecting(self):
        """Uses the collected samples as probe data, and catches up."""
        waiting = self._collecting.waiting()
        data = self._collecting.data()
        self._state = "closed"
        self._changes.close()
        try:
            probes = self._draw(data, self.model, is_prefix=True)
            self._recorder = self._recorder_of(
                self.watched or self.model, probes
            )
            self._open(self.model, self._clock.start)
        except ValueError as error:
            warn(f"InfoPlane measures nothing: {error} The training goes on.")
            return
        self._state = "ready"
        for step, epoch, state in waiting:
            with backend.restored(self._recorder.model, state):
                self._record(step, epoch)

    def _draw(self, data, model, **more):
        return probe_module.draw_all(
            data,
            target=self.target,
            loss=getattr(model, "loss", None),
            size=self.probe_size,
            seed=self.seed,
            draws=self.draws,
            groups=self.groups,
            split=self.split,
            output_names=getattr(model, "output_names", None),
            symbols=symbol_inputs(self.watched or model),
            **more,
        )

    def _recorder_of(self, model, probes):
        make = partial(
            Recorder,
            probes=probes,
            measures=self.measures,
            taps=self.taps,
            memory_limit=self.memory_limit,
        )
        try:
            return make(model)
        except ValueError:
            if self.watched is not None or self.taps != "auto":
                raise
            found = _first_that_works(make, model)
            if found is None:
                raise
        warn(
            f"The model {model.name!r} cannot be called on the probe data; "
            f"its part {found.model.name!r} is watched. Give model= for "
            "another part."
        )
        return found

    def _is_watching(self, model):
        return self._recorder.model in (
            self.watched or model,
            *(layer for layer in getattr(model, "layers", ())),
        )

    def _check_taps(self):
        model = self.watched or self.model
        if model.built and self.taps != "auto":
            taps_module.select(model, self.taps)

    def _choose_folder(self, model, step):
        self.log_dir = self._folders.choose(
            model, step, backend.is_chief(model)
        )

    def _open(self, model, step):
        """Opens the writers; returns the epoch that the log has reached."""
        self._choose_folder(model, step)
        writers = [w for w in self.writers if w is not self._keras_logs]
        run = JSONLines(self.log_dir)
        if not backend.is_chief(model):
            writers, run = [], NullWriter()
        self._recorder.open(
            step,
            [run, self._keras_logs, *writers],
            {
                "schedule": repr(self.schedule),
                "seed": self.seed,
                "steps": "updates",
            },
        )
        self._measured |= run.measured
        return run.epoch

    def _num_batches(self):
        return (self.params or {}).get("steps")

    def _safely(self, function, *arguments):
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

    def _show_in_history(self):
        # A training loop of the user's own may have no History.
        history = getattr(self.model, "history", None)
        if history is not None:
            undo = _hide_from_progress_bar(history, self._keras_logs.latest)
            self._after_fit.callback(undo)

    def _close(self):
        """Undoes what was changed in the user's objects; ends the run."""
        self._changes.close()
        self._after_fit.close()
        if self._recorder is not None:
            self._recorder.close()
        self._state = "closed"


def _first_that_works(make, model):
    """The recorder of the first part that takes the probe data, or None."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            with suppress(ValueError):
                return make(layer)
    return None


def _hide_from_progress_bar(history, values):
    """Lets the History record `values` and takes them from the logs after it.

    The History is the last callback before the progress bar, which would
    print every number of every tap on its one line.
    """
    record = type(history).on_epoch_end

    def record_and_hide(epoch, logs=None):
        record(history, epoch, logs)
        for key in values:
            (logs or {}).pop(key, None)

    history.on_epoch_end = record_and_hide
    return lambda: vars(history).pop("on_epoch_end", None)
