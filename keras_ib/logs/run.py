"""Run folders as they are read back.

A run folder holds two files. `config.json` says what was measured: packages,
measures with units, kinds and ceilings, taps, probe data; and, of a training,
how the model was trained (`training`) and what came out (`result`).
`info_plane.jsonl` holds the values, one JSON object a line:

    {"step": 64, "epoch": 1.28, "data": "train", "tap": "block_01",
     "target": null, "measure": "zx", "field": "fvu", "value": 0.031}

so that `pandas.read_json(path, lines=True)` loads it. A value that is not
finite is written as `null` and reads back as NaN. `target` names the label
that a number is about; it is `null` where the number does not depend on Y.
Logs of schema 1 have no targets; they are read as if they had.

    log = keras_ib.RunLog("runs/mixer")
    steps, fvu = log.series("block_01", "zx/fvu")

Neither Keras nor a backend is imported here.
"""

from collections.abc import Sequence
from copy import copy
from functools import cached_property
import os
from pathlib import Path
from typing import Any

import numpy as np

from keras_ib import checks
from keras_ib import units as units_module
from keras_ib.logs import frames
from keras_ib.logs.columns import Columns
from keras_ib.logs.config import read_config, read_json
from keras_ib.logs.files import CONFIG, ROWS
from keras_ib.logs.lines import reads_x_alone
from keras_ib.notices import short

# Pairs of fields that a plane is drawn from, the first that a log has.
AXES = (
    ("zx/fvu", "zy/ce"),
    ("zx/fvu", "zy/fvu"),
    ("binning/i_xz", "binning/i_zy"),
)
# What is not said of a field.
UNKNOWN: dict[str, Any] = {
    **{"unit": "1", "kind": "estimate", "rows": "all"},
    **{"formula": None, "ceiling": None, "is_check": False},
}
# Where older runs say what they are, by the part of the configuration that
# says it now; a file with a bare number, and what that number is.
OLDER_FILES: dict[str, dict[str, str | None]] = {
    "training": {"train.json": None},
    "result": {
        "result.json": None,
        "accuracy.json": "test_accuracy",
        "seconds.json": "seconds",
    },
}


class RunLog:
    """The log of one run, read into memory and indexed once.

    Reading never changes the folder. A last line that a crash cut short is
    left out, and so is a measurement that lacks some of its rows. A warning
    names lines that are damaged, and rows that are there twice, of which the
    first one counts.

    Args:
        folder: The run folder, a path.
        units: `"nats"`, as the file has it, or `"bits"`: what `fields`,
            `rows`, `series` and tables say of information.

    Attributes:
        folder: The run folder, a `Path`.
        units: As given.
        config: What `config.json` says, a dict.

    Raises:
        ValueError: If the folder has no `config.json`, or a damaged one.
    """

    def __init__(
        self, folder: str | os.PathLike[str], units: units_module.Units = "nats"
    ):
        self.units = units_module.check(units)
        self.folder = checks.path("folder", folder)
        self.config = read_config(self.folder)
        self._columns = Columns(self.folder / ROWS, self.config)

    def __repr__(self) -> str:
        steps = self.steps
        until = f" up to step {steps[-1]}" if steps else ""
        return (
            f"RunLog({str(self.folder)!r}): {len(steps)} measurements{until} "
            f"of {len(self.taps)} taps on {', '.join(self.data_names)}; "
            f"{', '.join(self._declared)}"
        )

    def __str__(self) -> str:
        return frames.as_text(self)

    def _repr_html_(self) -> str:
        return frames.as_html(self)

    def in_units(self, units: units_module.Units | None) -> "RunLog":
        """The same log in other units; itself for None."""
        if units is None or units_module.check(units) == self.units:
            return self
        other = copy(self)
        for name in ("rows", "fields"):
            vars(other).pop(name, None)
        other.units = units
        return other

    def to_frame(self, *, wide: bool = False) -> Any:
        """The log as a `pandas.DataFrame`.

        In the units of the log: `RunLog(folder, units="bits").to_frame()`.

        Args:
            wide: False has one value a row, with the columns of the log:
                step, epoch, data, tap, target, measure, field, value. True
                has a column a field, such as `"zx/fvu"`, and the index data,
                tap, step; of several targets `"zy[colour]/ce"`.

        Returns:
            The frame, whose `attrs["fields"]` says what each field is.

        Raises:
            ImportError: Without pandas: `pip install 'keras-ib[tables]'`.
        """
        return frames.to_frame(self, wide)

    def to_xarray(self) -> Any:
        """The log as an `xarray.Dataset`.

        Returns:
            The dataset, of dimensions data, tap and step, with `epoch` beside
            the steps and a variable a field, such as `zx_fvu`, whose
            attributes have its `units`, `kind`, `long_name` and `samples`.

        Raises:
            ImportError: Without pandas and xarray: `pip install
                'keras-ib[tables]'`.
        """
        return frames.to_xarray(self)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The values, a list of dicts in the order of measurement."""
        rows = self._columns.rows()
        # A log may have a million of them, which are in nats already.
        for row in rows if self.units != "nats" else ():
            named = row["measure"], row["field"]
            row["value"] = self._convert(row["value"], *named)
        return rows

    def _convert(self, values, measure, field):
        unit = self._declared.get(f"{measure}/{field}", UNKNOWN)["unit"]
        return units_module.convert(values, unit, self.units)

    @property
    def taps(self) -> list[str]:
        """Names of the taps, from input to output."""
        return [tap["name"] for tap in self.config.get("taps", ())]

    @property
    def data_names(self) -> list[str]:
        """Names of the probe sets; `["probe"]` where only one was given.

        Further draws of a set follow it as `"train#2"`, ...
        """
        return list(self.config.get("data", ()))

    @cached_property
    def targets(self) -> list[str]:
        """Names of the labels that numbers are about; `[]` without labels.

        One label is called `"y"`, several after the model's outputs.
        """
        names = (target for _, _, target, *_ in self._columns.places)
        return list(dict.fromkeys(name for name in names if name is not None))

    @cached_property
    def steps(self) -> list[int]:
        """Measured optimizer steps, ascending."""
        return np.unique(self._columns.steps).tolist()

    @cached_property
    def fields(self) -> dict[str, dict[str, Any]]:
        """What was measured of taps: `{"measure/field": what the field is}`.

        In the order of measures and of their fields; what a field is has the
        keys `meaning`, `unit`, `kind`, `rows`, `formula`, `ceiling` and
        `is_check`.
        """
        return self._in_units(1)

    @property
    def pair_fields(self) -> dict[str, dict[str, Any]]:
        """As `fields`, what was measured of two taps each."""
        return self._in_units(2)

    def _in_units(self, num_taps):
        """What the fields of so many taps are, in the units of the log."""
        return {
            name: known
            | {
                "unit": units_module.name(known["unit"], self.units),
                "ceiling": known["ceiling"]
                and {
                    data: units_module.convert(value, known["unit"], self.units)
                    for data, value in known["ceiling"].items()
                },
            }
            for name, known in self._declared.items()
            if (name in self._of_two_taps) == (num_taps == 2)
        }

    @cached_property
    def _of_two_taps(self):
        return {
            f"{name}/{field}"
            for name, measure in self.config.get("measures", {}).items()
            if measure.get("num_taps") == 2
            for field in measure["fields"]
        }

    @cached_property
    def _declared(self):
        """What `config.json` says of the fields."""
        return {
            f"{name}/{field}": UNKNOWN
            | {"meaning": field}
            | known
            | {"ceiling": self._by_set(known.get("ceiling"))}
            for name, measure in self.config.get("measures", {}).items()
            for field, known in measure["fields"].items()
        }

    def _by_set(self, ceiling):
        """Ceilings by probe set; a single number is that of every set."""
        is_one = isinstance(ceiling, (int, float))
        return dict.fromkeys(self.data_names, ceiling) if is_one else ceiling

    @property
    def planes(self) -> list[tuple[str, str]]:
        """Fields of X and of Y that make a plane, one pair a measure of X."""
        names = list(self.fields)
        twins = [(n, _swapped(n)) for n in names if _swapped(n) != n]
        found: dict[str, tuple[str, str]] = {}
        for pair in (*AXES, *twins):
            if set(pair) <= set(names):
                found.setdefault(pair[0].split("/")[0], pair)
        return list(found.values())

    @property
    def default_axes(self) -> tuple[str | None, str | None]:
        """The fields that a plane is drawn from: `(Z-X, Z-Y)`.

        One of them is None where the log has no number of X or none of Y,
        both where it has neither.
        """
        if self.planes:
            return self.planes[0]
        names = list(self.fields)
        of_x = (name for name in names if reads_x_alone(*name.split("/")))
        of_y = (name for name in names if name.startswith("zy"))
        return next(of_x, None), next(of_y, None)

    @property
    def training(self) -> dict[str, Any]:
        """How the model was trained; `{}` where the folder does not say."""
        return read_part(self.folder, "training")

    @property
    def result(self) -> dict[str, Any]:
        """What came out, as `test_accuracy`; `{}` before the end."""
        return read_part(self.folder, "result")

    def field(self, measure: str, field: str | None = None) -> dict[str, Any]:
        """What a field is: its `unit`, `kind`, `rows`, `formula`, `ceiling`.

        Args:
            measure: Name of the measure, or `"measure/field"`.
            field: Name of the field.

        Raises:
            ValueError: If the run did not measure it.
        """
        known, name = self.fields, "/".join(_split(measure, field))
        if name in self._of_two_taps:
            raise ValueError(
                f"{short(name)} is of two taps each, and a series is of one. "
                "Choose RunLog.similarity() or plotting.similarity."
            )
        if name not in known:
            raise ValueError(
                f"{self.folder} has no values of {short(name)}; it has "
                f"{short(', '.join(known), 200)}.{checks.nearest(name, known)}"
            )
        return known[name]

    def series(
        self,
        tap: str,
        measure: str,
        field: str | None = None,
        data: str | None = None,
        target: str | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """One field of one tap over training.

        Args:
            tap: Name of the tap.
            measure: Name of the measure, such as `"zx"`; or
                `"measure/field"`, such as `"zx/fvu"`.
            field: Name of the field, such as `"fvu"`.
            data: Name of the probe set; the first one where left out.
            target: Name of the label; where left out, the first one that has
                the field. A number that does not depend on Y is the same for
                every target.

        Returns:
            Steps `[m]` (int64, ascending) and values `[m]` (float64).

        Raises:
            ValueError: If the log has no such name.
        """
        self.field(measure, field)
        name = _split(measure, field)
        if data is None:
            data = next(iter(self.data_names), None)
        self._check("tap", tap, self.taps)
        self._check("data", data, self.data_names)
        if target is not None and self.targets:
            self._check("target", target, self.targets)
        wanted = [target] if target is not None else self.targets
        for one in (None, *wanted):
            found = self._columns.curve((data, tap, one, *name, None))
            if found is not None:
                steps, values = found
                return steps, self._convert(values, *name)
        return np.zeros(0, "int64"), np.zeros(0)

    def similarity(
        self, step: int | None = None, data: str | None = None
    ) -> tuple[list[str], np.ndarray]:
        """How alike the taps are: linear CKA of every two.

        Args:
            step: A measured optimizer step; the last one where left out.
            data: Name of the probe set; the first one where left out.

        Returns:
            Names of the t taps that were compared, from input to output, and
            the matrix `[t, t]` (float64): symmetric, 1 on its diagonal, NaN
            where a tap was not finite.

        Raises:
            ValueError: If the run did not measure it, or not then.

        Example:

            taps, cka = plane.log.similarity(step=0)
        """
        field = "similarity/cka"
        if field not in self.pair_fields:
            raise ValueError(
                f"{self.folder} has no similarity of its taps. Measure it with "
                "measures=['zx', 'zy', 'similarity']."
            )
        if data is None:
            data = next(iter(self.data_names), None)
        self._check("data", data, self.data_names)
        known = self.steps
        step = known[-1] if step is None and known else step
        if isinstance(step, bool) or step not in known:
            raise ValueError(
                f"{self.folder} was not measured at step={checks.short(step)}. "
                f"Choose one of {short(', '.join(map(str, known)), 200)}."
            )
        return self._columns.matrix(field, data, step, self.taps)

    def _check(self, name: str, value: str | None, known: Sequence[str]):
        if not isinstance(value, str) or value not in known:
            raise ValueError(
                f"{self.folder} has no {name} {checks.short(value)}; it has "
                f"{short(', '.join(known), 200)}."
                f"{checks.nearest(value, known)}"
            )


def read_part(folder: str | os.PathLike[str], name: str) -> dict[str, Any]:
    """What a folder says of its `training` or its `result`.

    From `config.json`; of older folders from the files that said it then.

    Args:
        folder: A run folder, or the folder of a part of a reproduction.
        name: `"training"` or `"result"`.

    Returns:
        `{}` where the folder does not say.
    """
    folder = Path(folder)
    path = folder / CONFIG
    found = read_config(folder).get(name) if os.path.isfile(path) else None
    if found is not None:
        return found
    older: dict[str, Any] = {}
    for file, key in OLDER_FILES[name].items():
        if os.path.isfile(folder / file):
            form = dict if key is None else (int, float)
            value = read_json(folder / file, form)
            older |= value if key is None else {key: value}
    return older


def logs_of(runs: Any, units: units_module.Units | None = None) -> list[RunLog]:
    """Logs of one run or several, each a `RunLog` or its folder.

    Args:
        runs: The runs.
        units: Of the logs; as they are where left out.
    """
    single = isinstance(runs, RunLog | str | os.PathLike)
    return [
        (run if isinstance(run, RunLog) else RunLog(run)).in_units(units)
        for run in ([runs] if single else runs)
    ]


def draws_of(names: Sequence[str], data: str | None = None) -> list[str]:
    """The draws of one probe set among the names of a log's sets.

    Args:
        names: `RunLog.data_names`.
        data: Name of the set; the first one where left out.
    """
    data = checks.text("data", data) or next(iter(names), "probe")
    draws = [name for name in names if name.partition("#")[0] == data]
    # A name that is not there is for `RunLog.series` to refuse.
    return draws or [data]


def is_error(field: dict[str, Any]) -> bool:
    """Whether a field, as of `RunLog.field`, falls as information grows.

    An error bounds one from above, and nothing limits it.
    """
    return field["kind"] == "upper bound" and field["formula"] is None


def _split(measure, field):
    """Measure and field, given apart or as `"measure/field"`."""
    for name, value in {"measure": measure, "field": field}.items():
        checks.text(name, value)
    if field is not None and measure is not None:
        return measure, field
    if measure is None or measure.count("/") != 1:
        raise ValueError(
            f"{measure!r} names no field; give measure/field, such as zx/fvu."
        )
    return tuple(measure.split("/"))


def _swapped(name):
    """The name of the same number about Y, where there may be one."""
    return name.replace("xz", "zy")
