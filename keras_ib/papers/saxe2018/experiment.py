"""Does compression belong to the training or to the activation function?"""

from keras_ib.papers import robustness
from keras_ib.papers.claims import claims_table
from keras_ib.papers.szt import figures, planes
from keras_ib.papers.szt.claims import (
    compresses,
    does_not_compress,
    phases_of_layers,
)
from keras_ib.papers.szt.results import TITLES
from keras_ib.papers.szt.study import LIMIT, Study
from keras_ib.reports.blocks import Report

MEASURES = ("binning", "kde")
KNOWN = """
The claims are those of the abstract. The noise of KDE has the variance 0.001 of
the authors' program. EBAB is not in the paper: it came later, to look at
activations of every range with equal care.
"""


class Saxe2018(Study):
    """Claims of Saxe et al. (2018); see `Study`."""

    name = "saxe2018"
    title = "Is compression the work of tanh?"
    source = "[Saxe et al. 2018](https://openreview.net/forum?id=ry_WPG-A-)"
    kinds = (("tanh", 0.0), ("relu", 0.0))

    def report(self) -> tuple[Report, list, list]:
        found = self.read()
        claims = [claim for m in MEASURES for claim in _claims(found, m)]
        every = (*MEASURES, "ebab")
        report = Report(self.title)
        report.paragraph(f"{self.source}. {' '.join(KNOWN.split())}")
        claims_table(report, claims)
        report.figure(
            figures.of_layers(found, every),
            figures.PHASES,
            " ".join(figures.OF_PHASES.split()),
        )
        phases_of_layers(report, found, every)
        report.figure(
            figures.over_epochs(found, every),
            figures.EPOCHS,
            " ".join(figures.OF_EPOCHS.split()),
        )
        panels = {
            f"{title}, {TITLES[measure]}": (curves, measure)
            for title, curves in found.items()
            for measure in every
        }
        report.figure(
            planes.planes(panels, len(every)),
            figures.PLANES,
            " ".join(planes.OF_PLANES.split()),
        )
        robustness.add(report, claims, LIMIT)
        self.describe(report)
        return report, *self.table()


def _claims(found, measure):
    return [
        compresses(
            found["tanh"], measure, "tanh networks compress", "abstract"
        ),
        does_not_compress(
            found["ReLU"], measure, "ReLU networks do not compress", "abstract"
        ),
    ]
