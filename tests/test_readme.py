"""The README's programs run as they are printed."""

import os

import pages
import pytest

README = (pages.ROOT / "README.md").read_text()
PROGRAMS = pages.blocks(README, "python")


@pytest.mark.slow
def test_programs(tmp_path):
    pages.run(PROGRAMS, tmp_path)
    assert (tmp_path / "plane.png").exists()


def test_the_first_program_is_short():
    lines = PROGRAMS[0].splitlines()
    assert len(list(filter(None, lines))) <= 12


def test_is_one_screen():
    assert len(README.splitlines()) <= 80


def test_commands_are_known():
    # The two that .ci/run begins with.
    assert "\npip install . " in README
    assert ["train", "--arch", "mixer"] in pages.commands(README)
    pages.check_commands(README)


def test_there_is_no_machine_path():
    home = os.path.expanduser("~")
    assert home == "/" or home not in README
