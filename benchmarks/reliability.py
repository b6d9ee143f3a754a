"""Kills `keras-ib train` at random moments, resumes it, and compares.

    python benchmarks/reliability.py --kills 300 --seed 0 --folder kills

Each run is killed one to three times and resumed until it ends. What it
leaves must be that of a run that nobody disturbed, byte by byte: the
configuration, the log, the weights with those of the optimizer, the figures.
So must it be after a training without room on the disk (a limit on the size
of files), and where a second process tried to write to the folder of one that
was stopped meanwhile (SIGSTOP). About 10 s a kill; needs POSIX.
"""

import argparse
import collections
from pathlib import Path
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile

COMMAND = (
    *(sys.executable, "-m", "keras_ib_cli", "train", "--arch", "mlp"),
    *("--num-train", "160", "--epochs", "4", "--batch-size", "32"),
    *("--measures", "zx", "--taps", "head", "--probe-size", "64"),
)
FILES = ("config.json", "info_plane.jsonl", "dynamics.png")
MODEL, WEIGHTS = "model.keras", "model.weights.h5"


def start(folder, limit=None):
    """A training in a folder, which goes on where one has begun."""
    resume = ["--resume"] if (folder / FILES[0]).exists() else []

    def limited():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [*COMMAND, "--output", folder, *resume],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def finish(process):
    """Its status, and what it said at the end."""
    errors = process.communicate()[1]
    return process.returncode, errors


def undisturbed(folder):
    """Seconds until its folder is there, and until its end."""
    before = time.perf_counter()
    process = start(folder)
    while not folder.exists() and process.poll() is None:
        time.sleep(0.01)
    begun = time.perf_counter() - before
    status, errors = finish(process)
    if status:
        sys.exit(f"The training itself fails: {errors}")
    return begun, time.perf_counter() - before


def differences(folder, expected):
    """The files that are not what they would have been."""
    found = [
        name
        for name in FILES
        if content(folder / name) != content(expected / name)
    ]
    if weights(folder) != weights(expected):
        found.append(MODEL)
    return found


def content(path):
    return path.read_bytes() if path.exists() else None


def weights(folder):
    """The bytes of all weights; around them is the time of saving."""
    if not (folder / MODEL).exists():
        return None
    with zipfile.ZipFile(folder / MODEL) as archive:
        return archive.read(WEIGHTS)


def killed(folder, moments, rng, count):
    """Kills a run so many times, at any moment, and lets it end."""
    hits = 0
    for _ in range(count):
        process = start(folder)
        time.sleep(rng.uniform(*moments))
        hits += process.poll() is None
        process.kill()
        finish(process)
    return hits, ended(folder)


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
    if (folder / FILES[0]).exists() and process.poll() is None:
        status, errors = finish(start(folder))
        if status != 2 or "Another process" not in errors:
            said = [f"the second writer: status {status}, {errors[-200:]}"]
    process.send_signal(signal.SIGCONT)
    finish(process)
    return said + ended(folder)


def ended(folder):
    """What a run says that is resumed and does not end well."""
    status, errors = finish(start(folder))
    return [] if status == 0 else [f"status {status}: {errors[-200:]}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--others", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("reliability"))
    given = parser.parse_args()
    rng = random.Random(given.seed)
    expected = given.folder / "undisturbed"
    moments = undisturbed(expected)
    print(f"folder after {moments[0]:.1f} s, end after {moments[1]:.1f} s")
    runs, wrong = collections.Counter(), collections.Counter()

    def count(kind, said):
        runs[kind] += 1
        folder = given.folder / "run"
        said = said + differences(folder, expected)
        if said:
            wrong[kind] += 1
            shutil.move(folder, given.folder / f"wrong-{sum(wrong.values())}")
        else:
            shutil.rmtree(folder)
        print(kind, runs[kind], *(said or ["as if undisturbed"]), flush=True)

    kills = 0
    while kills < given.kills:
        times = min(rng.randint(1, 3), given.kills - kills)
        hits, said = killed(given.folder / "run", moments, rng, times)
        kills += hits
        count("killed", said)
        print(f"{kills} kills so far", flush=True)
    for _ in range(given.others):
        count("without room", without_room(given.folder / "run", rng))
        count(
            "beside another",
            beside_another(given.folder / "run", moments, rng),
        )
    print(f"{kills} kills in {runs['killed']} runs")
    for kind, number in runs.items():
        print(f"{kind}: {number - wrong[kind]} of {number} as if undisturbed")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
