"""The plane that began it: tanh networks, fixed bins, fitting, compression."""

import numpy as np

from keras_ib.analysis.statistics import mean_effect
from keras_ib.papers.claims import Claim, Statement, claims_table
from keras_ib.papers.szt import figures
from keras_ib.papers.szt.claims import compresses, line, phases_of_layers
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.papers.szt.study import Study
from keras_ib.report.blocks import Report

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
        report = Report(self.title)
        report.paragraph(f"{self.source}. {' '.join(KNOWN.split())}")
        claims_table(
            report,
            [claim for m in MEASURES for claim in claims(found["tanh"], m)],
        )
        phases_of_layers(report, found, MEASURES)
        report.figure(
            figures.planes(
                {TITLES[m]: (found["tanh"], m) for m in MEASURES}, 3
            ),
            "planes",
            "The plane of the mean over networks, from the open circle before "
            "training to the square at its end.",
        )
        report.figure(
            figures.over_epochs(found, MEASURES),
            "epochs",
            "I(X;Z) of each layer: the mean over networks, and the middle "
            "half of them.",
        )
        self.describe(report)
        return report, *self.table()


def claims(curves: Curves, measure: str) -> list[Claim]:
    """The two phases, as one measure has them."""
    gain = curves.mean_phases(measure, "zy").fitting
    fitting = curves.mean_phases(measure).fitting
    share = mean_effect(_share_after_top(curves, measure))
    return [
        line(
            Statement(gain, "above"),
            measure,
            "I(Z;Y) rises",
            "abstract",
            "Of the hidden layers, to its highest point.",
        ),
        line(
            Statement(fitting, "above", curves.distinct(measure)),
            measure,
            "I(X;Z) rises at first",
            "abstract",
            "As in the line below.",
        ),
        compresses(curves, measure, "I(X;Z) falls then", "abstract"),
        line(
            Statement(share, "above"),
            measure,
            "Compression takes most of the epochs",
            "abstract",
            "Epochs after the highest I(X;Z) of each network less those "
            "before.",
            unit="of the epochs",
        ),
    ]


def _share_after_top(curves, measure):
    """Epochs after the highest I(X;Z) less those before, `[seeds]` of 1."""
    epochs = curves.epochs(measure)
    top = epochs[np.argmax(curves.curve(measure), axis=-1)]
    return 1 - 2 * top / epochs[-1]
