"""Calibrate before you trust: every measure where the truth is known.

Samples of distributions whose mutual information is known, 2,000 rows each,
go through every measure that has a number for it. A number is marked where
an estimate is off by more than 0.1 nats and more than 10 %, or a bound is on
the wrong side of the truth by more than 0.05 nats and two standard errors. A
loose bound is not marked: 0 is a lower bound of everything.

Not all of these measures set out to say I(X;Z) or I(Z;Y) of the rows that they
get; the legend below the table has what they answer instead. They are in the
table because they are read as if they did.

Expect every measure that gives estimates to be marked somewhere. Neighbours
(`ksg`) hold in few dimensions, whatever the margins, and say too little in
many. Bins and `kde` tell rows of X apart, up to log n = 7.6, even where Z knows
nothing of X; for labels most of them hold. `zx` counts what correlated elements
of X share several times. Trained bounds say up to 0.2 nats too little from so
few rows. Nine minutes of processor time.

    python examples/known_answers.py [--quick] [FOLDER]

The figure, measures by distributions, is FOLDER/known_answers.png.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
import time

from matplotlib.figure import Figure
import numpy as np

import keras_ib
from keras_ib.data.distributions import DISTRIBUTIONS, Distribution

GIVEN = frozenset({"x", "x_id", "y", "y_class"})
CLASSES = keras_ib.measures.Variable("classes", num_classes=2)
NAMES = (
    *("independent", "normal", "normal_cdf", "normal_half_cube"),
    *("uniform_narrow", "stairs", "dense_5", "dense_25", "sparse_5"),
    *("student_1", "student_5", "channel", "independent_classes"),
    *("xor", "two_classes", "stair_classes", "far_classes"),
)
# Measures and shapes that were seen before.
COMPILED = set()
LEGEND = """
!  An estimate that is off by more than 0.1 nats and 10 %, or a bound on the
   wrong side by more than 0.05 nats and two standard errors; or one whose
   standard error is no number.
Some answer another question than I:
binning, ebab, quantized  for Z in bins; from rows of X that are all distinct
kde, akde                 for Z as a function of X, plus noise of their own
zx                        for decoding X with Gaussian errors of one variance
logdet                    for normal variables, with noise
sliced                    for projections to one dimension, on average
renyi, cs                 of an information that is not Shannon's
noisy                     for noise that a layer adds; here none does
"""


@dataclass(frozen=True)
class Answer:
    """What one field of a measure says of a distribution, in nats."""

    of: Distribution
    measure: str
    field: str
    kind: str
    estimate: float
    standard_error: float
    seconds: float

    @property
    def error(self):
        return self.estimate - self.of.mutual_information

    @property
    def mark(self):
        slack = 0.05 + 2 * self.standard_error
        fits = {
            "lower bound": self.error <= slack,
            "upper bound": self.error >= -slack,
            "estimate": abs(self.error)
            <= max(0.1, 0.1 * self.of.mutual_information),
        }
        return "" if fits[self.kind] else "!"

    @property
    def title(self):
        """The measure, and which of its two bounds: `kde lower`."""
        side = self.field.rpartition("_")[2]
        ends = side if side in ("lower", "upper") else ""
        return f"{self.measure} {ends}".strip()


def answers(distribution, measure, num_rows):
    """The fields of a measure that stand for the known information."""
    pair = f"i_{distribution.kind}"
    names = {pair, f"{pair}_lower", f"{pair}_upper"}
    # Z is in both pairs: what a decoder looks for is the other one.
    sought = distribution.kind.replace("z", "")
    # A field may be another kind of number for other kinds of Y.
    declared = measure.available(GIVEN, CLASSES)
    usable = declared.get("usable")
    if usable is not None and sought in usable.needs:
        names.add("usable")
    fields = [field for field in declared if field in names]
    if not fields:
        return []
    values, seconds = timed(measure, distribution.sample(num_rows))
    return [
        Answer(
            distribution,
            measure.name,
            field,
            declared[field].kind,
            values[field],
            # H(Y) - ce has the standard error of ce.
            values.get("ce_se" if field == "usable" else f"{field}_se", 0.0),
            seconds,
        )
        for field in fields
    ]


def timed(measure, sample):
    """Its values, and the seconds of a call that compiles nothing."""
    num_rows = len(sample["z"])
    # A constant in place of the X or Y that the distribution lacks.
    constant = {"x": np.zeros((num_rows, 1)), "y": np.zeros(num_rows, "int32")}
    sample = constant | sample
    what = measure, sample["z"].shape, sample["x"].shape, sample["y"].max()
    for _ in range(1 if what in COMPILED else 2):
        start = time.perf_counter()
        values = keras_ib.measure(**sample, measures=[measure])
        seconds = time.perf_counter() - start
    COMPILED.add(what)
    return values[measure.name], seconds


def short(value, digits=2):
    """A number that fits into a cell, however far off it is."""
    return f"{value:z.{digits}f}" if abs(value) < 100 else f"{value:.0e}"


HEADER = (
    f"{'distribution':20} {'truth':>6}  {'measure':10} {'field':11} "
    f"{'kind':11} {'nats':>7}  {'error':>7} {'seconds':>7}"
)


def lines(found):
    """The answers for one distribution, a line each."""
    for i, a in enumerate(found):
        group = f"{a.of.name:20} {a.of.mutual_information:6.3f}"
        yield (
            f"{'' if i else group:27}  {a.measure:10} {a.field:11} "
            f"{a.kind:11} {short(a.estimate, 3):>7}{a.mark:1} "
            f"{short(a.error, 3):>7} {a.seconds:7.2f}"
        )


def draw(found, path):
    """Measures by distributions: the numbers, coloured by their errors."""
    order = list(keras_ib.measures.MEASURES)
    found = sorted(found, key=lambda a: order.index(a.measure))
    rows = ["truth", *dict.fromkeys(a.title for a in found)]
    columns = sorted({a.of for a in found}, key=place)
    size = 2.4 + 0.36 * len(columns), 1.6 + 0.16 * len(rows)
    figure = Figure(size, layout="constrained")
    ax = figure.subplots()
    errors = np.full((len(rows), len(columns)), np.nan)
    for x, of in enumerate(columns):
        errors[0, x] = 0
        write(ax, x, 0, f"{of.mutual_information:.2f}", 0)
    for a in found:
        x, y = columns.index(a.of), rows.index(a.title)
        errors[y, x] = np.clip(a.error, -1, 1)  # Some are infinite.
        write(ax, x, y, f"{short(a.estimate)}{a.mark}", a.error)
    image = ax.imshow(errors, "RdBu_r", vmin=-1, vmax=1, aspect="auto")
    bar = figure.colorbar(image, extend="both", shrink=0.6, aspect=30)
    bar.set_label("number less truth [nats]", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    label(ax, rows, columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=200)


def place(distribution):
    """Where it stands in the tables: pairs of X and Z before Z and Y."""
    return list(DISTRIBUTIONS).index(distribution.name)


def write(ax, x, y, text, error):
    """A number in its cell, bold where it is marked."""
    weight = "bold" if "!" in text else "normal"
    color = "white" if abs(error) > 0.7 else "black"
    given = {"fontsize": 5.5, "ha": "center", "va": "center"}
    ax.text(x, y, text, weight=weight, color=color, **given)


def label(ax, rows, columns):
    """Names of rows and columns, and what is left and right of the line."""
    ax.set_xticks(range(len(columns)), [of.name for of in columns], rotation=90)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(labelsize=7, length=0, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.set_facecolor("0.94")
    border = sum(of.kind == "xz" for of in columns) - 0.5
    ax.axvline(border, color="black", linewidth=0.8)
    ax.set_xlabel(
        "I(X;Z) to the left of the line, I(Z;Y) to the right [nats]; ! where "
        "an estimate is off\nby more than 0.1 nats and 10 %, or a bound on the "
        "wrong side",
        fontsize=7,
    )


def main(folder="runs/known_answers", quick=False):
    names = ("normal", "two_classes") if quick else NAMES
    measures = keras_ib.measures.get("all")
    if quick:
        measures = [m for m in measures if not m.trains or m.name == "infonce"]
    found = []
    print(HEADER)
    for of in (DISTRIBUTIONS[name] for name in names):
        new = [
            answer
            for measure in measures
            for answer in answers(of, measure, 200 if quick else 2000)
        ]
        print(*lines(new), sep="\n", flush=True)
        found += new
    print(LEGEND)
    draw(found, Path(folder) / "known_answers.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="runs/known_answers")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    main(options.folder, options.quick)
