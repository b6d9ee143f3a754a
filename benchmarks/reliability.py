"""Kills `keras-ib` at random moments, resumes it, and compares.

    python benchmarks/reliability.py --kills 300 --seed 0 --folder kills

Each run is killed one to three times and resumed until it ends. What it
leaves must be that of a run that nobody disturbed, the same files, byte by
byte: the configuration, the log, the weights with those of the optimizer,
tables and figures. So must it be after a training without room on the disk (a
limit on the size of files), and where a second process tried to write to the
folder of one that was stopped meanwhile (SIGSTOP). About 10 s a kill of
`keras-ib train`, and with --reproductions 20 s a kill of `keras-ib reproduce
saxe2018 --quick`; needs POSIX.
"""

import argparse
import collections
from pathlib import Path
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile

KERAS_IB = sys.executable, "-m", "keras_ib_cli"
TRAIN = (
    *("train", "--arch", "mlp", "--num-train", "160", "--epochs", "4"),
    *("--batch-size", "32", "--measures", "zx", "--taps", "head"),
    *("--probe-size", "64"),
)
REPRODUCE = "reproduce", "saxe2018", "--quick"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# What says who wrote, and what a run that was cut off sets aside.
OF_ONE_RUN = {"writer.lock", "superseded.jsonl"}
# Of a reproduction these say how long it took, and where.
TIMES = rb'How it was made(?s:.*)|"seconds": [0-9.e-]+'


def start(folder, command=TRAIN, limit=None):
    """A command in a folder, which goes on where one has begun."""
    resume = command is TRAIN and (folder / CONFIG).exists()

    def limited():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [*KERAS_IB, *command, "--output", folder, *["--resume"] * resume],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def finish(process):
    """Its status, and what it said at the end."""
    errors = process.communicate()[1]
    return process.returncode, errors


def undisturbed(folder, command):
    """Seconds until its folder is there, and until its end."""
    before = time.perf_counter()
    process = start(folder, command)
    while not folder.exists() and process.poll() is None:
        time.sleep(0.01)
    begun = time.perf_counter() - before
    status, errors = finish(process)
    if status:
        sys.exit(f"The command itself fails: {errors}")
    moments = begun, time.perf_counter() - before
    print(f"{command[0]}: folder after {begun:.1f} s, end {moments[1]:.1f} s")
    return moments


def differences(folder, expected):
    """The files that are not what they would have been."""
    names = files(folder) | files(expected)
    return [
        str(name)
        for name in sorted(names)
        if content(folder / name) != content(expected / name)
    ]


def files(folder):
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in OF_ONE_RUN
    }


def content(path):
    """The bytes of a file that do not depend on the clock."""
    if not path.exists():
        return None
    if path.suffix == ".keras":
        # Around the weights is the time of saving.
        with zipfile.ZipFile(path) as archive:
            return archive.read(WEIGHTS)
    return re.sub(TIMES, b"", path.read_bytes())


def killed(folder, command, moments, rng, count):
    """Kills a run so many times, at any moment, and lets it end."""
    hits = 0
    for _ in range(count):
        begun, end = moments if not folder.exists() else (0, moments[1])
        process = start(folder, command)
        # A start takes longer on a busy machine: the first moment counts
        # from the first file on.
        while not folder.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, end - begun))
        hits += process.poll() is None
        process.kill()
        finish(process)
    return hits, ended(folder, command)


def without_room(folder, rng):
    """No file can grow beyond some size; then there is room again."""
    status, errors = finish(start(folder, limit=int(10 ** rng.uniform(2, 5))))
    said = [f"status {status}"] if status not in (0, 1, 2) else []
    return said + ["Traceback"] * ("Traceback" in errors) + ended(folder)


def beside_another(folder, moments, rng):
    """A second writer comes while the first one stands still."""
    process = start(folder)
    time.sleep(rng.uniform(*moments))
    process.send_signal(signal.SIGSTOP)
    said = []
    if (folder / CONFIG).exists() and process.poll() is None:
        status, errors = finish(start(folder))
        if status != 2 or "Another process" not in errors:
            said = [f"the second writer: status {status}, {errors[-200:]}"]
    process.send_signal(signal.SIGCONT)
    finish(process)
    return said + ended(folder)


def ended(folder, command=TRAIN):
    """What a run says that is resumed and does not end well."""
    status, errors = finish(start(folder, command))
    return [] if status == 0 else [f"status {status}: {errors[-200:]}"]


class Campaign:
    """Counts the runs of each kind, and those that came out otherwise."""

    def __init__(self, folder, rng):
        self.folder, self.rng = folder, rng
        self.runs, self.wrong = collections.Counter(), collections.Counter()

    def count(self, kind, said, expected):
        self.runs[kind] += 1
        run = self.folder / "run"
        said = said + differences(run, expected)
        if said:
            self.wrong[kind] += 1
            number = sum(self.wrong.values())
            shutil.move(run, self.folder / f"wrong-{number}")
        else:
            shutil.rmtree(run)
        said = said or ["as if undisturbed"]
        print(kind, self.runs[kind], *said, flush=True)

    def kill(self, command, wanted):
        """Kills runs of a command, so many times in all."""
        expected = self.folder / f"undisturbed-{command[0]}"
        moments = undisturbed(expected, command)
        kills = 0
        while kills < wanted:
            times = min(self.rng.randint(1, 3), wanted - kills)
            run = self.folder / "run"
            hits, said = killed(run, command, moments, self.rng, times)
            kills += hits
            self.count(f"{command[0]}, killed", said, expected)
            print(f"{kills} kills so far", flush=True)
        return expected, moments


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--reproductions", type=int, default=0, metavar="KILLS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--others", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("reliability"))
    given = parser.parse_args()
    campaign = Campaign(given.folder, random.Random(given.seed))
    rng, run = campaign.rng, given.folder / "run"
    if given.kills or given.others:
        expected, moments = campaign.kill(TRAIN, given.kills)
        for _ in range(given.others):
            said = without_room(run, rng)
            campaign.count("without room", said, expected)
            said = beside_another(run, moments, rng)
            campaign.count("beside another", said, expected)
    if given.reproductions:
        campaign.kill(REPRODUCE, given.reproductions)
    for kind, number in campaign.runs.items():
        right = number - campaign.wrong[kind]
        print(f"{kind}: {right} of {number} as if undisturbed")
    sys.exit(bool(campaign.wrong))


if __name__ == "__main__":
    main()
