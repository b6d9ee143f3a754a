"""Every example runs, in its quick form."""

from pathlib import Path
import subprocess
import sys

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, tmp_path):
    done = subprocess.run(
        [sys.executable, path, "--quick", tmp_path / "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "run").glob("*.png"))


def test_there_are_examples():
    assert EXAMPLES
    for path in EXAMPLES:
        # The docstring says what to expect and how long it takes.
        assert "xpect" in path.read_text().split('"""')[1], path
