"""One paper's claims as an experiment in parts that survives being killed."""

from collections.abc import Callable
import os
from pathlib import Path
import platform
import shutil
import time
from typing import Any, ClassVar, NamedTuple

from keras_ib.logs.config import read_json, update_config, write_json
from keras_ib.logs.lock import Lock
from keras_ib.logs.run import read_part
from keras_ib.notices import short
from keras_ib.recorder import versions
from keras_ib.reports import words
from keras_ib.reports.blocks import Report

OPTIONS = "reproduction.json"


class DamagedPartsError(ValueError):
    """What the parts of a reproduction have written cannot be read."""


class Part(NamedTuple):
    """A piece of work that is done once.

    Attributes:
        name: Name of its folder.
        run: Does it, given the folder to write into.
    """

    name: str
    run: Callable[[Path], None]


class Reproduction:
    """Base of all reproductions.

    Args:
        folder: Where parts and report go. If it holds the same reproduction,
            that one goes on: a part that is done is not done again.
        num_seeds: Number of seeds.
        quick: Whether to run so few that only the machinery is shown.

    Raises:
        ValueError: If the folder holds one with other options.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    # Whose claims they are, with a link.
    source: ClassVar[str]
    # Whether every seed has parts of its own, so that seeds can be added.
    seeds_are_parts: ClassVar[bool] = False

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        num_seeds: int,
        quick: bool = False,
        **more: Any,
    ):
        if num_seeds < 1:
            raise ValueError(
                "A reproduction needs one seed or more. Received: "
                f"num_seeds={num_seeds}. Choose 5 or more for intervals."
            )
        self.folder = Path(folder)
        self.lock = Lock(self.folder)
        self.num_seeds = num_seeds
        self.quick = quick
        self.options = {
            "reproduction": self.name,
            "num_seeds": num_seeds,
            "quick": quick,
            **more,
        }

    def parts(self) -> list[Part]:
        """The work, in the order in which it is done."""
        raise NotImplementedError

    def report(self) -> tuple[Report, list, list]:
        """The report, and header and rows of its `table.csv`."""
        raise NotImplementedError

    def part_folder(self, name: str) -> Path:
        """Where the part of this name has written its results."""
        return self.folder / "runs" / name

    def begin(self):
        """Says in the folder what is done there, or checks what it says.

        Raises:
            ValueError: If another process is at it, or it holds another one.
            OSError: If the folder cannot be written.
        """
        self.lock.take()
        path = self.folder / OPTIONS
        if path.exists():
            old = read_json(path)
            if self.seeds_are_parts:
                old["num_seeds"] = self.num_seeds
            if old != self.options:
                raise ValueError(
                    f"{self.folder} holds a reproduction with the options "
                    f"{short(old, 200)}. Received: {self.options}. Give the "
                    "same ones to go on, or another output folder."
                )
        write_json(path, self.options)


def run(
    reproduction: Reproduction,
    command: str,
    say: Callable[[str], Any] = print,
) -> Path:
    """Does all parts that are not done, and writes the report.

    Args:
        reproduction: What to do.
        command: The command that repeats it, for the report.
        say: What prints a line.

    Returns:
        The report's path.

    Raises:
        DamagedPartsError: If what a part has written cannot be read.
    """
    reproduction.begin()
    parts = reproduction.parts()
    waiting = [
        p for p in parts if not reproduction.part_folder(p.name).exists()
    ]
    done, start = len(parts) - len(waiting), time.perf_counter()
    if done:
        say(f"{done} of {len(parts)} parts are done already")
    for count, part in enumerate(waiting, 1):
        seconds = _do(part, reproduction.part_folder(part.name))
        left = (time.perf_counter() - start) / count * (len(waiting) - count)
        say(
            f"[{done + count}/{len(parts)}] {part.name}: {seconds:.0f} s, "
            f"about {left / 60:.0f} min left"
        )
    report, header, rows = _reported(reproduction, parts, command)
    report.write(reproduction.folder, header, rows)
    reproduction.lock.release()
    return reproduction.folder / "report.md"


def _reported(reproduction, parts, command):
    """The signed report of all parts, whose files may be damaged by now."""
    try:
        report, header, rows = reproduction.report()
        _sign(report, reproduction, parts, command)
    except (ValueError, LookupError, TypeError) as error:
        raise DamagedPartsError(
            f"A part in {reproduction.folder / 'runs'} is damaged "
            f"({short(error)}). Remove its folder, and the same command does "
            "it again."
        ) from error
    return report, header, rows


def _do(part, folder):
    """Runs a part in a draft folder, which becomes its folder when done."""
    draft = folder.with_name(folder.name + ".draft")
    if folder.parent.is_symlink():
        raise OSError(f"{folder.parent} is a link; remove it")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    start = time.perf_counter()
    part.run(draft)
    seconds = time.perf_counter() - start
    result = read_part(draft, "result") | {"seconds": seconds}
    update_config(draft, "result", result)
    os.replace(draft, folder)
    return seconds


def _sign(report, reproduction, parts, command):
    """Ends a report with how it was made."""
    seconds = sum(
        read_part(reproduction.part_folder(p.name), "result")["seconds"]
        for p in parts
    )
    packages = ", ".join(f"{n} {v}" for n, v in versions().items())
    report.heading("How it was made")
    report.paragraph(words.name(command))
    report.paragraph(
        f"{seconds / 60:.0f} minutes in {len(parts)} parts on "
        f"{os.cpu_count()} cores ({platform.machine()}); Python "
        f"{platform.python_version()}, {packages}. All numbers are in "
        "`table.csv`; the logs of the parts are in `runs/`, beside a report "
        "that you make yourself."
    )
    if reproduction.quick:
        report.paragraph(
            "This was a quick run, to try the machinery. Its numbers say "
            "nothing about the claims."
        )
