"""Measure now, and write: captures, measures, and hands rows to writers.

`InfoPlane`, `measure_checkpoints` and a user's own loop decide when.
"""

from collections.abc import Mapping, Sequence
import importlib.metadata
import math
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_ib import measures as measures_module
from keras_ib import taps as taps_module
from keras_ib.logs.files import CONFIG
from keras_ib.logs.run import RunLog
from keras_ib.logs.writer import Row, Writer, Writers
from keras_ib.measures import Measure
from keras_ib.notices import warn
from keras_ib.probe import Probe
from keras_ib.runtime import Measurement, backend
from keras_ib.runtime.evaluator import check_null
from keras_ib.runtime.forward import (
    batch_size,
    call,
    is_built,
    symbols,
    trial_size,
)
from keras_ib.runtime.measurement import layer_noise

PACKAGES = ("keras-ib", "keras", "tensorflow", "jax", "numpy")


class Recorder:
    """Taps, measures and probe data made ready for one model.

    It knows its whole configuration before it runs.

    Args:
        model: The Keras model or layer to watch; it is built if it is not.
        probes: `{name: Probe}`, as from `keras_ib.probe.draw_all`.
        measures: As in `InfoPlane`.
        taps: As in `InfoPlane`.
        memory_limit: As in `InfoPlane`.
        null: As in `InfoPlane`.

    Attributes:
        taps: The layers that are watched, by name.
        left_out: What was not measured and why, `[{what, name, reason}]`.
        is_open: Whether writers are open.

    Raises:
        ValueError: If the model does not take the probe data, or a tap is
            not in the model.

    Example:

        >>> import keras, numpy
        >>> from keras_ib import Recorder
        >>> from keras_ib.probe import draw_all
        >>> x = numpy.random.default_rng(0).normal(size=(64, 4))
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> recorder = Recorder(
        ...     model, draw_all((x, x[:, 0] > 0), size=64, seed=0)
        ... )
        >>> recorder.open(step=0, writers=[])
        >>> len(recorder.measure(step=0))
        10
    """

    def __init__(
        self,
        model: Any,
        probes: Mapping[str, Probe],
        *,
        measures: str | Measure | Sequence = "plane",
        taps: Any = "auto",
        memory_limit: int | None = None,
        null: str | None = None,
    ):
        self._null = check_null(null)
        self.model = taps_module.check_model(model)
        self.probes = dict(probes)
        self.measures = measures_module.get(measures)
        self.left_out: list[dict] = []
        self._writers = Writers(())
        self.is_open = False
        self._step: float = 0
        self._config: dict = {}
        self._warned: set = set()
        self._cautioned: set = set()
        with backend.scope(model):
            _build(model, self.probes)
        self.taps = self._select(taps)
        self._measurements = {
            name: self._measurement(name, probe, memory_limit)
            for name, probe in self.probes.items()
        }
        self._note_what_is_left_out()

    def _measurement(self, name, probe, memory_limit):
        try:
            return Measurement(
                self.model,
                self.taps,
                self.measures,
                probe,
                memory_limit,
                self._null,
            )
        except Exception as error:  # Whatever the model raises.
            raise _does_not_take(self.model, name, probe, error) from error

    def _select(self, taps):
        name, probe = next(iter(self.probes.items()))
        capture = backend.Capture(
            self.model, probe.x, batch_size(self.model, probe.x)
        )
        num_samples = trial_size(self.model)
        left_out: list[tuple[str, str]] = []

        def run(layers):
            try:
                return capture.trial(layers, num_samples)
            except Exception as error:  # Whatever the model raises.
                raise _does_not_take(self.model, name, probe, error) from error

        selected = taps_module.select(
            self.model,
            taps,
            run=run,
            num_samples=num_samples,
            left_out=left_out,
        )
        for name, reason in left_out:
            self._leave_out("tap", name, reason)
        return selected

    def _note_what_is_left_out(self):
        for name, measurement in self._measurements.items():
            for tap, target, reason in measurement.left_out:
                self._leave_out("target", f"{tap}/{target}", reason)
            for measure, reason in measurement.not_compared:
                self._leave_out("measure", measure, reason)
            few = {
                tap: count
                for tap, count in measurement.num_samples.items()
                if count < self.probes[name].num_rows
            }
            if few:
                warn(
                    "Taps that are too large for the memory budget are looked "
                    f"at on fewer samples of {name!r}: {few}. Give "
                    "memory_limit= in bytes for more."
                )
        measured = {
            reading.measure
            for measurement in self._measurements.values()
            for reading in measurement.readings
        }
        for measure in self.measures:
            if measure.name not in measured and measure.num_taps == 1:
                reason = "None of its fields can be read of these X and Y."
                self._leave_out("measure", measure.name, reason)

    def _leave_out(self, what, name, reason):
        entry = {"what": what, "name": name, "reason": reason}
        if entry not in self.left_out:
            self.left_out.append(entry)

    def open(
        self,
        step: float,
        writers: Sequence[Writer],
        config: Mapping | None = None,
        folder: str | os.PathLike | None = None,
    ) -> None:
        """Opens a run.

        Args:
            step: Optimizer steps that the model has made; rows of later
                steps are not of this run.
            writers: Sequence of `Writer`.
            config: What else the log is to say.
            folder: The run folder, if there is one: what an earlier
                measurement of the run has decided is decided.
        """
        self._step = step
        self._config = dict(config or {})
        if folder:
            self._config["log_dir"] = str(folder)
        self._writers = Writers(writers)
        self._writers.open(self.get_config() | self._config, step)
        self.is_open = True
        if folder and any(m.held for m in self._measurements.values()):
            self._hold(folder)

    def _hold(self, folder):
        if not (Path(folder) / CONFIG).is_file():
            return
        log = RunLog(folder)
        for name, measurement in self._measurements.items():
            for tap, measure, field in measurement.held if log.steps else ():
                values = log.series(tap, measure, field, data=name)[1]
                known = values[np.isfinite(values)]
                if len(known):
                    measurement.held[tap, measure, field] = known[0].item()

    def measure(
        self, step: int, epoch: float | None = None, write: bool = True
    ) -> list[Row]:
        """Measures the model as it is now, and writes.

        Never raises for what fails in the model or the backend: that is NaN,
        warned of once, and said in the log.

        Args:
            step: The optimizer step that the weights are of.
            epoch: The epoch, or None where it is not known.
            write: Whether writers get the numbers.

        Returns:
            All numbers, one row for each probe set, tap and field.
        """
        backend.synchronise(self.model)
        rows = [
            {"step": step, "epoch": epoch, "data": name}
            | reading.named()
            | {"value": float(value)}
            for name, measurement in self._measurements.items()
            for reading, value in zip(
                measurement.readings, measurement(), strict=True
            )
        ]
        self._tell(step, rows)
        if write:
            self._writers.write(rows)
        return rows

    def close(self) -> None:
        """Closes all writers."""
        self._writers.close()
        self.is_open = False

    def _tell(self, step, rows):
        """Warns of what failed, and of taps that are not finite, once."""
        before = len(self.left_out)
        for measurement in self._measurements.values():
            for tap, error in measurement.failures:
                self._failed(tap, step, error)
        if len(self.left_out) > before:
            self._writers.update(self.get_config() | self._config, self._step)
        for row in rows:
            taps = {row["tap"], row.get("other", row["tap"])}
            # What failed of all taps says nothing of one.
            said = taps | {row["measure"]} if "other" in row else taps
            if not math.isfinite(row["value"]) and not said & self._warned:
                self._warned |= taps
                names = " or ".join(map(repr, sorted(taps)))
                warn(
                    f"The tap {names} holds NaN or Inf at step {step}; its "
                    "measures are NaN in the log. The training goes on."
                )
        self._caution(rows)

    def _caution(self, rows):
        """Says what a measure has against its own numbers, once."""
        measures = {measure.name: measure for measure in self.measures}
        values: dict = {}
        for row in rows:
            place = row["measure"], row["data"], row["tap"]
            values.setdefault(place, {})[row["field"]] = row["value"]
        for (name, _, tap), fields in values.items():
            if name in self._cautioned:
                continue
            if text := measures[name].caution(fields):
                self._cautioned.add(name)
                warn(f"The tap {tap!r}: {text}")

    def _failed(self, tap, step, error):
        if tap in self._warned:
            return
        self._warned.add(tap)
        reason = f"{type(error).__name__}: {_first_line(error)}"
        self._leave_out("measurement", f"{tap} from step {step} on", reason)
        warn(
            f"The tap {tap!r} could not be measured at step {step}: {reason} "
            "Its numbers are NaN in the log. The training goes on."
        )

    def get_config(self) -> dict:
        """What the log says of the measurements."""
        first = next(iter(self._measurements.values()))
        return {
            "packages": versions(),
            "backend": keras.backend.backend(),
            **backend.describe(self.model),
            "model": self.model.name,
            "measures": self._describe_measures(),
            "taps": [
                {"name": name, "shape": list(shape)}
                | _noise_at(self.taps[taps_module.tap_of(name)])
                | self._samples_at(name)
                for name, shape in first.shapes.items()
            ],
            "data": {n: probe.get_config() for n, probe in self.probes.items()},
            "rows_per_measurement": sum(
                len(m.readings) for m in self._measurements.values()
            ),
            "left_out": self.left_out,
        }

    def _samples_at(self, tap):
        """Where a tap is looked at on fewer samples: how many, by set."""
        few = {
            name: measurement.num_samples[tap]
            for name, measurement in self._measurements.items()
            if measurement.num_samples[tap] < self.probes[name].num_rows
        }
        return {"num_samples": few} if few else {}

    def _describe_measures(self):
        declared = {
            name: field
            for measurement in self._measurements.values()
            for name, field in measurement.declared.items()
        }
        return {
            measure.name: {
                "config": measure.get_config(),
                **_two_taps(measure),
                "fields": {
                    name: vars(field) | {"ceiling": self._ceilings(field)}
                    for (of, name), field in declared.items()
                    if of == measure.name
                },
            }
            for measure in self.measures
            if any(of == measure.name for of, _ in declared)
        }

    def _ceilings(self, field):
        if field.formula is None:
            return None
        return {
            name: field.ceiling(
                probe.num_rows, probe.num_fit, probe.label_entropy
            )
            for name, probe in self.probes.items()
        }


def _build(model, probes):
    """Calls an unbuilt model on symbols of the first set."""
    if is_built(model):
        return
    name, probe = next(iter(probes.items()))
    try:
        call(model, symbols(probe.x, trial_size(model)))
    except Exception as error:  # Whatever a model raises.
        raise _does_not_take(model, name, probe, error) from error


def _does_not_take(model, name, probe, error):
    shapes = keras.tree.map_structure(lambda array: array.shape, probe.x)
    return ValueError(
        f"The model {model.name!r} does not take the probe data {name!r}. "
        f"Received: inputs of shape {shapes}. Give data=(x, y) with x as in "
        "model.fit, or model= the part of the model that takes x. The model "
        f"says: {error}"
    )


def _two_taps(measure):
    return {"num_taps": 2} if measure.num_taps == 2 else {}


def _noise_at(layer):
    noise = layer_noise(layer)
    return {} if noise is None else {"noise": noise._asdict()}


def _first_line(error):
    return (str(error).splitlines() or [""])[0][:200]


def versions() -> dict:
    """Versions of the packages that the numbers depend on, by name."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
