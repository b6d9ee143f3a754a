"""The run folder: write it, append to it, recover it, read it back.

A run folder holds two files. `config.json`, written once, says what was
measured: packages, measures with units, kinds and ceilings, taps, probe data.
`info_plane.jsonl` holds the values, one JSON object a line:

    {"step": 64, "epoch": 1.28, "data": "train", "tap": "block_01",
     "measure": "zx", "field": "fvu", "value": 0.031}

so that `pandas.read_json(path, lines=True)` loads it. A value that is not
finite is written as `null` and reads back as NaN.

    log = keras_ib.RunLog("runs/mixer")
    steps, fvu = log.series("block_01", "zx", "fvu")
"""

import os
from pathlib import Path

import numpy as np

from keras_ib.logs.files import ROWS, complete, read_config, read_rows


class RunLog:
    """The log of one run, read into memory.

    Reading never changes the folder. A last line that a crash cut short is
    left out, and so is a last measurement that lacks some of its rows.

    Args:
        folder: The run folder, a path.

    Attributes:
        folder: The run folder, a `Path`.
        config: What `config.json` says, a dict.
        rows: The values, a list of dicts in the order of measurement.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = read_config(self.folder)
        self.rows = complete(read_rows(self.folder / ROWS), self.config)

    @property
    def taps(self):
        """Names of the taps, from input to output."""
        return [tap["name"] for tap in self.config["taps"]]

    @property
    def data_names(self):
        """Names of the probe sets; `["probe"]` where only one was given.

        Further draws of a set follow it as `"train#2"`, ...
        """
        return list(self.config["data"])

    @property
    def steps(self):
        """Measured optimizer steps, ascending."""
        return sorted({row["step"] for row in self.rows})

    def field(self, measure, field):
        """What a field is: its `unit`, `kind`, `rows`, `formula`, `ceiling`.

        Raises:
            ValueError: If the run did not measure it.
        """
        known = self.config["measures"]
        if measure not in known or field not in known[measure]["fields"]:
            have = [f"{m}/{f}" for m in known for f in known[m]["fields"]]
            raise ValueError(
                f"{self.folder} has no values of {measure}/{field}; it has "
                f"{', '.join(have)}."
            )
        return known[measure]["fields"][field]

    def series(self, tap, measure, field, data=None):
        """One field of one tap over training.

        Args:
            tap: Name of the tap.
            measure: Name of the measure, such as `"zx"`.
            field: Name of the field, such as `"fvu"`.
            data: Name of the probe set; the first one where left out.

        Returns:
            Steps `[m]` (int64, ascending) and values `[m]` (float64).
        """
        self.field(measure, field)
        for name, value, known in (
            ("tap", tap, self.taps),
            ("data", data or self.data_names[0], self.data_names),
        ):
            if value not in known:
                raise ValueError(
                    f"{self.folder} has no {name}={value!r}; it has "
                    f"{', '.join(known)}."
                )
        wanted = (data or self.data_names[0], tap, measure, field)
        rows = [row for row in self.rows if _key(row) == wanted]
        values = {row["step"]: row["value"] for row in rows}
        steps = sorted(values)
        return (
            np.array(steps, "int64"),
            np.array([values[step] for step in steps], "float64"),
        )


def logs_of(runs) -> list[RunLog]:
    """Logs of one run or several, each a `RunLog` or its folder."""
    single = isinstance(runs, RunLog | str | os.PathLike)
    return [
        run if isinstance(run, RunLog) else RunLog(run)
        for run in ([runs] if single else runs)
    ]


def draws_of(names, data=None) -> list[str]:
    """The draws of one probe set among the names of a log's sets.

    Args:
        names: `RunLog.data_names`.
        data: Name of the set; the first one where left out.
    """
    data = names[0] if data is None else data
    draws = [name for name in names if name.partition("#")[0] == data]
    # A name that is not there is for `RunLog.series` to refuse.
    return draws or [data]


def is_error(field) -> bool:
    """Whether a field, as of `RunLog.field`, falls as information grows.

    An error bounds one from above, and nothing limits it.
    """
    return field["kind"] == "upper bound" and field["formula"] is None


def _key(row):
    return row["data"], row["tap"], row["measure"], row["field"]
