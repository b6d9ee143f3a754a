"""The tables of what compiled, from the results into a document.

python -m tpu.table RESULTS DOCUMENT
"""

import json
from pathlib import Path
import sys

WAITING = "not compiled yet"
BEGIN, END = "<!-- tables: .ci/tpu -->\n", "<!-- end of tables -->\n"
COLUMNS = {
    "measure": ("Measure", "d"),
    "eigh": ("Matrix",),
    "tap pass": ("Model", "Shortcut", "Precision"),
    "training step": ("Model", "Shortcut", "Precision"),
}
TITLES = {
    "measure": "Measures of one tap of 2,048 rows",
    "eigh": "Eigenvectors of a symmetric matrix",
    "tap pass": "2,048 images through a model, and the outputs of all taps",
    "training step": "Training step of 128 images",
}
TARGETS = {
    ("tensorflow", "v5e"): "TensorFlow, v5e",
    ("tensorflow", "v6e"): "TensorFlow, v6e",
    ("jax", "v5e"): "JAX, v5e",
    ("jax", "v6e"): "JAX, v6e",
    ("jax", "4 x v5e"): "JAX, each of 4 v5e",
}


def tables(rows, cases=()) -> str:
    """Markdown: one table a kind, and the errors of what did not compile.

    Args:
        rows: Results, dicts.
        cases: `(kind, name)` of all that there shall be a row of.
    """
    parts = [_compilers(rows)]
    for kind, title in TITLES.items():
        found = [row for row in rows if row["kind"] == kind]
        names = [name for of_kind, name in cases if of_kind == kind]
        parts.append(f"### {title}\n\n{_table(kind, found, names)}")
    errors = [_error(row) for row in rows if row["error"] is not None]
    if errors:
        parts.append("\n".join(["### What does not compile", "", *errors]))
    return "\n\n".join(parts) + "\n"


def _table(kind, rows, names):
    cells = {}
    for row in rows:
        target = row["backend"], row["chips"]
        cells.setdefault(tuple(row["name"]), {})[target] = _cell(row)
    waiting = dict.fromkeys(TARGETS, WAITING)
    cells |= {name: waiting for name in names if name not in cells}
    lines = [
        [*COLUMNS[kind], *TARGETS.values()],
        ["---"] * (len(COLUMNS[kind]) + len(TARGETS)),
        *(
            [*name, *(found.get(target, "") for target in TARGETS)]
            for name, found in cells.items()
        ),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row):
    if row["error"] is not None:
        return "**does not compile**"
    unknown = f" + {row['unknown']}" if row["unknown"] else ""
    time = 1e3 * row["seconds"]
    return f"{row['hbm'] / 1e6:,.0f} MB, {time:.2g} ms{unknown}"


def _compilers(rows):
    compilers = {
        ", ".join(f"{name} {v}" for name, v in row["compiler"].items())
        for row in rows
    }
    minutes = sum(row.get("compile_seconds", 0) for row in rows) / 60
    return (
        f"{len(rows)} programs, compiled in {minutes:.0f} minutes by "
        f"{' and by '.join(sorted(compilers))}."
    )


def _error(row):
    where = TARGETS[row["backend"], row["chips"]]
    first = row["error"].splitlines()[0]
    return f"- {', '.join(row['name'])} ({where}): `{first}`"


def write(results: Path, document: Path):
    """Puts the tables of a file of results between the marks of a document."""
    from tpu.cases import CASES

    cases = [(case.kind, case.name) for case in CASES]
    rows = {}
    # Of a program that was tried again, the last line counts.
    for line in results.read_text().splitlines():
        row = json.loads(line)
        key = row["backend"], row["kind"], *row["name"], row["chips"]
        rows[key] = row
    before, rest = document.read_text().split(BEGIN)
    after = rest.split(END)[1]
    document.write_text(
        f"{before}{BEGIN}\n{tables(list(rows.values()), cases)}\n{END}{after}"
    )


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
