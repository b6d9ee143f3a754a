"""Which activation functions compress, with estimators that adapt to them."""

from itertools import product

import numpy as np

from keras_ib.analysis.statistics import mean_effect
from keras_ib.measures import AKDE, EBAB, Binning, Measure
from keras_ib.papers import robustness
from keras_ib.papers.chelombiev2019 import figures
from keras_ib.papers.chelombiev2019.claims import (
    GENERALISATION,
    NO_CORRELATION,
    SINGLE,
    claims,
    correlation,
    differences,
)
from keras_ib.papers.claims import claims_table, shown
from keras_ib.papers.szt import figures as szt_figures
from keras_ib.papers.szt import planes
from keras_ib.papers.szt.claims import phases_of_layers
from keras_ib.papers.szt.networks import ACTIVATIONS, Activation
from keras_ib.papers.szt.results import TITLES
from keras_ib.papers.szt.study import L2, LIMIT, Study
from keras_ib.reports.blocks import Report

MEASURES = ("ebab", "akde", "binning")
# Those that the claims rest on.
JUDGES = ("ebab", "akde")
KNOWN = """
The claims are those of the abstract and of a published summary of the paper,
which has the numbers of the figures. The scale of aKDE (noise of the variance
0.001 times the largest activation) and the scores of compression and
generalisation are not known and are ours. EBAB has the edges of the public
program, and L2 the factor that is its default, 0.015. That program trains
on patterns in counting order unless told otherwise: 44 % of its training
patterns and 84 % of its test patterns have the label 1. Here they are shuffled
but for `--ordered`.
"""


class Chelombiev2019(Study):
    """Claims of Chelombiev, Houghton and O'Donnell (2019); see `Study`."""

    name = "chelombiev2019"
    title = "Which activation functions compress?"
    source = (
        "[Chelombiev, Houghton and O'Donnell 2019]"
        "(https://arxiv.org/abs/1902.09037)"
    )
    kinds = tuple((name, l2) for name in ACTIVATIONS for l2 in (0.0, L2))

    def measures(self, activation: Activation) -> list[Measure]:
        return [EBAB(30, "chelombiev", activation.least), AKDE(), Binning()]

    def report(self) -> tuple[Report, list, list]:
        plain, penalised = self.read(), self.read(L2)
        lines = [
            claim
            for measure in JUDGES
            for claim in claims(plain, penalised, measure)
        ]
        report = Report(self.title)
        report.paragraph(f"{self.source}. {' '.join(KNOWN.split())}")
        claims_table(report, lines)
        _add_compression(report, plain, penalised)
        _add_spread(report, plain)
        _add_penalty(report, plain, penalised)
        _add_generalisation(report, plain)
        robustness.add(report, lines, f"{LIMIT}; of r, {NO_CORRELATION}")
        self.describe(report)
        return report, *self.table()


def _add_compression(report, plain, penalised):
    named = plain | {f"{t}, L2": curves for t, curves in penalised.items()}
    report.heading("Who compresses, and by which measure")
    report.table(
        [
            "Networks",
            *(TITLES[measure] for measure in MEASURES),
            "Test accuracy",
            "Learned",
        ],
        [
            [
                title,
                *(
                    _compression_and_turn(curves.mean_phases(measure))
                    for measure in MEASURES
                ),
                f"{curves.accuracy('test').mean():.3f}",
                f"{curves.learned.sum()} of {len(curves.learned)}",
            ]
            for title, curves in named.items()
        ],
        "Compression of the hidden layers on average [nats], and the median "
        "epoch from which on. Where this is among the first, the untrained "
        "network has as good as the most information, and there is no "
        "fitting. A network has learned that ends better in training than an "
        "answer that never changes.",
    )
    report.figure(
        figures.phases(plain, penalised, MEASURES),
        szt_figures.PHASES,
        " ".join(figures.OF_PHASES.split()),
    )
    report.figure(
        szt_figures.over_epochs(plain, MEASURES),
        szt_figures.EPOCHS,
        " ".join(szt_figures.OF_EPOCHS.split()) + " Without L2.",
    )
    report.figure(
        planes.planes({t: (curves, "ebab") for t, curves in named.items()}, 5),
        szt_figures.PLANES,
        " ".join(planes.OF_PLANES.split()) + " EBAB.",
    )
    phases_of_layers(report, plain, JUDGES)


def _compression_and_turn(phases):
    return f"{phases.with_noise('compression')}; {phases.turning_point:.0f}"


def _add_spread(report, plain):
    report.heading("Single networks")
    rows = []
    for title, curves in plain.items():
        values = curves.curve("ebab")
        numbers = (
            *np.quantile(curves.compression("ebab"), (0, 0.5, 1)),
            values[:, -1].std(),
            np.ptp(values.mean(axis=0)),
        )
        rows.append([title, *(f"{number:.2f}" for number in numbers)])
    report.table(
        [
            "Networks",
            *("Least", "Median", "Largest compression"),
            "Deviation in the end",
            "The mean moves by",
        ],
        rows,
        "Compression of single networks, and how far their I(X;Z) is apart at "
        "the end, against the difference of the highest and the lowest point "
        "of their mean; hidden layers, EBAB, without L2 [nats].",
    )
    report.figure(
        figures.single_networks(plain["ReLU"], JUDGES),
        SINGLE,
        "I(X;Z) of single ReLU networks, the mean of the hidden layers (thin), "
        "and the mean over networks (thick). How far they end from their "
        "mean, on average, against how far this mean moves in training.",
    )


def _add_penalty(report, plain, penalised):
    report.heading("L2")
    found = [differences(plain, penalised, measure) for measure in MEASURES]
    report.table(
        ["Networks", *(TITLES[measure] for measure in MEASURES)],
        [
            [title, *(shown(mean_effect(values[title])) for values in found)]
            for title in plain
        ],
        "Compression with L2 less without, hidden layers, paired by seed "
        "[nats].",
    )


def _add_generalisation(report, plain):
    report.heading("Compression and generalisation")
    what = list(product(MEASURES, ("hidden", "softmax")))
    report.table(
        ["Networks", *(f"{TITLES[m]}, {layers}" for m, layers in what)],
        [
            [title, *(shown(correlation({title: c}, *one)) for one in what)]
            for title, c in plain.items()
            if c.learned.any()
        ],
        "Correlation of compression with test accuracy, without L2.",
    )
    report.figure(
        figures.generalisation(plain, JUDGES),
        GENERALISATION,
        "Compression and test accuracy of networks that learned, without L2, "
        "each less the mean of its activation function; r with its 95 % "
        "interval.",
    )
