"""InfoPlane: when to measure, and where the numbers go. No mathematics."""

from collections.abc import Sequence
from datetime import datetime
import math
from pathlib import Path
import warnings

import keras

from keras_ib import measures as measures_module
from keras_ib import probe as probe_module
from keras_ib import runtime, schedules
from keras_ib.logs.jsonl import RunLogWriter, SilentWriter, check_unused
from keras_ib.logs.run import RunLog
from keras_ib.recorder import Plan


class InfoPlane(keras.callbacks.Callback):
    """Watches how information about X and Y moves through the layers.

    Passes fixed probe data through the model at the scheduled optimizer
    steps, in inference mode, measures what each tap holds of the input and of
    the label, and appends the numbers to a run folder. The weights that the
    training ends with are those it would end with without the callback, in
    every bit.

        plane = keras_ib.InfoPlane()
        model.fit(x, y, epochs=10, callbacks=[plane])
        keras_ib.plotting.plane(plane.log, path="plane.png")

    The latest numbers are also in Keras' `logs` at the end of every epoch,
    named as `zx_fvu/block_02`, for callbacks that come later in the list
    (EarlyStopping, CSVLogger, TensorBoard) and for the History; the progress
    bar does not show them.

    On several devices or machines, under whatever strategy the model was
    built, they share the measuring, and of several machines the chief alone
    writes the run folder.

    Cost: a forward pass of the probe rows and, for the default measures, one
    eigendecomposition of order `probe_size / 2` for each tap; see the
    measures. Memory: the outputs of all taps for the probe rows.

    Args:
        data: The probe data `(x, y)` as arrays, or several sets by name, as
            `{"train": (x, y), "test": (x, y)}`. Without it the first rows of
            the training that go by are kept and used. Until enough are seen
            the weights at the scheduled steps are kept too, so that step 0
            is measured all the same; with `data` this memory is not needed,
            and the probe data do not depend on the order of the training.
        measures: Names or objects of measures; `keras_ib.measures.MEASURES`
            has all names.
        taps: `"auto"`, or names, patterns or layers: see
            `keras_ib.taps.select`.
        schedule: `"log"` (two steps an octave), `"epoch"`, an interval in
            steps, or a list of steps. Step 0 and the last step are always
            measured.
        probe_size: Rows drawn from `data`, or kept of the training. Half of
            them fit the decoders, half are held out to read them on. Where
            there are fewer, all are taken, and the log says how many.
        draws: How many times `probe_size` rows are drawn from each probe
            set, no row twice, as sets `train`, `train#2`, ... Two or more
            show the noise of the numbers, without which
            `keras_ib.phases.find` does not name the phases of one run. Costs
            as many measurements.
        log_dir: The run folder; `runs/info_plane-<date>-<time>` by default. A
            training that begins at step 0 needs a new one; a training that
            goes on (a second `fit`, a loaded checkpoint) continues the log.
        seed: Seed for drawing the probe rows.

    Attributes:
        log_dir: The run folder, known once the training has begun.
        log: What was measured so far, a `RunLog` read from the folder.

    Raises:
        ValueError: From the constructor, or from `fit` before its first step,
            if an argument does not fit the model or the data. What is learned
            only from the training data that go by is reported as soon as they
            have.
    """

    def __init__(
        self,
        data=None,
        *,
        measures: Sequence = ("zx", "zy"),
        taps="auto",
        schedule="log",
        probe_size: int = 2048,
        draws: int = 1,
        log_dir: str | Path | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.measures = measures_module.get(measures)
        self.schedule = schedules.get(schedule)
        self.taps = taps
        probe_module.check_size(probe_size, draws)
        self.probe_size = probe_size
        self.draws = draws
        self.seed = seed
        self.log_dir = None if log_dir is None else Path(log_dir)
        self._probes = None if data is None else self._draw_all(data)
        self._plan = None
        self._writer = None
        self._collector = None
        self._latest = {}
        self._warned = set()

    @property
    def log(self) -> RunLog:
        return RunLog(self.log_dir)

    def set_model(self, model):
        super().set_model(model)
        if self._plan is not None and self._plan.model is not model:
            self._plan = self._writer = None
        if self._probes is None:
            needs_y = any("y" in m.needs for m in self.measures)
            self._collector = runtime.Collector(
                model, self.probe_size * self.draws, needs_y
            )

    def on_train_begin(self, logs=None):
        runtime.check_training(self.model)
        self._start_step = self._step = self._iterations()
        self._batches = 0
        self._epoch = 0.0
        self._waiting = []
        self._check_folder()
        self._latest.clear()
        # A training loop of the user's own may have no History.
        if getattr(self.model, "history", None) is not None:
            _hide_from_progress_bar(self.model.history, self._latest)
        step = self._step
        is_due = step == 0 or self.schedule.next(step - 1) == step
        if self._probes is not None:
            # Compiled and run whether it is due or not: whatever does not fit
            # shows now, before training time is spent.
            rows = self._prepared().measure()
            self._open_log()
            if is_due and step not in self._writer.measured:
                self._write(step, self._epoch, rows)
            else:
                self._remember(step, rows)
        elif is_due:
            self._measure()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = float(epoch)
        self._epochs_begun = epoch
        self._epoch_start = self._batches

    def on_train_batch_end(self, batch, logs=None):
        before = self._step
        self._count(batch + 1)
        if self._probes is None and self._collector.is_full():
            self._finish_collecting()
        if self.schedule.next(before) <= self._step:
            self._measure()

    def on_epoch_end(self, epoch, logs=None):
        self._epoch = float(epoch + 1)
        # From now on the rows would come a second time.
        if self._probes is None:
            self._finish_collecting()
        if isinstance(self.schedule, schedules.Epoch):
            self._measure()
        if logs is not None:
            logs.update(self._latest)

    def on_train_end(self, logs=None):
        if self._batches > 0:
            if self._probes is None:
                self._finish_collecting()
            self._measure()
        if self._collector is not None:
            self._collector.remove()
            self._collector = None

    def _count(self, batches):
        """Brings step and epoch up to date after `batches` of this epoch."""
        self._batches = self._epoch_start + batches
        if self.model.steps_per_execution > 1:
            # Keras counts a whole execution where an epoch ends within one.
            self._step = self._iterations()
        else:
            # Not read, since reading would wait for the device.
            optimizer = self.model.optimizer
            every = getattr(optimizer, "gradient_accumulation_steps", None)
            self._step = self._start_step + self._batches // (every or 1)
        num_batches = (self.params or {}).get("steps")
        if num_batches:
            done = min(1.0, batches / num_batches)
            self._epoch = self._epochs_begun + done

    def _iterations(self) -> int:
        """Optimizer steps that the model has made, read from the device."""
        runtime.synchronise(self.model)
        optimizer = self.model.optimizer
        if optimizer is None:
            return 0
        return int(keras.ops.convert_to_numpy(optimizer.iterations))

    def _check_folder(self):
        if self.log_dir is None:
            now = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            self.log_dir = Path("runs") / f"info_plane-{now}"
        if self._start_step == 0 and runtime.is_chief(self.model):
            check_unused(self.log_dir)

    def _draw_all(self, data):
        return probe_module.draw_all(
            data,
            size=self.probe_size,
            seed=self.seed,
            draws=self.draws,
        )

    def _finish_collecting(self):
        """Takes the rows that went by as the probe data, and catches up."""
        self._probes = self._draw_all(self._collector.rows())
        for step, epoch, state in self._waiting:
            with runtime.restored(self.model, state or self._collector.initial):
                rows = self._prepared().measure()
            self._open_log()
            self._write(step, epoch, rows)
        self._waiting = []

    def _prepared(self) -> Plan:
        """The compiled measurements of the model, made at the first use."""
        if self._plan is None:
            self._plan = Plan(
                self.model, self.taps, self.measures, self._probes
            )
        return self._plan

    def _open_log(self):
        if self._writer is None and not runtime.is_chief(self.model):
            self._writer = SilentWriter()
        elif self._writer is None:
            config = self._plan.get_config() | {
                "schedule": repr(self.schedule),
                "seed": self.seed,
            }
            self._writer = RunLogWriter(self.log_dir, config, self._start_step)

    def _measure(self):
        """Measures the model as it is, or keeps its weights for later."""
        if self._probes is not None:
            if self._step not in self._writer.measured:
                self._write(self._step, self._epoch, self._plan.measure())
        elif self.model.built:
            state = runtime.snapshot(self.model)
            self._waiting.append((self._step, self._epoch, state))
        else:
            self._waiting.append((self._step, self._epoch, None))

    def _write(self, step, epoch, rows):
        self._writer.append([{"step": step, "epoch": epoch} | r for r in rows])
        self._remember(step, rows)

    def _remember(self, step, rows):
        """Keeps the latest values for Keras' logs; warns of NaN among them."""
        for row in rows:
            self._latest[_log_key(row)] = row["value"]
            if not math.isfinite(row["value"]):
                self._warn(row["tap"], step)

    def _warn(self, tap, step):
        if tap not in self._warned:
            self._warned.add(tap)
            warnings.warn(
                f"The tap {tap!r} holds NaN or Inf at step {step}; its "
                "measures are NaN in the log. The training goes on.",
                stacklevel=2,
            )


def _log_key(row):
    data = "" if row["data"] == probe_module.UNNAMED else f"{row['data']}_"
    return f"{data}{row['measure']}_{row['field']}/{row['tap']}"


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
