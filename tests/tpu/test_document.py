"""The document says of everything what became of it."""

from pathlib import Path

import pytest
from tpu.cases import CASES
from tpu.table import BEGIN, COLUMNS, END, TARGETS, TITLES, WAITING, tables

from keras_ib.measures import MEASURES

DOCUMENT = Path(__file__).parents[2] / "docs" / "tpu.md"


def rows():
    """`{(kind, *name): cells}` of all rows of all tables."""
    text = DOCUMENT.read_text().split(BEGIN)[1].split(END)[0]
    found = {}
    for kind, title in TITLES.items():
        table = text.split(f"### {title}\n")[1].split("###")[0]
        for line in table.splitlines():
            if line.startswith("| "):
                cells = [cell.strip() for cell in line[1:-1].split("|")]
                name, cells = cells[: -len(TARGETS)], cells[-len(TARGETS) :]
                found[kind, *name] = cells
    return found


def test_every_measure_is_a_case():
    names = {case.name[0] for case in CASES if case.kind == "measure"}
    assert set(MEASURES) <= names


def test_the_rows_of_what_was_compiled_are_whole():
    found = rows()
    for case in CASES:
        # A new case need not wait for `.ci/tpu`, which takes two hours.
        cells = found.get((case.kind, *case.name), [WAITING])
        if WAITING in cells:
            continue
        assert "" not in cells, case


def row(**changes):
    return {
        "backend": "jax",
        "kind": "measure",
        "name": ["zx", "128"],
        "chips": "v5e",
        "error": None,
        "hbm": 85_163_008,
        "seconds": 0.00049,
        "unknown": 0,
        "compile_seconds": 90.0,
        "compiler": {"jax": "1.2", "effort": "-1"},
    } | changes


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({}, "85 MB, 0.49 ms"),
        ({"unknown": 3}, "85 MB, 0.49 ms + 3"),
        ({"error": "E: no sort\nat all"}, "**does not compile**"),
    ],
)
def test_cells(changes, cell):
    text = tables([row(**changes)])
    assert f"| zx | 128 |  |  | {cell} |  |  |" in text
    assert ("(JAX, v5e): `E: no sort`" in text) == ("error" in changes)
    assert "1 programs, compiled in 2 minutes by jax 1.2, effort -1" in text


def test_a_case_without_a_result_waits():
    text = tables([row()], [("measure", ("zx", "128")), ("eigh", ("1,024",))])
    assert text.count("| zx | 128 |") == 1
    assert f"| 1,024 | {' | '.join([WAITING] * 5)} |" in text


def test_every_kind_has_its_columns():
    assert {case.kind for case in CASES} == set(COLUMNS)
