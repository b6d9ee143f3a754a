"""Logs as tables: pandas, xarray, and a small one to look at.

pandas and xarray are imported on use; `pip install 'keras-ib[tables]'` has
both of them.
"""

from html import escape
import re
from typing import Any

from keras_ib import tables
from keras_ib.extras import imported
from keras_ib.logs.columns import NAMES

INDEX = ["data", "tap", "step"]
# Of a field, what a table says beside its numbers.
ABOUT = ("meaning", "unit", "kind", "rows", "formula", "ceiling")
MOST_ROWS = 20
EXTRA = "tables"


def to_frame(log: Any, wide: bool = False) -> Any:
    """See `RunLog.to_frame`."""
    pandas = imported("pandas", EXTRA)
    names = NAMES if log.pair_fields else NAMES[:-1]
    columns = ["step", "epoch", *names, "value"]
    frame = pandas.DataFrame(log.rows, columns=columns)
    # Of a step that was measured twice the last counts.
    frame = frame.drop_duplicates(["step", *names], keep="last")
    frame = frame.reset_index(drop=True)
    if wide:
        frame = _widened(log, frame)
    frame.attrs = {"fields": about(log)}
    return frame


def to_xarray(log: Any) -> Any:
    """See `RunLog.to_xarray`."""
    imported("xarray", EXTRA)
    frame = to_frame(log, wide=True)
    epochs = frame.pop("epoch").groupby(level="step").first()
    places = frame.index.to_frame().astype({"data": object, "tap": object})
    frame.index = imported("pandas", EXTRA).MultiIndex.from_frame(places)
    found = frame.to_xarray()
    # It puts coordinates into the order of the alphabet.
    found = found.reindex(
        {
            axis: list(dict.fromkeys(frame.index.get_level_values(axis)))
            for axis in INDEX[:2]
        }
    )
    fields = about(log)
    for column in frame.columns:
        # "zy[colour]/ce" is ce of zy, of the target "colour".
        known = fields[re.sub(r"\[.*\]/", "/", column)]
        found[column].attrs = {
            "long_name": known["meaning"],
            "units": known["unit"],
            "kind": known["kind"],
            "samples": known["rows"],
        }
    # NetCDF has no slashes in its names.
    names = {c: re.sub(r"\W+", "_", c) for c in frame.columns}
    return found.rename(names).assign_coords(
        epoch=("step", epochs.loc[found.step.values].to_numpy())
    )


def about(log: Any) -> dict[str, dict[str, Any]]:
    """What the fields of a log are: meaning, unit, kind, rows, ceilings."""
    return {
        name: {key: known.get(key) for key in ABOUT}
        for name, known in (log.fields | log.pair_fields).items()
    }


def summary(log: Any) -> tuple[str, list[str], list[list]]:
    """A line, and the last values of the plane as a header and rows."""
    names = [name for name in log.default_axes if name]
    names = names or list(log.fields)[:2]
    sets = [name for name in log.data_names if "#" not in name]
    columns = [(name, data) for name in names for data in sets]
    rows = [
        [tap, *(_last(log, tap, *column) for column in columns)]
        for tap in (log.taps if log.steps and names else ())
    ]
    if len(rows) > MOST_ROWS:
        gap = ["...", *([None] * len(columns))]
        rows = [*rows[: MOST_ROWS // 2], gap, *rows[-MOST_ROWS // 2 :]]
    one = len(sets) < 2
    header = [name if one else f"{name} {data}" for name, data in columns]
    return repr(log), ["tap", *header], rows


def _last(log, tap, field, data):
    values = log.series(tap, field, data=data)[1]
    return float(values[-1]) if len(values) else None


def as_text(log: Any) -> str:
    """A log as `print` shows it."""
    line, header, rows = summary(log)
    return f"{line}\n{tables.as_text(header, rows)}" if rows else line


def as_html(log: Any) -> str:
    """A log as a notebook shows it."""
    line, header, rows = summary(log)
    return f"<p>{escape(line)}</p>{tables.as_html(header, rows)}"


def _widened(log, frame):
    """A column a field, named with its target where there are several."""
    several = len(log.targets) > 1
    # Of a damaged folder, some may be of what config.json does not know.
    known = (frame["measure"] + "/" + frame["field"]).isin(list(log.fields))
    known &= frame["data"].isin(log.data_names) & frame["tap"].isin(log.taps)
    frame = frame[known]
    column = frame["measure"]
    if several:
        of = ("[" + frame["target"].astype(object) + "]").fillna("")
        column = column + of
    # In the order of the log, from input to output, not of the alphabet.
    ordered = {
        axis: frame[axis].astype(
            imported("pandas", EXTRA).CategoricalDtype(names)
        )
        for axis, names in (("data", log.data_names), ("tap", log.taps))
    }
    frame = frame.assign(column=column + "/" + frame["field"], **ordered)
    order = list(dict.fromkeys(frame["column"]))
    epochs = frame.groupby(INDEX, observed=True)["epoch"].first()
    wide = frame.set_index([*INDEX, "column"])["value"].unstack("column")
    wide = wide[order].rename_axis(columns=None)
    wide.insert(0, "epoch", epochs)
    return wide
