"""Every file is written as a draft that takes its place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for room in ("keras_ib", "cli") for path in (ROOT / room).rglob("*.py")
)
WRITERS = {
    *("write_text", "write_bytes", "savefig", "save", "savez", "dump"),
    *("savez_compressed", "to_csv", "to_parquet", "to_netcdf", "save_weights"),
}
# The helper itself, and what leads to no file of a run.
ALLOWED = {
    ("keras_ib/logs/files.py", "open"),
    ("keras_ib/logs/lock.py", "open"),
    ("keras_ib/checkpoints/measure.py", "save_weights"),
    ("keras_ib/plotting/pages.py", "save"),  # By the helper.
    ("cli/main.py", "open"),
}


def writing_calls(path):
    """`(function, what it writes to)` of all calls that may write a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if ast.unparse(node.func) == "axes.save":
            continue  # It makes a draft of a figure.
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        modes = [a.value for a in node.args if isinstance(a, ast.Constant)]
        is_open = name == "open" and any(
            isinstance(mode, str) and set(mode) & set("wax+") for mode in modes
        )
        if is_open or name in WRITERS:
            # Of a path, what is written to is the object.
            of_path = name in ("write_text", "write_bytes")
            target = node.func.value if of_path else node.args[0]
            yield name, ast.unparse(target)


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_files_are_written_as_drafts(path):
    for name, target in writing_calls(path):
        is_draft = target in ("draft", "buffer")
        place = (str(path.relative_to(ROOT)), name)
        assert is_draft or place in ALLOWED, (name, target)
