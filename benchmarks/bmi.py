"""Trained bounds and `ksg` on the 40 tasks of Czyz et al. (2023).

    python benchmarks/bmi.py                       # ours, one seed
    python benchmarks/bmi.py --seeds 3 --bmi /path/to/python

`--bmi` is the Python of an environment with benchmark-mi 0.1.3, which needs
JAX below 0.5 and NumPy below 2, and so cannot share ours: its InfoNCE sees the
same samples, 5,000 rows each, half to train on and half held out, as ours.
Seconds are of one process on one thread each, with compiling, which every task
needs anew on either side; ours are those of all four bounds together.

A row is printed when it is there, JSON for `--json`. Then, of each estimator:
the root of the mean squared error over what was run, the least value, and how
many values lie above the truth by more than two standard errors.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from bmi_tasks import TASKS
import numpy as np

import keras_ib

NUM_ROWS = 5000
BOUNDS = ("infonce", "nwj", "dv", "smile")
THEIRS = """
import sys, time
import numpy as np
from bmi.estimators import InfoNCEEstimator
rows = np.load(sys.argv[1])
start = time.perf_counter()
found = InfoNCEEstimator(verbose=False).estimate(rows["x"], rows["z"])
print(float(found), time.perf_counter() - start)
"""


def ours(rows):
    """`{estimator: (value, standard error)}`, and the seconds of the bounds."""
    start = time.perf_counter()
    found = keras_ib.measure(**rows, measures=BOUNDS)
    seconds = time.perf_counter() - start
    values = {}
    for name, fields in found.items():
        value, error = list(fields.values())[:2]
        values[name] = value, error
    ksg = keras_ib.measure(**rows, measures="ksg")["ksg"]["i_xz"]
    return values | {"ksg": (ksg, None)}, seconds


def theirs(python, rows):
    """Value and seconds of bmi's InfoNCE, in its own environment."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file.name, **rows)
        command = [python, "-c", THEIRS, file.name]
        output = subprocess.check_output(command, text=True)
    return tuple(map(float, output.split()[-2:]))


def run(task, seed, python):
    """One row of the table."""
    rows = task.sample(NUM_ROWS, seed)
    values, seconds = ours(rows)
    row = {"task": task.name, "seed": seed, "truth": task.mutual_information}
    row |= {name: value for name, (value, _) in values.items()}
    row |= {f"{name}_se": se for name, (_, se) in values.items() if se}
    row["seconds"] = seconds
    if python:
        row["bmi"], row["bmi_seconds"] = theirs(python, rows)
    return row


def summary(rows):
    """`{estimator: (RMSE, least value, number too high)}`."""
    found = {}
    for name in (*BOUNDS, "ksg", "bmi"):
        some = [row for row in rows if name in row]
        if some:
            errors = np.array([row[name] - row["truth"] for row in some])
            limits = [2 * row.get(f"{name}_se", np.inf) for row in some]
            least = min(row[name] for row in some)
            rmse = np.sqrt(np.mean(errors**2))
            found[name] = rmse, least, int(np.sum(errors > limits))
    return found


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--bmi", help="a Python that has benchmark-mi")
    parser.add_argument("--tasks", help="names, with | between them")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = parsed()
    names = options.tasks.split("|") if options.tasks else list(TASKS)
    columns = ("truth", *BOUNDS, "ksg", "bmi", "seconds", "bmi_seconds")
    print(f"{'task':34}", *(f"{c:>11}" for c in columns), file=sys.stderr)
    rows = []
    for seed in range(options.seeds):
        for name in names:
            rows.append(run(TASKS[name], seed, options.bmi))
            cells = [rows[-1].get(c, float("nan")) for c in columns]
            text = " ".join(f"{cell:11.3f}" for cell in cells)
            line = json.dumps(rows[-1]) if options.json else f"{name:34} {text}"
            print(line, flush=True)
    for name, (rmse, least, high) in summary(rows).items():
        line = f"{name}: RMSE {rmse:.3f}, least {least:.3f}, too high {high}"
        print(f"{line} of {len(rows)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
