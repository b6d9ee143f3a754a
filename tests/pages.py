"""What the Markdown of a page holds: programs, commands, links, pictures."""

from pathlib import Path
import re
import shlex
import subprocess
import sys

from click.testing import CliRunner

from keras_ib_cli.main import main

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(
    r"(?P<before>[^\n]*\n)?^(?P<indent> *)```(?P<language>\w+)[^\n]*\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.M | re.S,
)
NOT_RUN = "<!-- not run -->\n"


def blocks(text, language):
    """The code blocks of a language that are meant to run."""
    return [
        re.sub(rf"^{found['indent']}", "", found["text"], flags=re.M)
        for found in re.finditer(BLOCK, text)
        if found["language"] == language and found["before"] != NOT_RUN
    ]


# Begins each block as a new process would: layers are named from the start.
RUN = """
import keras, runpy, sys
for name in sys.argv[1:]:
    keras.utils.clear_session()
    runpy.run_path(name)
"""


def run(programs, folder):
    """Runs Python blocks one after the other; each has names of its own.

    Returns:
        What they have warned of.
    """
    files = [folder / f"block_{number}.py" for number in range(len(programs))]
    for file, program in zip(files, programs, strict=True):
        file.write_text(program)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *files],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def commands(text):
    """The arguments of every `keras-ib` in the bash blocks."""
    return [
        shlex.split(line, comments=True)[1:]
        for block in blocks(text, "bash")
        for line in map(str.strip, block.replace("\\\n", " ").splitlines())
        if line.startswith("keras-ib")
    ]


def check_commands(text):
    """Asserts that the command line knows the commands and their options."""
    for line in commands(text):
        # `--help` reads the options before it.
        result = CliRunner().invoke(main, [*line, "--help"])
        assert result.exit_code == 0, (line, result.output)


def without_code(text):
    """The text without blocks and spans of code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(BLOCK, "", text))


def links(text):
    """Targets of links and pictures that are files."""
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", without_code(text))
    return [t for t in found if not re.match(r"[a-z]+:", t)]


def pictures(text):
    """`(alternative text, target)` of every picture."""
    return re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", without_code(text))
