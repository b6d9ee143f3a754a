"""A run folder as a training would leave it, without a training."""

from itertools import combinations
import json

import numpy as np

from keras_ib import measures
from keras_ib.logs.files import CONFIG, ROWS
from keras_ib.logs.lines import reads_x_alone

NUM_ROWS = 360
NUM_FIT = 240
LABEL_ENTROPY = float(np.log(10))


def fields_of(name):
    """The fields of a measure where X is values and Y classes."""
    given = frozenset({"x", "x_id", "y", "y_class"})
    variable = measures.Variable("classes", num_classes=10)
    return measures.MEASURES[name].available(given, variable)


def write(
    folder,
    *,
    taps=("stem", "block_01", "block_02", "block_03", "block_04", "head"),
    names=("zx", "zy"),
    data=("train", "test"),
    last=1000,
    num_steps=24,
    value=None,
    targets=("y",),
):
    """Writes a run whose deeper taps lose X and gain Y; returns the folder.

    Numbers that read Y are the same for all `targets`.
    `value(step, depth, data, measure, field)` replaces the curves, where
    `depth` goes from 0 for the first tap to 1 for the last.
    """
    steps = sorted({0, *np.geomspace(1, last, num_steps).astype(int).tolist()})
    rows = [
        {
            "step": step,
            "epoch": step / 100,
            "data": one,
            "tap": tap,
            "target": target,
            "measure": name,
            "field": field,
            "value": float(
                (value or _value)(
                    step, i / max(len(taps) - 1, 1), one, name, field
                )
            ),
        }
        for step in steps
        for one in data
        for i, tap in enumerate(taps)
        for name in names
        for field in fields_of(name)
        for target in ([None] if reads_x_alone(name, field) else targets)
    ]
    config = _config(taps, names, data)
    config["rows_per_measurement"] = len(rows) // len(steps)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n")
    # NaN as `null`, as a run has it.
    lines = (json.dumps(row).replace("NaN", "null") + "\n" for row in rows)
    (folder / ROWS).write_text("".join(lines))
    return folder


def compare_taps(folder, value):
    """Adds `similarity/cka` to a run: `value(step, i, j)` of two depths."""
    config = json.loads((folder / CONFIG).read_text())
    taps = [tap["name"] for tap in config["taps"]]
    steps, lines = [], (folder / ROWS).read_text()
    for line in lines.splitlines():
        steps.append((json.loads(line)["step"], json.loads(line)["epoch"]))
    rows = [
        {
            **{"step": step, "epoch": epoch, "data": data, "tap": taps[i]},
            **{"target": None, "measure": "similarity", "field": "cka"},
            **{"other": taps[j], "value": float(value(step, i, j))},
        }
        for step, epoch in dict.fromkeys(steps)
        for data in config["data"]
        for i, j in combinations(range(len(taps)), 2)
    ]
    lines += "".join(
        json.dumps(row).replace("NaN", "null") + "\n" for row in rows
    )
    (folder / ROWS).write_text(lines)
    about = vars(measures.Similarity.fields["cka"]) | {"ceiling": None}
    config["measures"]["similarity"] = {
        **{"config": {}, "num_taps": 2, "fields": {"cka": about}},
    }
    (folder / CONFIG).write_text(json.dumps(config))
    return folder


def _config(taps, names, data):
    return {
        "schema": 2,
        "measures": {name: _measure(name, data) for name in names},
        "taps": [{"name": tap, "shape": [16]} for tap in taps],
        "data": {
            one: {
                "num_rows": NUM_ROWS,
                "num_fit": NUM_FIT,
                "num_held_out": NUM_ROWS - NUM_FIT,
                "fingerprint": one,
                "label_entropy": LABEL_ENTROPY,
                "num_classes": 10,
            }
            for one in data
        },
    }


def _measure(name, data):
    fields = {}
    for field, what in fields_of(name).items():
        ceiling = what.ceiling(NUM_ROWS, NUM_FIT, LABEL_ENTROPY)
        fields[field] = {
            "unit": what.unit,
            "kind": what.kind,
            "rows": what.rows,
            "meaning": what.meaning,
            "formula": what.formula,
            "is_check": what.is_check,
            "ceiling": None
            if ceiling is None
            else dict.fromkeys(data, ceiling),
        }
    return {"config": {}, "fields": fields}


def _value(step, depth, data, measure, field):
    learned = step / (step + 30 + 60 * depth)
    forgotten = step / (step + 2000)
    worse = 1.0 if data == "train" else 1.15
    fvu = 0.02 + depth * (0.7 - 0.5 * learned + 0.9 * forgotten)
    ce = 2.3 * (1 - learned * (0.55 + 0.43 * depth)) * worse
    return {
        "fvu": fvu * worse,
        "fvu_se": 0.02 * fvu,
        "mse": 0.9 * fvu,
        "ce": ce,
        "ce_se": 0.06 * ce,
        "accuracy": 0.1 + 0.88 * learned / worse,
        "usable": LABEL_ENTROPY - ce,
        "i_xz": np.log(NUM_ROWS) * (1 - 0.6 * depth * forgotten),
        "i_zy": LABEL_ENTROPY * learned,
        "outside": 0.0,
        "resolution": 1e-3,
        "one_column": 0.1,
    }[field]
