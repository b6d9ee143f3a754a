"""InfoPlane: when to measure. What is measured is the recorder's."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

import keras

from keras_ib import checks, schedules
from keras_ib import measures as measures_module
from keras_ib import probe as probe_module
from keras_ib import taps as taps_module
from keras_ib.loggers import list_of, warn_of_order
from keras_ib.logs.folders import Folders
from keras_ib.logs.jsonl import JSONLines, NullWriter
from keras_ib.logs.keras_logs import KerasLogs
from keras_ib.logs.run import RunLog
from keras_ib.logs.writer import Row, Writer
from keras_ib.measures import Measure
from keras_ib.notices import warn
from keras_ib.plotting import live as live_module
from keras_ib.recorder import Recorder
from keras_ib.runtime import backend
from keras_ib.runtime.evaluator import check_null
from keras_ib.watch import Watch


class InfoPlane(keras.callbacks.Callback):
    """Watches how information about X and Y moves through the layers.

    Passes fixed probe data through the model at the scheduled optimizer
    steps, in inference mode, measures what each tap holds of the input and of
    the target, and appends the numbers to a run folder. The weights that the
    training ends with are those it would end with without the callback, in
    every bit.

    It never ends a training. After the first step it raises nothing: what it
    cannot measure it leaves out, with one warning and an entry `left_out` in
    `config.json`.

    The latest numbers are also in Keras' `logs` at the end of every epoch,
    named as `zx_fvu/block_02`, for callbacks that come later in the list
    (EarlyStopping, CSVLogger, TensorBoard) and for the History, and NaN after
    an epoch without a measurement; the progress bar does not show them. If a
    logger stands before it in the list, it warns.

    On several devices or machines, under whatever strategy the model was
    built, they share the measuring, and of several machines the chief alone
    writes the run folder.

    In a training loop of your own call `measure`.

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
            has all names of one tap, and `"similarity"` compares the taps
            with each other. `"plane"` is Z-X and Z-Y.
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
        writers: More places for the numbers, such as
            `keras_ib.writers.TensorBoard()`, or an object of your own with
            the methods of `keras_ib.writers.Writer`. One that fails is left
            out with a warning. `KerasLogs("all")` puts every field into
            Keras' logs.
        null: `"permuted"` adds to every field of information, `i_zy`, its
            value for X and Y that are permuted between samples, `i_zy_null`,
            drawn once for a run: what the measure reads where there is
            nothing to read. Costs as much as the measures again.
        memory_limit: Bytes that the activations of taps may take at a time;
            1 GB or a quarter of what is free, whichever is less, by default.
        seed: Seed for drawing the probe samples.
        verbose: 1 prints a line a measurement, such as `step 16, 2.3 s`, and
            after the first about how long all of them take, with two numbers
            of the last tap.
        live: True shows the plane below a notebook's cell while it trains,
            drawn every two seconds at most, for no more than 5 % of the time,
            and once at the end. Elsewhere it warns, and shows nothing.

    Attributes:
        log_dir: The run folder, known once the training has begun.
        log: What was measured so far, a `RunLog` read from the folder.
        logs: The logs of all trainings that this callback has watched.

    Raises:
        ValueError: From the constructor, or from `fit` before its first step,
            if an argument does not fit the model or the data.

    Example:

        >>> import keras, numpy, tempfile
        >>> import keras_ib
        >>> x = numpy.random.default_rng(0).normal(size=(64, 4))
        >>> y = x[:, 0] > 0
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> plane = keras_ib.InfoPlane(log_dir=tempfile.mkdtemp())
        >>> _ = model.fit(x, y, epochs=2, callbacks=[plane], verbose=0)
        >>> plane.log.steps
        [0, 1, 2, 3, 4]
        >>> len(plane.log.taps)
        1

        In a loop of your own:

        >>> plane = keras_ib.InfoPlane((x, y), log_dir=tempfile.mkdtemp())
        >>> rows = plane.measure(model, step=0)
        >>> sorted({row["measure"] for row in rows})
        ['zx', 'zy']
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
        null: Literal["permuted"] | None = None,
        memory_limit: int | None = None,
        seed: int = 0,
        verbose: Literal[0, 1] = 0,
        live: bool = False,
    ):
        super().__init__()
        self.measures = measures_module.get(measures)
        self.schedule = schedules.get(schedule)
        probe_size, draws = probe_module.check_size(probe_size, draws)
        seed = checks.seed(seed)
        probe_module.check_split(split)
        probe_module.check_target(target)
        if memory_limit is not None:
            memory_limit = checks.integer("memory_limit", memory_limit)
        writers = _check_writers(writers)
        if model is not None:
            taps_module.check_model(model)
        self.data = data
        self.watched = model
        self.target = target
        self.taps = _check_taps(taps)
        self.probe_size = probe_size
        self.draws = draws
        self.groups = groups
        self.split = split
        self.writers = writers
        self.null = check_null(null)
        self.memory_limit = memory_limit
        self.seed = seed
        self.verbose = checks.integer("verbose", verbose)
        self.live = checks.flag("live", live) and live_module.in_notebook()
        if live and not self.live:
            warn("InfoPlane(live=True) shows the plane in notebooks alone.")
        self.log_dir = (
            None if log_dir is None else checks.path("log_dir", log_dir)
        )
        self.folders = Folders(self.log_dir)
        self.keras_logs = next(
            (w for w in self.writers if isinstance(w, KerasLogs)), KerasLogs()
        )
        self.recorder: Recorder | None = None
        self._watch: Watch | None = None

    def __repr__(self) -> str:
        names = ", ".join(measure.name for measure in self.measures)
        folder = self.folders.used[-1] if self.folders.used else None
        state = f"its log is {folder}" if folder else "no training yet"
        return f"<InfoPlane of {names}, schedule {self.schedule}: {state}>"

    @property
    def log(self) -> RunLog:
        """What was measured so far."""
        folder = self.folders.used[-1] if self.folders.used else self.log_dir
        if folder is None:
            raise ValueError(
                "InfoPlane has no log yet: the log begins with the training. "
                "Call model.fit(..., callbacks=[plane]) first."
            )
        return RunLog(folder)

    @property
    def logs(self) -> list[RunLog]:
        """The logs of all trainings that it and its copies have watched."""
        return [RunLog(folder) for folder in self.folders.used]

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
        taps_module.check_model(model)
        step = checks.integer("step", step)
        if epoch is not None:
            epoch = checks.number("epoch", epoch)
        recorder = self.recorder
        if recorder is None or recorder.model is not model:
            recorder = self.prepare(model, self.draw(self.data, model))
        if not recorder.is_open:
            self.open(recorder, model, step, self.claim(model, step))
        return recorder.measure(step, epoch)

    def on_train_begin(self, logs: dict | None = None):
        self._end()  # What a fit that failed has left.
        backend.check_training(self.model)
        warn_of_order(self)
        self.folders.check(
            one.folders for one in list_of(self) if isinstance(one, InfoPlane)
        )
        self._watch = Watch(self)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        if self._watch is not None:
            self._watch.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None):
        # Not before: a later callback may have restored another state.
        if self._watch is not None:
            self._watch.before_batch()

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        if self._watch is not None:
            self._watch.after_batch(batch)

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        if self._watch is not None:
            self._watch.after_epoch()
            if logs is not None:
                logs.update(self.keras_logs.of_epoch())

    def on_train_end(self, logs: dict | None = None):
        if self._watch is not None:
            self._watch.after_training()
        self._end()

    def _end(self):
        if self.recorder is not None:
            self.recorder.close()
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def draw(self, data: Any, model: Any, is_prefix: bool = False) -> dict:
        """The probe sets of `data` for a model, `{name: Probe}`."""
        return probe_module.draw_all(
            data,
            target=self.target,
            loss=self._loss_of(model, is_prefix),
            size=self.probe_size,
            seed=self.seed,
            draws=self.draws,
            groups=self.groups,
            split=self.split,
            output_names=getattr(model, "output_names", None),
            output_size=probe_module.output_size(model),
            symbols=taps_module.symbol_inputs(self.watched or model),
            is_prefix=is_prefix,
        )

    def _loss_of(self, model, is_collected):
        # Beside another model than the one that trains, labels of data= need
        # not be those that it trains on.
        if self.watched is not None and not is_collected:
            return getattr(self.watched, "loss", None)
        return getattr(model, "loss", None)

    def prepare(self, model: Any, probes: dict) -> Recorder:
        """Makes ready to measure a model, or the part of it that can be.

        Raises:
            ValueError: If it does not take the probe data.
        """
        make = partial(
            Recorder,
            probes=probes,
            measures=self.measures,
            taps=self.taps,
            memory_limit=self.memory_limit,
            null=self.null,
        )
        try:
            self.recorder = make(model)
        except ValueError:
            if self.watched is not None or self.taps != "auto":
                raise
            found = _first_that_works(make, model)
            if found is None:
                raise
            warn(
                f"The model {model.name!r} cannot be called on the probe "
                f"data; its part {found.model.name!r} is watched. Give model= "
                "for another part."
            )
            self.recorder = found
        return self.recorder

    def claim(self, model: Any, step: int) -> JSONLines | NullWriter:
        """The writer of the run folder, to which no other process writes.

        Raises:
            ValueError: If another one does, or the folder holds another run.
        """
        self.log_dir = self.folders.choose(model, step)
        run: JSONLines | NullWriter = NullWriter()
        if backend.is_chief(model):
            run = JSONLines(self.log_dir)
        run.claim(step)
        return run

    def open(
        self,
        recorder: Recorder,
        model: Any,
        step: int,
        run: JSONLines | NullWriter,
    ) -> None:
        """Begins the run of a training that starts at this step.

        Raises:
            ValueError: If the folder holds another run.
        """
        others = [w for w in self.writers if w is not self.keras_logs]
        if self.live and self.log_dir is not None:
            others.append(live_module.Live(self.log_dir))
        recorder.open(
            step,
            [
                run,
                self.keras_logs,
                *(others if backend.is_chief(model) else ()),
            ],
            {
                "schedule": repr(self.schedule),
                "seed": self.seed,
                "use_ema": _keeps_averages(model),
            },
            self.log_dir,
        )


def _first_that_works(make, model):
    """The recorder of the first part that takes the probe data, or None."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            with suppress(ValueError):
                return make(layer)
    return None


def _keeps_averages(model):
    """Whether its optimizer averages weights, with which Keras evaluates."""
    optimizer = getattr(model, "optimizer", None)
    return bool(getattr(optimizer, "use_ema", False))


def _check_writers(writers):
    """A list of writers, each with all methods of one."""
    writers = checks.sequence("writers", writers)
    for writer in writers:
        if isinstance(writer, type) or not isinstance(writer, Writer):
            raise ValueError(
                "A writer is an object with the methods open, write and "
                f"close. Received: {checks.short(writer)}. Give for example "
                "writers=[keras_ib.writers.TensorBoard()]."
            )
    return writers


def _check_taps(taps):
    """Names, patterns or layers, as far as it shows without a model."""
    if isinstance(taps, (str, keras.layers.Layer)):
        return taps
    taps = checks.sequence("taps", taps)
    for tap in taps:
        if not isinstance(tap, (str, keras.layers.Layer)):
            raise ValueError(
                "A tap is a name, a pattern or a layer. Received: "
                f"taps={checks.short(taps)}. Give for example "
                'taps=["block_*", "head"].'
            )
    return taps
