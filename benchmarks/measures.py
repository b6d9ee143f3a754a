"""What the measures cost beside plain statements, packages and bare limits.

    python benchmarks/measures.py              # about 25 minutes on 2 cores
    python benchmarks/measures.py --quick      # within a minute
    python benchmarks/measures.py --measures kde,pairwise --sizes 4096x1024

X are 64 columns that follow two hidden ones, Z the tanh of other mixtures of
them, `[n, d]`, Y ten classes. The tables:

- statements: a measure, compiled, against the estimator as scripts of the
  literature state it: NumPy in float64, whole `[n, n]` matrices from
  |a|^2 + |b|^2 - 2 ab, np.digitize and np.unique of the bytes of a row,
  np.linalg.eigvalsh, np.linalg.slogdet. *Faster* is theirs over ours; what
  the first call took more, tracing, is apart. *Off* is the largest difference
  of a field to the same statement with distances by differences, where those
  take less than some ten seconds, and to the statement itself elsewhere.
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
from scipy.spatial.distance import cdist
from scipy.special import psi

from keras_ib import measures, runtime

SIZES = [(n, d) for n in (1000, 4096, 10_000) for d in (10, 128, 1024, 8192)]
QUICK_SIZES = [(1000, 10), (1000, 1024)]
LEARNED_SIZE = (2048, 256)
NUM_COLUMNS = 64
NUM_CLASSES = 10
MAX_ROUNDS = 5
ROUNDS_SECONDS = 10.0  # Of all runs of the slower one, unless it is one run.
LONGEST_SECONDS = 60.0
LARGEST_EXACT = 10**10  # Differences in all distances of the reference.
BETA = 50.0  # Of `logdet`: the noise that float32 resolves at 8,192 columns.


# The estimators, as scripts state them.


class Rows:
    """X, Z and Y in float64; distances are made whenever they are asked."""

    def __init__(self, z, x, y):
        self.z, self.x, self.y = z, x, y

    def first(self, n):
        return type(self)(self.z[:n], self.x[:n], self.y[:n])

    def distances(self, name):
        """Squared, `[n, n]`."""
        rows = getattr(self, name)
        squares = np.sum(rows**2, axis=1)
        distances = squares[:, None] + squares - 2 * rows @ rows.T
        return np.maximum(distances, 0)

    def kernels(self):
        """Of Z, X and Y."""
        distances = self.distances("z"), self.distances("x")
        z, x = (np.exp(-d / (2 * d.mean())) for d in distances)
        return z, x, (self.y[:, None] == self.y).astype(float)


class ExactRows(Rows):
    """The reference: distances by differences, made once."""

    def __init__(self, z, x, y):
        super().__init__(z, x, y)
        self._distances = {
            name: cdist(rows, rows, "sqeuclidean")
            for name, rows in (("z", z), ("x", x))
        }

    def distances(self, name):
        return self._distances[name]


def kde(rows, variance=0.1):
    def bound(d, scale):
        return -np.mean(np.log(np.mean(np.exp(-d / scale), axis=1)))

    d = rows.distances("z")
    classes = [rows.y == c for c in np.unique(rows.y)]
    found = {}
    for name, scale in ("upper", 2 * variance), ("lower", 8 * variance):
        within = [c.mean() * bound(d[c][:, c], scale) for c in classes]
        found[f"i_xz_{name}"] = bound(d, scale)
        found[f"i_zy_{name}"] = found[f"i_xz_{name}"] - sum(within)
    return found


def binning(rows, num_bins=30):
    edges = np.linspace(-1, 1, num_bins + 1)[1:-1]
    return _counted(np.digitize(rows.z, edges), rows.y)


def ebab(rows, num_bins=30):
    distinct = np.unique(rows.z)
    ranks = -(-np.arange(1, num_bins) * len(distinct) // num_bins)
    return _counted(np.digitize(rows.z, distinct[ranks]), rows.y)


def _counted(codes, y):
    """The rows of X are distinct, so I(X;Z) is the entropy of the codes."""

    def entropy(symbols):
        p = np.unique(symbols, return_counts=True)[1] / len(symbols)
        return -np.sum(p * np.log(p))

    symbols = codes.view(np.dtype((np.void, codes[0].nbytes)))[:, 0]
    within = [np.mean(y == c) * entropy(symbols[y == c]) for c in np.unique(y)]
    h_z = entropy(symbols)
    return {"i_xz": h_z, "i_zy": h_z - sum(within)}


def renyi(rows, alpha=1.01, max_rows=512):
    def entropy(kernel):
        values = np.linalg.eigvalsh(kernel / len(kernel))
        return np.log(np.sum(np.maximum(values, 0) ** alpha)) / (1 - alpha)

    return _informations(entropy, *rows.first(max_rows).kernels())


def renyi_2(rows):
    """The squares of the eigenvalues sum up to those of the entries."""
    return _informations(lambda k: -np.log(np.mean(k**2)), *rows.kernels())


def _informations(entropy, z, x, y):
    h_z = entropy(z)
    return {
        "i_xz": entropy(x) + h_z - entropy(x * z),
        "i_zy": h_z + entropy(y) - entropy(z * y),
    }


def logdet(rows):
    def scaled(a):
        return (a - a.mean(axis=0)) / a.std(axis=0)

    def entropy(*parts):
        a = np.concatenate(parts, axis=1)
        noisy = np.eye(a.shape[1]) + BETA * (a.T @ a) / len(a)
        return np.linalg.slogdet(noisy)[1] / 2

    z, x, y = map(scaled, (rows.z, rows.x, np.eye(NUM_CLASSES)[rows.y]))
    h_z = entropy(z)
    return {
        "i_xz": entropy(x) + h_z - entropy(x, z),
        "i_zy": h_z + entropy(y) - entropy(z, y),
    }


def hsic(rows):
    kernels = dict(zip("zxy", rows.kernels(), strict=True))
    for kernel in kernels.values():
        np.fill_diagonal(kernel, 0)
    found = {
        a + b: _debiased(kernels[a], kernels[b])
        for a, b in ("xz", "zy", "xx", "zz", "yy")
    }
    for a, b in ("xz", "zy"):
        own = np.sqrt(found[a + a] * found[b + b])
        found[f"cka_{a}{b}"] = found[a + b] / own
    return found


def _debiased(k, m):
    n = len(k)
    total = k.sum() * m.sum() / ((n - 1) * (n - 2))
    rows = 2 * np.sum(k.sum(axis=1) * m.sum(axis=1)) / (n - 2)
    return (np.sum(k * m) + total - rows) / (n * (n - 3))


def cs(rows):
    def information(k, m):
        cross = np.mean(k.mean(axis=1) * m.mean(axis=1))
        return np.log(np.mean(k * m) * k.mean() * m.mean() / cross**2)

    z, x, y = rows.kernels()
    return {"i_xz": information(x, z), "i_zy": information(z, y)}


def ksg(rows, k=3):
    def radius(d):
        return np.partition(d, k, axis=1)[:, k, None]

    z, x = (d / d.mean() for d in map(rows.distances, "zx"))
    limit = radius(np.maximum(z, x))
    neighbours = [psi(np.sum(d < limit, axis=1)) for d in (z, x)]
    labels = np.empty(len(z))
    for own in (rows.y == c for c in np.unique(rows.y)):
        m = np.sum(z[own] < radius(z[own][:, own]), axis=1)
        labels[own] = psi(m) + psi(own.sum())
    constant = psi(k) + psi(len(z))
    return {
        "i_xz": constant - np.mean(sum(neighbours)),
        "i_zy": constant - np.mean(labels),
    }


STATEMENTS = {
    f.__name__: f
    for f in (kde, binning, ebab, renyi, renyi_2, logdet, hsic, cs, ksg)
}
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
        return Rows(self.z.astype(float), self.x.astype(float), self.y)

    @cached_property
    def exact(self):
        """The reference, or None where it would take too long."""
        n, d = self.z.shape
        is_short = n * n * d <= LARGEST_EXACT
        return ExactRows(*vars(self.rows).values()) if is_short else None


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
    function = runtime.compiled(
        runtime.Evaluator(
            chosen, n // 2, NUM_CLASSES, runtime.compiled, runtime.operations()
        ).__call__
    )
    arrays = {"x": data.x, "y": data.y, "x_id": np.arange(n, dtype="int32")}
    needs = {need for measure in chosen for need in measure.needs}
    tensors = {need: ops.convert_to_tensor(arrays[need]) for need in needs}
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
    function = runtime.compiled(products)
    return lambda: float(function(z))


def bare_sort(data):
    """All values in order."""
    function = runtime.compiled(lambda z: ops.sort(ops.reshape(z, (-1,)))[0])
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
