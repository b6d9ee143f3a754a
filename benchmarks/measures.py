"""What the measures cost beside plain statements, packages and bare limits.

    python benchmarks/measures.py              # about 25 minutes on 2 cores
    python benchmarks/measures.py --quick      # within a minute
    python benchmarks/measures.py --measures kde,pairwise --sizes 4096x1024

X are 64 columns that follow two hidden ones, Z the tanh of other mixtures of
them, `[n, d]`, Y ten classes. The tables:

- statements: a measure, compiled, against the oracle of the tests: NumPy in
  float64, whole `[n, n]` matrices, their distances from |a|^2 + |b|^2 - 2 ab as
  scripts of the literature make them. Where their form is cheaper than the
  oracle's, it is timed instead: see `statements.py`. *Faster* is theirs over
  ours; what the first call took more, tracing, is apart. *Off* is the largest
  difference of a field to the same statement with distances by differences,
  where those take less than some ten seconds, and to the statement itself
  elsewhere.
- slopes: of the seconds of a measure, the exponents of n and of d.
- limits: the bounds of `kde`, and all pairwise measures together, over the
  bare scalar products of all rows (aims: 1.5 from 256 columns on, and 2);
  `binning` and `ebab` over one sort of all values (aim: 3).
- packages: `ksg`, which gives I(X;Z) and I(Z;Y) at once, against packages of
  neighbours, for one of them. With one column all have the same quantity;
  with more, theirs is of the largest norm and ours of the Euclidean one. The
  other estimators of these packages are of other quantities than ours.
- memory: the peak of a first call above the activations, each in a fresh
  process, for the largest size (aim: 2 GB for 10,000 x 8,192).
- learned: the measures that train networks, without a peer.

A ratio is the median of up to five alternating pairs of runs, so that what
else the machine does falls on both; of fewer where a run takes seconds. The
machine must be idle all the same: BLAS threads that wait for each other on a
busy one make eigvalsh take a hundred times its time. What would take others
more than a minute is left out, its expected seconds in brackets. `--quick`
has no memory and nothing learned.
"""

import argparse
from functools import cached_property, partial
import importlib
import os
from pathlib import Path
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from keras import ops
import numpy as np
from statements import BETA, NUM_CLASSES, STATEMENTS, ExactSamples, Samples

from keras_ib import measures, runtime

SIZES = [(n, d) for n in (1000, 4096, 10_000) for d in (10, 128, 1024, 8192)]
QUICK_SIZES = [(1000, 10), (1000, 1024)]
LEARNED_SIZE = (2048, 256)
NUM_COLUMNS = 64
MAX_ROUNDS = 5
ROUNDS_SECONDS = 10.0  # Of all runs of the slower one, unless it is one run.
LONGEST_SECONDS = 60.0
LARGEST_EXACT = 10**10  # Differences in all distances of the reference.


MEASURES = {
    "kde": (measures.KDE(),),
    "binning": (measures.Binning(),),
    "ebab": (measures.EBAB(),),
    "renyi": (measures.Renyi(),),
    "renyi_2": (measures.Renyi(2),),
    "logdet": (measures.LogDet(BETA),),
    "hsic": (measures.HSIC(),),
    "cs": (measures.CauchySchwarz(),),
    "ksg": (measures.KSG(),),
    "pairwise": (
        measures.KDE(),
        measures.AKDE(),
        measures.CauchySchwarz(),
        measures.HSIC(),
        measures.Renyi(2),
        measures.KSG(),
    ),
    "networks": measures.get(("zx_network", "zy_network")),
    "variational": measures.get(("infonce", "nwj", "dv", "smile")),
}
LEARNED = {"networks", "variational"}
# Package and function; the field; whether several columns are one variable.
PACKAGES = (
    (
        "ennemi.estimate_mi",
        "i_xz",
        False,
        lambda mi, x, z, y: mi(z[:, 0], x, preprocess=False),
    ),
    (
        "ennemi.estimate_mi",
        "i_zy",
        False,
        lambda mi, x, z, y: mi(y, z, preprocess=False, discrete_y=True),
    ),
    (
        "sklearn.feature_selection.mutual_info_regression",
        "i_xz",
        False,
        lambda mi, x, z, y: mi(x, z[:, 0], random_state=0),
    ),
    (
        "sklearn.feature_selection.mutual_info_classif",
        "i_zy",
        False,
        lambda mi, x, z, y: mi(z, y, random_state=0),
    ),
    (
        "infomeasure.mutual_information",
        "i_xz",
        True,
        lambda mi, x, z, y: mi(x, z, approach="ksg", k=3, base="e"),
    ),
    ("npeet_plus.mi", "i_xz", True, lambda mi, x, z, y: mi(x, z, base=np.e)),
)


# Data, calls and clocks.


class Data:
    """X, Z and Y of one size, float32 as layers return them."""

    def __init__(self, n, d):
        rng = np.random.default_rng(0)
        hidden = rng.standard_normal((n, 2), "float32")
        self.x = hidden @ rng.standard_normal((2, NUM_COLUMNS), "float32")
        self.z = hidden @ rng.standard_normal((2, d), "float32")
        np.tanh(self.z, out=self.z)
        self.z *= (2 / d) ** 0.5
        turns = np.arctan2(*hidden.T) / (2 * np.pi)
        self.y = (turns % 1 * NUM_CLASSES).astype("int32")

    @cached_property
    def rows(self):
        return Samples(self.z.astype(float), self.x.astype(float), self.y)

    @cached_property
    def exact(self):
        """The reference, or None where it would take too long."""
        n, d = self.z.shape
        is_short = n * n * d <= LARGEST_EXACT
        return ExactSamples(*vars(self.rows).values()) if is_short else None


class NormalPairs(Data):
    """X and Z of correlation 0.75, column by column, of variance 1."""

    def __init__(self, n, d):
        rng = np.random.default_rng(0)
        x, noise = rng.standard_normal((2, n, d))
        z = 0.75 * x + (1 - 0.75**2) ** 0.5 * noise
        self.x, self.z = ((a / a.std(axis=0)).astype("float32") for a in (x, z))
        self.y = (rng.integers(0, 5, n) + (x[:, 0] > 0)).astype("int32")


def compiled(chosen, data):
    """The measures, as a call that returns `{measure: {field: float}}`."""
    n = len(data.z)
    function = runtime.backend.compiled(
        runtime.Evaluator(
            chosen,
            n // 2,
            NUM_CLASSES,
            runtime.backend.compiled,
            runtime.backend.operations(),
        ).__call__
    )
    arrays = {"x": data.x, "y": data.y, "x_id": np.arange(n, dtype="int32")}
    tensors = {name: ops.convert_to_tensor(a) for name, a in arrays.items()}
    outputs = {"z": ops.convert_to_tensor(data.z)}

    def call():
        return {
            name: {field: float(value) for field, value in fields.items()}
            for name, fields in function(outputs, tensors)["z"].items()
        }

    return call


def bare_products(data):
    """`z @ z.T`, as many rows at once as the measures take; none is kept."""
    n, d = data.z.shape
    size = -(-n // -(-n // 1024))

    def add(start, total):
        rows = ops.slice(z, (ops.minimum(start, n - size), 0), (size, d))
        product = ops.matmul(rows, ops.transpose(z))
        return start + size, total + product[0, 0]

    def products(z):
        return ops.while_loop(lambda start, _: start < n, add, (0, 0.0))[1]

    z = ops.convert_to_tensor(data.z)
    function = runtime.backend.compiled(products)
    return lambda: float(function(z))


def bare_sort(data):
    """All values in order."""
    function = runtime.backend.compiled(
        lambda z: ops.sort(ops.reshape(z, (-1,)))[0]
    )
    z = ops.convert_to_tensor(data.z)
    return lambda: float(function(z))


LIMITS = {
    "kde": bare_products,
    "pairwise": bare_products,
    "binning": bare_sort,
    "ebab": bare_sort,
}


class Clock:
    """A call that keeps what it returned."""

    def __init__(self, call):
        self._call = call
        self.value = None

    def run(self):
        """Seconds of one run."""
        start = time.perf_counter()
        self.value = self._call()
        return time.perf_counter() - start


def warm(call):
    """A clock that has run once, so that nothing is left to trace."""
    clock = Clock(call)
    clock.run()
    return clock


def race(ours, theirs):
    """Median seconds of both, and of their ratio, in alternating runs."""
    times = [(ours.run(), theirs.run())]
    rounds = min(MAX_ROUNDS, int(ROUNDS_SECONDS / max(times[0])))
    times += [(ours.run(), theirs.run()) for _ in range(rounds - 1)]
    a, b = np.transpose(times)
    return tuple(float(np.median(values)) for values in (a, b, b / a))


def short_race(ours, theirs, expected):
    """A race, unless the others are expected to take more than a minute."""
    if expected <= LONGEST_SECONDS:
        return race(ours, theirs)
    return ours.run(), f"({expected:.0f})", None


def largest_difference(found, reference):
    return max(abs(value - reference[field]) for field, value in found.items())


def exponent(times, axis, fixed):
    """Of the seconds, over the sizes whose other axis is fixed."""
    sizes = [size for size in times if size[1 - axis] == fixed]
    if len(sizes) < 2:
        return None
    logs = np.log([(size[axis], times[size]) for size in sizes])
    return float(np.polyfit(*logs.T, 1)[0])


def peak(name, n, d, side):
    """MB that a first run needs above the activations; of the process."""

    def call(data):
        if side == "ours":
            return compiled(MEASURES[name], data)
        return partial(STATEMENTS[name], data.rows)

    call(Data(64, 10))()
    run = call(Data(n, d))
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # Forgets the peak.
    run()
    return round(resident("VmHWM") - before)


def resident(field):
    """MB, by a field of the process status."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split(f"{field}:")[1].split()[0]) * 1024 / 1e6


def peak_apart(*cell):
    """`peak`, in a process of its own."""
    command = [sys.executable, __file__, "--cell", ",".join(map(str, cell))]
    try:
        found = subprocess.check_output(command, timeout=2 * LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return "too long"
    return int(found)


# The tables.


def table(title, columns, markdown):
    """Prints the head, and returns what prints a row."""

    def row(*cells):
        texts = [_text(cell) for cell in cells]
        if markdown:
            line = f"| {' | '.join(texts)} |"
        else:
            line = texts[0].ljust(24) + "".join(t.rjust(11) for t in texts[1:])
        print(line, flush=True)

    print(f"\n{title}\n")
    row(*columns)
    if markdown:
        row(*("---" for _ in columns))
    return row


def _text(cell):
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.3g}" if isinstance(cell, float) else cell or "-"


def statements(names, sizes, markdown):
    """Returns the seconds of ours, `{name: {(n, d): seconds}}`."""
    columns = "measure n d ours statement faster tracing off off-theirs"
    row = table("Statements", columns.split(), markdown)
    times, faster = {name: {} for name in names}, dict.fromkeys(names, 0.0)
    for n, d in sizes:
        data = Data(n, d)
        for name in names:
            ours = Clock(compiled(MEASURES[name], data))
            theirs = Clock(partial(STATEMENTS[name], data.rows))
            first = ours.run()
            seconds, *others = short_race(ours, theirs, first * faster[name])
            off = differences(name, data, ours.value, theirs.value)
            row(name, n, d, seconds, *others, first - seconds, *off)
            times[name][n, d] = seconds
            faster[name] = others[1] or faster[name]
    return times


def differences(name, data, ours, theirs):
    """The largest to the reference: of ours, and of the statement."""
    if theirs is None:
        return None, None
    (ours,) = ours.values()
    if data.exact is None:
        return largest_difference(ours, theirs), None
    reference = STATEMENTS[name](data.exact)
    return tuple(largest_difference(v, reference) for v in (ours, theirs))


def slopes(times, markdown):
    """Exponents of n at the most columns, and of d at the most rows."""
    row = table("Slopes", ("measure", "of n", "of d"), markdown)
    for name, found in times.items():
        most = np.max(list(found), axis=0)
        row(name, *(exponent(found, i, most[1 - i]) for i in (0, 1)))


def limits(names, sizes, markdown):
    columns = ["measure", "limit", "n", "d", "ours", "bare", "over"]
    row = table("Limits", columns, markdown)
    for n, d in sizes:
        data = Data(n, d)
        bare = {f: warm(f(data)) for f in {LIMITS[name] for name in names}}
        for name in names:
            limit = LIMITS[name]
            ours = warm(compiled(MEASURES[name], data))
            least, seconds, over = race(bare[limit], ours)
            row(name, limit.__name__, n, d, seconds, least, over)


def packages(sizes, markdown):
    columns = ["function", "field", "n", "d", "ours", "theirs", "faster", "off"]
    row = table("Packages, against ksg", columns, markdown)
    faster = {}
    for n, d in sizes:
        data = NormalPairs(n, d)
        ours = warm(compiled(MEASURES["ksg"], data))
        for path, field, is_joint, call in PACKAGES:
            if d == 1 or is_joint:
                expected = ours.run() * faster.get(path, 0.0)
                cells = against(path, call, field, data, ours, expected)
                row(path.partition(".")[0], field, n, d, *cells)
                faster[path] = cells[2] or 0.0


def against(path, call, field, data, ours, expected):
    """Seconds of both, their ratio, and how far the numbers are apart."""
    module, _, name = path.rpartition(".")
    try:
        function = getattr(importlib.import_module(module), name)
    except ImportError:
        return None, "not installed", None, None

    def found(data):
        return np.ravel(call(function, data.x, data.z, data.y))[0]

    found(NormalPairs(100, data.z.shape[1]))
    theirs = Clock(partial(found, data))
    cells = short_race(ours, theirs, expected)
    if theirs.value is None:
        return *cells, None
    return *cells, abs(theirs.value - ours.value["ksg"][field])


def memory(names, size, markdown):
    columns = ["measure", "n", "d", "ours", "statement"]
    row = table("Memory, MB above the activations", columns, markdown)
    for name in names:
        has_statement = name in STATEMENTS
        theirs = peak_apart(name, *size, "statement") if has_statement else None
        row(name, *size, peak_apart(name, *size, "ours"), theirs)


def learned(names, markdown):
    columns = ["measures", "n", "d", "ours", "tracing"]
    row = table("Learned", columns, markdown)
    for name in names:
        ours = Clock(compiled(MEASURES[name], Data(*LEARNED_SIZE)))
        first, seconds = ours.run(), ours.run()
        row(name, *LEARNED_SIZE, seconds, first - seconds)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--measures", default=",".join(MEASURES))
    parser.add_argument("--sizes", help="for example 1000x10,4096x1024")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.measures = options.measures.split(",")
    unknown = set(options.measures) - MEASURES.keys()
    if unknown:
        parser.error(f"no measure {unknown}; there are {', '.join(MEASURES)}")
    return options


def sizes_of(options):
    if options.sizes is None:
        return QUICK_SIZES if options.quick else SIZES
    return [tuple(map(int, s.split("x"))) for s in options.sizes.split(",")]


def main():
    options = parsed()
    if options.cell:
        name, n, d, side = options.cell.split(",")
        print(peak(name, int(n), int(d), side))
        return
    sizes, markdown = sizes_of(options), options.markdown

    def chosen(names):
        return [name for name in options.measures if name in names]

    if names := chosen(STATEMENTS):
        slopes(statements(names, sizes, markdown), markdown)
    if names := chosen(LIMITS):
        limits(names, sizes, markdown)
    if chosen(["ksg"]):
        num_rows = sorted({n for n, _ in sizes})
        packages([(n, d) for d in (1, 10) for n in num_rows], markdown)
    if options.quick:
        return
    if names := chosen(MEASURES.keys() - LEARNED):
        memory(names, max(sizes), markdown)
    if names := chosen(LEARNED):
        learned(names, markdown)


if __name__ == "__main__":
    main()
