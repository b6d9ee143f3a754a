"""Processor time and memory of reading and drawing a long log.

    python benchmarks/reading.py --lines 1000000

Each in a process of its own; memory is the most that the process held, less
what it held after its imports.
"""

import argparse
import json
from pathlib import Path
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from keras_ib import plotting
from keras_ib.logs.files import CONFIG, ROWS
from keras_ib.logs.jsonl import JSONLines
from keras_ib.logs.run import RunLog

TAPS = [f"block_{i:02d}" for i in range(1, 11)]
SETS = "train", "test"
FIELDS = {"zx": ["fvu", "fvu_se"], "zy": ["ce", "ce_se", "accuracy"]}
UNIT = {"unit": "1", "kind": "estimate", "formula": None}


def write(folder, num_lines):
    """A run of ten taps and two probe sets, some 10,000 measurements."""
    measures = {
        name: {"config": {}, "fields": dict.fromkeys(fields, UNIT)}
        for name, fields in FIELDS.items()
    }
    config = {
        "schema": 2,
        "measures": measures,
        "taps": [{"name": name, "shape": [8]} for name in TAPS],
        "data": {name: {} for name in SETS},
        "rows_per_measurement": len(TAPS) * len(SETS) * 5,
    }
    (folder / CONFIG).write_text(json.dumps(config))
    values = iter(np.random.default_rng(0).random(num_lines).tolist())
    with open(folder / ROWS, "w") as file:
        for step in range(num_lines // config["rows_per_measurement"]):
            for row in _places():
                moment = {"step": step, "epoch": step / 390}
                line = moment | row | {"value": next(values)}
                file.write(json.dumps(line) + "\n")


def _places():
    return [
        {
            "data": data,
            "tap": tap,
            "target": "y" if measure == "zy" else None,
            "measure": measure,
            "field": field,
        }
        for data in SETS
        for tap in TAPS
        for measure, fields in FIELDS.items()
        for field in fields
    ]


def go_on(folder):
    """Takes up the run and appends a measurement."""
    config = json.loads((Path(folder) / CONFIG).read_text())
    step = RunLog(folder).steps[-1]
    writer = JSONLines(folder)
    writer.open(config, step)
    more = {"step": step + 1, "epoch": 0.0, "value": 0.5}
    writer.write([row | more for row in _places()])
    before = time.process_time()
    writer.write([row | more | {"step": step + 2} for row in _places()])
    print(f"| one more measurement | {time.process_time() - before:.3f} | |")
    writer.close()


CASES = {
    "`RunLog`": RunLog,
    "`plotting.plane`, 20 curves": plotting.plane,
    "`RunLog`, then going on in the folder": go_on,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        name, folder = given.case
        before, held = time.process_time(), _peak()
        CASES[name](folder)
        seconds = time.process_time() - before
        print(f"| {name} | {seconds:.2f} | {_peak() - held:.0f} |")
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), given.lines)
        print("| Case | Seconds | MB |\n|---|---|---|", flush=True)
        for name in CASES:
            command = [sys.executable, __file__, "--case", name, folder]
            subprocess.run(command, check=True)


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
