"""Lines of claims on compression that several papers make."""

from collections.abc import Sequence
from itertools import product

from keras_ib.papers.claims import Claim, Statement, counted
from keras_ib.papers.szt import figures
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.reports.blocks import Report


def compresses(curves: Curves, measure: str, claim: str, source: str) -> Claim:
    """The line of a claim that networks compress on average."""
    return _compression(curves, measure, "above", claim, source)


def does_not_compress(
    curves: Curves, measure: str, claim: str, source: str
) -> Claim:
    """The line of a claim that networks do not compress on average."""
    return _compression(curves, measure, "below", claim, source)


def _compression(curves, measure, side, claim, source):
    effect = curves.magnitude(measure, "compression")
    limit = curves.distinct(measure)
    return line(
        Statement(effect, side, limit, "compression", "nats"),
        measure,
        claim,
        source,
        "It counts from 1 % of the ceiling of I(X;Z) on.",
        figures.PHASES,
    )


def line(
    statement: Statement,
    measure: str,
    claim: str,
    source: str,
    ours: str,
    figure: str,
) -> Claim:
    """The line of a claim that rests on one effect, as a measure has it."""
    return Claim(
        f"{claim} ({TITLES[measure]})",
        source,
        [statement],
        figure,
        counted(statement.effect),
        ours,
    )


def phases_of_layers(
    report: Report, found: dict[str, Curves], measures: Sequence[str]
):
    """Adds fitting and compression of each layer to a report.

    Args:
        report: `Report`.
        found: `{title of the activation: Curves}`.
        measures: Names of the measures.
    """
    rows = []
    for (title, curves), measure in product(found.items(), measures):
        layers = curves.layer_phases(measure)
        for phase in ("fitting", "compression"):
            magnitudes = [layer.text(phase) for layer in layers]
            mean = curves.magnitude(measure, phase)
            rows.append([title, TITLES[measure], phase, *magnitudes, mean])
    hidden = range(1, len(magnitudes))
    columns = [*(f"Layer {i}" for i in hidden), "Softmax", "Mean of 1 to 5"]
    report.table(
        ["Networks", "Measure", "Phase", *columns],
        rows,
        "Fitting and compression of I(X;Z) in each layer, and of the mean of "
        "the hidden ones, on which the claims rest [nats].",
    )
