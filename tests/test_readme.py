"""The README's programs run as they are printed."""

import os
from pathlib import Path
import re
import shlex
import subprocess
import sys

from click.testing import CliRunner
import pytest

from keras_ib_cli.main import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_program(number, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    if number == 0:
        assert (tmp_path / "plane.png").exists()


def test_the_first_program_is_short():
    lines = blocks("python")[0].splitlines()
    assert len(list(filter(None, lines))) <= 12


def test_commands_are_known():
    # Their options, that is: `--help` reads the ones before it.
    lines = [
        shlex.split(line, comments=True)[1:]
        for block in blocks("bash")
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("keras-ib")
    ]
    assert len(lines) >= 4
    for line in lines:
        result = CliRunner().invoke(main, [*line, "--help"])
        assert result.exit_code == 0, (line, result.output)


def test_links_to_files_are_alive():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_there_is_no_machine_path():
    home = os.path.expanduser("~")
    assert home == "/" or home not in README
