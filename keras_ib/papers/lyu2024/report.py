"""The report of `Lyu2024`: its texts, tables and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_ib.analysis import phases
from keras_ib.analysis.statistics import mean_effect
from keras_ib.papers import robustness
from keras_ib.papers.claims import claims_table, shown
from keras_ib.papers.lyu2024 import figures
from keras_ib.papers.lyu2024.claims import (
    CONTROLS,
    DECODERS,
    IN_BLOCKS,
    IN_CONTROLS,
    IN_DECODERS,
    LAST_BLOCK,
    MAIN,
    SHARE,
    WHERE,
    claims,
    magnitudes,
)
from keras_ib.reports.blocks import Report

if TYPE_CHECKING:
    from keras_ib.papers.lyu2024.experiment import Lyu2024

SETTING = """\
{families} on {dataset}: {num_train:,} training images, AdamW, batches of 64,
{epochs} epochs, {num_seeds} seeds. On every shortcut: the identity (option A
where the shape changes), a learned projection (Glorot uniform), or nothing;
and as controls projections that start orthogonal or as the identity. Z-X is
the variance of X that a decoder of a tap does not reconstruct (FVU), on
held-out rows; Z-Y the cross-entropy of the label. Two draws of
{probe_size:,} training rows without common rows, half of them to fit the
decoders, at the steps 0, 1, 2, 4, 8, ... and the last one, in inference
mode."""
RULES = """\
Heights are shares of the value at step 0. The end of fitting is located on
one draw and read on the other, so that noise alone has the height 0. A phase
is there if its height is above {percent:.0f} %, and is not there if it is
below; the limit was chosen before any run. Verdicts are those of Student's t
over seeds, at 5 % for all claims together; the interval of a height is no
narrower than the noise of the draws. Differences are paired by seed. Claims
are held against the mean of the blocks, as was chosen before any run, and,
since reports had been made, against the last block, which the mean may hide.
The source is known to us as an abstract:
every setting here is our own choice. That the error of reconstruction falls
and then rises was reported before by [Schneider and Prabhushankar
2024](https://arxiv.org/abs/2312.06887)."""
RIVAL = """\
A stack of random projections is invertible but ill-conditioned, and gradient
descent is slow along small directions. A decoder that is trained for a while
then sees less of X than there is, and a fitting phase where there may be
none. The table puts decoders beside each other that differ in nothing but
how long they are trained, at the last block; the closed form is the limit of
the descent, with a penalty chosen by leave-one-out, and sees directions down
to the rounding of float32, a deviation of 1e-7 of the largest. A whitened Z
brings those down to 1e-6 of the largest to equal size first. What is left of
the difference between projection and identity in the closed form is not due
to the decoder's training, nor to directions that are larger than that."""


def report(reproduction: Lyu2024) -> tuple[Report, list, list]:
    """The `Report`, and header and rows of `table.csv`."""
    found = Report(reproduction.title)
    found.paragraph(f"Claims of {reproduction.source}.")
    found.paragraph(_setting(reproduction))
    lines = claims(reproduction)
    _add_claims(found, reproduction, lines)
    found.heading("Phases")
    found.figure(
        figures.curves(reproduction, MAIN),
        "curves",
        "Z-X by the closed form, every tap, mean over seeds; bands from the "
        "smallest to the largest seed. Square-root axes.",
    )
    found.table(*_phases(reproduction))
    found.heading("Is it the decoder?")
    found.paragraph(" ".join(RIVAL.split()))
    found.figure(
        figures.decoders(reproduction),
        IN_DECODERS,
        "Fitting as decoders of different training see it, with 95 % "
        "intervals over seeds. Networks were trained at the last block only. "
        "Above the dashed line it counts as a phase.",
    )
    found.table(*_decoders(_fittings(reproduction)))
    found.heading("Is it the start of the projection?")
    found.figure(
        figures.controls(reproduction),
        IN_CONTROLS,
        "Fitting and compression by the closed form for every kind of "
        "shortcut, with 95 % intervals over seeds. Above the dashed line it "
        "counts as a phase.",
    )
    robustness.add(found, lines, f"{SHARE:g} of Z-X at step 0")
    found.heading("Accuracy")
    found.table(*_accuracies(reproduction))
    return found, *_numbers(reproduction)


def _add_claims(found, reproduction, lines):
    """Claims of all blocks and of the last one, and the figure of blocks."""
    found.heading("Claims")
    rules = RULES.format(percent=100 * SHARE)
    found.paragraph(" ".join(rules.split()))
    half = len(lines) // len(WHERE)
    for k, where in enumerate(WHERE):
        some = slice(k * half, (k + 1) * half)
        claims_table(found, lines, f"{where.capitalize()}.", some)
    found.figure(
        figures.blocks(reproduction),
        IN_BLOCKS,
        "Fitting and compression of every block and of their mean by the "
        "closed form, with 95 % intervals over seeds. Above the dashed line "
        "it counts as a phase.",
    )


def _setting(reproduction):
    text = SETTING.format(
        families=", ".join(
            f"{name} (tiny, {', '.join(f'{k} {v}' for k, v in f.sizes.items())}"
            f", learning rate {f.learning_rate:g})"
            for name, f in reproduction.families.items()
        ),
        epochs=reproduction.epochs,
        probe_size=reproduction.probe_size,
        **reproduction.options,
    )
    return " ".join(text.split())


def _phases(reproduction):
    header = ["model", "shortcut", "tap", "Z-X", "fitting", "compression"]
    header += ["ends at step", "Z-Y", "fall of Z-Y [nats]"]
    rows = []
    for family in reproduction.families:
        for condition in MAIN:
            logs = reproduction.logs(family, condition)
            x, y = (
                phases.find(logs, field, family=True)
                for field in ("zx/fvu", "zy/ce")
            )
            rows += [
                [
                    *(family, condition, tap, x[tap].name),
                    *(x[tap].text("fitting"), x[tap].text("compression")),
                    *(f"{x[tap].turning_point:.0f}", y[tap].name),
                    y[tap].text("fitting"),
                ]
                for tap in x
            ]
    return (
        header,
        rows,
        (
            "Phases by the closed form, in units of FVU, against the noise "
            "of the draws: a phase is named if it is more than noise, however "
            "small. Names hold for all taps of a model together."
        ),
    )


def _fittings(reproduction):
    """Fitting at the last block: `{family: {shortcut: {decoder: [seeds]}}}`."""
    return {
        family: {
            condition: {
                decoder: magnitudes(
                    reproduction, family, condition, decoder, LAST_BLOCK
                )[0]
                for decoder in DECODERS
            }
            for condition in MAIN
        }
        for family in reproduction.families
    }


def _decoders(fittings):
    header = ["model", "decoder", "fitting, identity", "fitting, projection"]
    header += ["fitting, none", "projection minus identity"]
    rows = []
    for family, found in fittings.items():
        for decoder in DECODERS:
            of = [found[condition][decoder] for condition in MAIN]
            identity, projection, _ = of
            effects = map(mean_effect, [*of, projection - identity])
            rows.append([family, decoder, *map(shown, effects)])
    return (
        header,
        rows,
        "Fitting at the last block, share of the value at step 0. Networks "
        "were trained at fewer steps, on one draw.",
    )


def _accuracies(reproduction):
    header = ["model", "shortcut", "test accuracy", "minus identity"]
    rows = []
    for family in reproduction.families:
        base = reproduction.accuracies(family, "identity")
        for condition in (*MAIN, *CONTROLS):
            found = reproduction.accuracies(family, condition)
            rows.append(
                [
                    family,
                    _title(condition),
                    shown(mean_effect(found)),
                    shown(mean_effect(found - base)),
                ]
            )
    return (
        header,
        rows,
        "Accuracy on the whole test split, intervals over seeds.",
    )


def _numbers(reproduction):
    """Header and rows of the table of all numbers."""
    header = ["model", "shortcut", "tap", "field", "phases", "quantity"]
    header += ["mean", "low", "high", "num_seeds", "num_positive", "floor"]
    rows = []
    for family in reproduction.families:
        for condition in (*MAIN, *CONTROLS):
            for log, field in _fields(condition):
                found = phases.find(
                    reproduction.logs(family, condition, log),
                    field,
                    family=True,
                )
                rows += [
                    [
                        *(family, _title(condition), tap, field, p.name),
                        *(quantity, *line),
                    ]
                    for tap, p in found.items()
                    for quantity, line in (
                        ("fitting", (*p.fitting, p.fitting_floor)),
                        ("compression", (*p.compression, p.compression_floor)),
                    )
                ]
    return header, rows


def _title(condition):
    return figures.TITLES.get(condition, condition)


def _fields(condition):
    for log, field in (*DECODERS.values(), ("plane", "zy/ce")):
        if condition in MAIN or field.startswith(("zx/", "zx_w", "zx_d")):
            yield log, field
