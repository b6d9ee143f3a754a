"""Lines of claims on compression that several papers make."""

from collections.abc import Sequence
from itertools import product

from keras_ib.papers.claims import Claim, Statement, counted, shown
from keras_ib.papers.szt.results import TITLES, Curves
from keras_ib.report.blocks import Report


def compresses(curves: Curves, measure: str, claim: str, source: str) -> Claim:
    """The line of a claim that networks compress on average."""
    return _compression(curves, measure, "above", claim, source)


def does_not_compress(
    curves: Curves, measure: str, claim: str, source: str
) -> Claim:
    """The line of a claim that networks do not compress on average."""
    return _compression(curves, measure, "below", claim, source)


def _compression(curves, measure, side, claim, source):
    effect = curves.mean_phases(measure).compression
    limit = curves.distinct(measure)
    return line(
        Statement(effect, side, limit),
        measure,
        claim,
        source,
        f"Compression is more than 1 % of the ceiling, {limit:.3f} nats.",
    )


def line(
    statement: Statement,
    measure: str,
    claim: str,
    source: str,
    ours: str,
    unit: str = "nats",
) -> Claim:
    """The line of a claim that rests on one effect, as a measure has it."""
    return Claim(
        f"{claim} ({TITLES[measure]})",
        source,
        [statement],
        shown(statement.effect, unit),
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
            rows.append([title, TITLES[measure], phase, *magnitudes])
    columns = [*(f"Layer {i}" for i in range(1, len(magnitudes))), "Softmax"]
    report.table(
        ["Networks", "Measure", "Phase", *columns],
        rows,
        "Fitting and compression of I(X;Z) in each layer, on average [nats].",
    )
