"""The report of `Lyu2024`: its texts, tables and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_ib.analysis import phases
from keras_ib.analysis.statistics import mean_effect
from keras_ib.papers.claims import claims_table, shown
from keras_ib.papers.lyu2024 import figures
from keras_ib.papers.lyu2024.claims import (
    CONTROLS,
    DECODERS,
    LAST_BLOCK,
    MAIN,
    SHARE,
    claims,
    magnitudes,
)
from keras_ib.report.blocks import Report

if TYPE_CHECKING:
    from keras_ib.papers.lyu2024.experiment import Lyu2024

# What the conditions are called where they stand alone.
TITLES = {
    "orthogonal": "projection, orthogonal at first",
    "started as identity": "projection, identity at first",
}
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
over seeds, at 5 % for all claims together. Differences are paired by seed.
The blocks' outputs are averaged. The source is known to us as an abstract:
every setting here is our own choice. That the error of reconstruction falls
and then rises was reported before by [Schneider and Prabhushankar
2024](https://arxiv.org/abs/2312.06887)."""
RIVAL = """\
A stack of random projections is invertible but ill-conditioned, and gradient
descent is slow along small directions. A decoder that is trained for a while
then sees less of X than there is, and a fitting phase where there may be
none. The table puts decoders beside each other that differ in nothing but
how long they are trained, at the last block; the closed form is the limit of
the descent, with a penalty chosen by leave-one-out. What is left of the
difference between projection and identity in the closed form is not due to
the decoder's training."""


def report(reproduction: Lyu2024) -> tuple[Report, list, list]:
    """The `Report`, and header and rows of `table.csv`."""
    found = Report(reproduction.title)
    found.paragraph(f"Claims of {reproduction.source}.")
    found.paragraph(_setting(reproduction))
    found.heading("Claims")
    claims_table(found, claims(reproduction))
    rules = RULES.format(percent=100 * SHARE)
    found.paragraph(" ".join(rules.split()))
    found.figure(
        figures.curves(reproduction, MAIN),
        "curves",
        "Z-X by the closed form, every tap, mean over seeds; bands from the "
        "smallest to the largest seed.",
    )
    found.heading("Phases")
    found.table(*_phases(reproduction))
    found.heading("Is it the decoder?")
    found.paragraph(" ".join(RIVAL.split()))
    fittings = _fittings(reproduction)
    found.table(*_decoders(fittings))
    found.figure(
        figures.magnitudes(_effects(fittings), "share of step 0"),
        "decoders",
        "Fitting at the last block as decoders of different training see it; "
        "intervals over seeds.",
    )
    found.heading("Is it the start of the projection?")
    found.figure(
        figures.magnitudes(
            _condition_magnitudes(reproduction), "share of step 0"
        ),
        "controls",
        "Fitting and compression by the closed form, mean of the blocks, "
        "for every kind of shortcut; intervals over seeds.",
    )
    found.heading("Accuracy")
    found.table(*_accuracies(reproduction))
    return found, *_numbers(reproduction)


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


def _effects(found):
    """The same tree with an `Effect` for every `[seeds]`."""
    if isinstance(found, dict):
        return {key: _effects(inside) for key, inside in found.items()}
    return mean_effect(found)


def _condition_magnitudes(reproduction):
    """`{panel: {series: {place: Effect}}}` of the figure of controls."""
    found = {}
    for family in reproduction.families:
        both = {
            c: magnitudes(reproduction, family, c) for c in (*MAIN, *CONTROLS)
        }
        found[family] = {
            name: {_title(c): mean_effect(pair[k]) for c, pair in both.items()}
            for k, name in enumerate(("fitting", "compression"))
        }
    return found


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
    return TITLES.get(condition, condition)


def _fields(condition):
    for log, field in (*DECODERS.values(), ("plane", "zy/ce")):
        if condition in MAIN or field.startswith(("zx/", "zx_w", "zx_d")):
            yield log, field
