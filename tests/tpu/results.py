"""What the compiler said, one JSON line for each program and chip."""

from importlib.metadata import version
import json
import os

import keras

PACKAGES = ("jax", "libtpu", "tensorflow", "keras")
# JAX's own option, from -1 to 1.
EFFORT = "JAX_EXEC_TIME_OPTIMIZATION_EFFORT"


class Results:
    """A file of results, read once and appended to.

    Args:
        path: A `pathlib.Path`; need not be there.
    """

    def __init__(self, path):
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else ()
        self.rows = [json.loads(line) for line in lines]

    def find(self, case, chips):
        """The row of what compiled before, or None."""
        key = _key(case, chips)
        for row in self.rows:
            if key.items() <= row.items() and row["error"] is None:
                return row
        return None

    def add(self, case, chips, facts) -> dict:
        """Writes a row and returns it."""
        compiler = {name: version(name) for name in PACKAGES}
        compiler["effort"] = os.environ.get(EFFORT, "0")
        row = {**_key(case, chips), **facts, "compiler": compiler}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        self.rows.append(row)
        return row


def _key(case, chips):
    return {
        "backend": keras.config.backend(),
        "kind": case.kind,
        "name": list(case.name),
        "chips": chips,
    }
