"""The plane that began it: tanh networks, fixed bins, fitting, compression."""

import numpy as np

from keras_ib.analysis.statistics import mean_effect
from keras_ib.papers import robustness
from keras_ib.papers.claims import Claim, Statement, claims_table
from keras_ib.papers.szt import figures, planes
from keras_ib.papers.szt.claims import compresses, line, phases_of_layers
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.papers.szt.study import LIMIT, Study
from keras_ib.reports.blocks import Report

MEASURES = ("binning", "kde", "ebab")
KNOWN = """
The claims are those of the abstract, read in the average plane of tanh
networks with 30 bins between -1 and 1. KDE (noise of the variance 0.001) and
EBAB are controls on the very same networks: what they do not see depends on
the bins. Their networks were trained by plain stochastic gradient descent;
these, by Adam.
"""


class Shwartz2017(Study):
    """Claims of Shwartz-Ziv and Tishby (2017); see `Study`."""

    name = "shwartz2017"
    title = "Two phases of training in the information plane?"
    source = "[Shwartz-Ziv and Tishby 2017](https://arxiv.org/abs/1703.00810)"
    kinds = (("tanh", 0.0),)

    def report(self) -> tuple[Report, list, list]:
        found = self.read()
        lines = [line for m in MEASURES for line in claims(found["tanh"], m)]
        report = Report(self.title)
        report.paragraph(f"{self.source}. {' '.join(KNOWN.split())}")
        claims_table(report, lines)
        report.figure(
            planes.planes({TITLES[m]: (found["tanh"], m) for m in MEASURES}, 3),
            figures.PLANES,
            " ".join(planes.OF_PLANES.split()),
        )
        report.figure(
            figures.of_layers(found, MEASURES),
            figures.PHASES,
            " ".join(figures.OF_PHASES.split()),
        )
        phases_of_layers(report, found, MEASURES)
        report.figure(
            figures.over_epochs(found, MEASURES),
            figures.EPOCHS,
            " ".join(figures.OF_EPOCHS.split()),
        )
        robustness.add(report, lines, LIMIT)
        self.describe(report)
        return report, *self.table()


def claims(curves: Curves, measure: str) -> list[Claim]:
    """The two phases, as one measure has them."""
    gain = curves.magnitude(measure, "fitting", "zy")
    fitting = curves.magnitude(measure, "fitting")
    share = mean_effect(_share_after_top(curves, measure))
    limit = curves.distinct(measure)
    return [
        line(
            Statement(gain, "above", 0.0, "rise", "nats"),
            measure,
            "I(Z;Y) rises",
            "abstract",
            "Of the hidden layers, to its highest point.",
            figures.PLANES,
        ),
        line(
            Statement(fitting, "above", limit, "fitting", "nats"),
            measure,
            "I(X;Z) rises at first",
            "abstract",
            "As in the line below.",
            figures.PHASES,
        ),
        compresses(curves, measure, "I(X;Z) falls then", "abstract"),
        line(
            Statement(share, "above", 0.0, "more by", "of the epochs"),
            measure,
            "Compression takes most of the epochs",
            "abstract",
            "Epochs after the highest I(X;Z) of each network less those "
            "before.",
            figures.EPOCHS,
        ),
    ]


def _share_after_top(curves, measure):
    """Epochs after the highest I(X;Z) less those before, `[seeds]` of 1."""
    epochs = curves.epochs(measure)
    top = epochs[np.argmax(curves.curve(measure), axis=-1)]
    return 1 - 2 * top / epochs[-1]
