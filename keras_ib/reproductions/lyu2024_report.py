"""The report of `Lyu2024`: claims, controls, and what survives them."""

import numpy as np

from keras_ib import phases
from keras_ib.reproductions import lyu2024_figures as figures
from keras_ib.reproductions.claims import (
    Claim,
    all_of,
    counted,
    shown,
    verdict_above,
    verdict_below,
)
from keras_ib.reproductions.report import Report
from keras_ib.statistics import mean_effect

# A phase whose height is below this share of the value at step 0 is none.
# Chosen before any run.
SHARE = 0.1
MAIN = ("identity", "projection", "none")
CONTROLS = ("orthogonal", "started as identity")
# What the conditions are called where they stand alone.
TITLES = {
    "orthogonal": "projection, orthogonal at first",
    "started as identity": "projection, identity at first",
}
BLOCKS = ("block_01", "block_02", "block_03")
LAST_BLOCK = ("block_03",)
CLOSED = "closed form"
EARLIEST = "descent, 10 steps"
# Decoders of X: which log of a part, and which field.
DECODERS = {
    EARLIEST: ("plane", "zx_descent/fvu_at_10"),
    "descent, 100 steps": ("plane", "zx_descent/fvu_at_100"),
    "descent, 1,000 steps": ("plane", "zx_descent/fvu_at_1000"),
    CLOSED: ("plane", "zx/fvu"),
    "closed form, whitened Z": ("plane", "zx_whitened/fvu"),
    "network, 20 steps": ("network", "zx_network/fvu_at_20"),
    "network, 100 steps": ("network", "zx_network/fvu_at_100"),
    "network, 400 steps": ("network", "zx_network/fvu"),
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
one draw and read on the other, so that noise alone has the height 0. A claim
that a phase is there is supported if the whole 95 % interval of its height is
above {percent:.0f} %, that it is not there if the whole interval is below; the
limit was chosen before any run. Differences are paired by seed. The blocks'
outputs are averaged. The source is known to us as an abstract: every setting
here is our own choice. That the error of reconstruction falls and then rises
was reported before by [Schneider and Prabhushankar
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


def report(reproduction):
    """The `Report`, and header and rows of `table.csv`."""
    found = Report(reproduction.title)
    found.paragraph(f"Claims of {reproduction.source}.")
    found.paragraph(_setting(reproduction))
    found.heading("Claims")
    found.claims(claims(reproduction))
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
    found.table(*_decoders(reproduction))
    found.figure(
        figures.heights(_decoder_heights(reproduction), "share of step 0"),
        "decoders",
        "Fitting at the last block as decoders of different training see it; "
        "intervals over seeds.",
    )
    found.heading("Is it the start of the projection?")
    found.figure(
        figures.heights(_condition_heights(reproduction), "share of step 0"),
        "controls",
        "Fitting and compression by the closed form, mean of the blocks, "
        "for every kind of shortcut; intervals over seeds.",
    )
    found.heading("Accuracy")
    found.table(*_accuracies(reproduction))
    return found, *_numbers(reproduction)


def claims(reproduction) -> list[Claim]:
    """One line for each claim and family."""
    return [
        claim
        for family in reproduction.families
        for claim in _of_family(reproduction, family)
    ]


def shares(reproduction, family, condition, decoder=CLOSED, taps=BLOCKS):
    """Steps, and Z-X `[seeds, draws, m]` as a share of its value at step 0."""
    kind, field = DECODERS[decoder]
    logs = reproduction.logs(family, condition, kind)
    found = [phases.series(logs, tap, field) for tap in taps]
    values = np.mean([values for _, values in found], axis=0)
    return found[0][0], values / values[:, :, :1].mean(axis=1, keepdims=True)


def heights(*which, **more):
    """Fitting and compression of every seed, `[seeds]` each, as shares."""
    found = phases.heights_of(*shares(*which, **more), falls=True)
    return found.fitting.mean(axis=1), found.compression.mean(axis=1)


def _of_family(reproduction, family):
    closed = {c: heights(reproduction, family, c) for c in (*MAIN, *CONTROLS)}
    early = {
        c: heights(reproduction, family, c, decoder=EARLIEST)
        for c in ("identity", "projection")
    }
    fitting = {c: mean_effect(found[0]) for c, found in closed.items()}
    compression = {c: mean_effect(found[1]) for c, found in closed.items()}
    source = "Lyu and Rodrigues 2024"
    effect = fitting["identity"]
    yield Claim(
        f"{family}: with identity shortcuts there is no fitting phase",
        source,
        verdict_below(effect, SHARE),
        f"fitting {shown(effect)}",
        counted(effect),
        "closed form, limit",
    )
    effects = fitting["projection"], compression["projection"]
    yield Claim(
        f"{family}: with projections there is fitting, then compression",
        source,
        all_of([verdict_above(effect, SHARE) for effect in effects]),
        f"fitting {shown(effects[0])}, compression {shown(effects[1])}",
        counted(effects[0]),
        "closed form, limit, projection on every shortcut",
    )
    effects = fitting["none"], compression["none"]
    yield Claim(
        f"{family}: without any shortcut there is fitting, then compression",
        "the other reading of non-identity",
        all_of([verdict_above(effect, SHARE) for effect in effects]),
        f"fitting {shown(effects[0])}, compression {shown(effects[1])}",
        counted(effects[0]),
        "closed form, limit",
    )
    effect = compression["identity"]
    yield Claim(
        f"{family}: models with identity shortcuts still compress",
        source,
        verdict_above(effect, SHARE),
        f"compression {shown(effect)}",
        counted(effect),
        "closed form, limit",
    )
    effect = _difference(closed, "projection", "identity")
    yield Claim(
        f"{family}: projections fit more than identities, also by the closed "
        "form",
        "follows from the claims",
        verdict_above(effect),
        f"difference {shown(effect)}",
        counted(effect),
        "closed form",
    )
    seen = early["projection"][0] - early["identity"][0]
    there = closed["projection"][0] - closed["identity"][0]
    effect = mean_effect(seen - there)
    yield Claim(
        f"{family}: a decoder stopped after 10 steps sees a larger difference "
        "than the closed form",
        "rival explanation (ours)",
        verdict_above(effect),
        f"difference of differences {shown(effect)}",
        counted(effect),
        "the control",
    )
    effect = _difference(closed, "projection", "started as identity")
    yield Claim(
        f"{family}: projections that start as the identity fit less",
        "rival explanation (ours)",
        verdict_above(effect),
        f"difference {shown(effect)}",
        counted(effect),
        "the control",
    )


def _difference(found, one, other):
    return mean_effect(found[one][0] - found[other][0])


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
            x, y = phases.find(logs, "zx/fvu"), phases.find(logs, "zy/ce")
            rows += [
                [
                    *(family, condition, tap, x[tap].name),
                    *(shown(x[tap].fitting), shown(x[tap].compression)),
                    *(f"{x[tap].turn:.0f}", y[tap].name),
                    shown(y[tap].fitting),
                ]
                for tap in x
            ]
    return (
        header,
        rows,
        (
            "Phases by the closed form, in units of FVU, against the noise "
            "of the draws: a phase is named if it is more than noise, however "
            "small."
        ),
    )


def _decoders(reproduction):
    header = ["model", "decoder", "fitting, identity", "fitting, projection"]
    header += ["fitting, none", "projection minus identity"]
    rows = []
    for family in reproduction.families:
        for decoder in DECODERS:
            found = {
                c: heights(
                    reproduction, family, c, decoder=decoder, taps=LAST_BLOCK
                )
                for c in MAIN
            }
            effects = [mean_effect(found[c][0]) for c in MAIN]
            difference = _difference(found, "projection", "identity")
            rows.append([family, decoder, *map(shown, [*effects, difference])])
    return (
        header,
        rows,
        (
            "Fitting at the last block, share of the value at step 0. Networks "
            "were trained at fewer steps, on one draw."
        ),
    )


def _decoder_heights(reproduction):
    """`{panel: {series: {place: Effect}}}` of the figure of decoders."""
    return {
        family: {
            condition: {
                decoder: mean_effect(
                    heights(
                        reproduction,
                        family,
                        condition,
                        decoder=decoder,
                        taps=LAST_BLOCK,
                    )[0]
                )
                for decoder in DECODERS
            }
            for condition in MAIN
        }
        for family in reproduction.families
    }


def _condition_heights(reproduction):
    """`{panel: {series: {place: Effect}}}` of the figure of controls."""
    found = {}
    for family in reproduction.families:
        both = {c: heights(reproduction, family, c) for c in (*MAIN, *CONTROLS)}
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
                    reproduction.logs(family, condition, log), field
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
