"""What limits single numbers: ceilings, few samples, dead taps."""

import numpy as np

from keras_ib.reports.sentences import Said, cautions
from keras_ib.reports.views import View
from keras_ib.reports.words import listed, name

# A value that is nearer to its ceiling than this says only that it is high.
NEAR = 0.95
FEW_OF_A_CLASS = 10
MOST_OUTSIDE = 0.01
# Of the variance of X.
NOTHING = 0.01
CEILINGS = {
    "log n": "the samples can be told apart, which is all that so many can "
    "show",
    "H(Y)": "all of the label, which any Z has whose samples can all be told "
    "apart",
}


def few_of_a_class(view: View) -> Said:
    """Few held-out samples a class."""
    classes = view.about.get("num_classes")
    held_out = view.about.get("num_held_out")
    if not classes or not held_out or view.y is None:
        return None
    if held_out >= FEW_OF_A_CLASS * classes:
        return []
    return cautions(
        f"{held_out:,} held-out samples are about {held_out / classes:.2g} a "
        f"class, of {classes:,} classes: too few to say how well each is told."
    )


def wide(view: View) -> Said:
    """Taps of more units than there are samples to fit a decoder."""
    shapes = [tap.get("shape") for tap in view.logs[0].config["taps"]]
    num_fit = view.about.get("num_fit")
    if num_fit is None or None in shapes or not (view.x or view.y):
        return None
    sizes = dict(zip(view.taps, map(_size, shapes), strict=True))
    found = [tap for tap, size in sizes.items() if size > num_fit]
    if not found:
        return []
    return cautions(
        f"{len(found)} of {len(sizes)} taps have more units than the "
        f"{num_fit:,} samples that fit the decoders: "
        f"{listed(found, view.taps)}, up to {max(sizes.values()):,}. What "
        "seems lost there may not be, for a decoder of more samples."
    )


def fewer(view: View) -> Said:
    """Taps that are looked at on fewer samples."""
    counts = {
        tap["name"]: tap["num_samples"][view.data]
        for tap in view.logs[0].config["taps"]
        if view.data in tap.get("num_samples", {})
    }
    if not counts:
        return []
    return cautions(
        f"For want of memory {listed(list(counts), view.taps)} had fewer "
        f"samples, {min(counts.values()):,} at least: numbers of other taps "
        "are not quite comparable."
    )


def at_ceiling(view: View) -> Said:
    """Values that are as high as the sample allows."""
    ceilings = {
        field: (what["formula"], what["ceiling"].get(view.data))
        for field, what in view.logs[0].fields.items()
        # What is usable of Y is its error turned round, which shows the rest.
        if isinstance(what["ceiling"], dict) and not field.endswith("/usable")
    }
    known = {f: (how, c) for f, (how, c) in ceilings.items() if c}
    if not known:
        return None
    texts = []
    for field, (formula, ceiling) in known.items():
        ends = view.ends(field)
        high = [tap for tap, n in ends.items() if n.mean >= NEAR * ceiling]
        if high:
            what = CEILINGS.get(formula, "the sample allows no more")
            texts.append(
                f"{name(field)} is near its ceiling {formula} = {ceiling:.3g} "
                f"at {len(high)} of {len(ends)} taps, "
                f"{listed(high, view.taps)}: {what}. What a tap has beyond "
                "that does not show."
            )
    return cautions(*texts)


def worse_than_none(view: View) -> Said:
    """Decoders that are worse than no decoder at all."""
    texts, checked = [], False
    for field, letter, than in (
        (view.x, "X", "the mean"),
        (view.y, "Y", "H(Y), which the shares of the classes alone give"),
    ):
        if field is None or not field.endswith(("/fvu", "/ce")):
            continue
        than = "the mean" if field.endswith("/fvu") else than
        known, checked = view.known(field), True
        bad = {
            tap: number
            for tap, number in known.items()
            if number._replace(mean=-number.mean).is_above(0, len(known))
        }
        if bad:
            worst = min(bad, key=lambda tap: bad[tap].mean)
            texts.append(
                f"Z-{letter} at {listed(list(bad), view.taps)} is worse than "
                f"{than}, by up to {-bad[worst].mean:.2g} at {name(worst)}: a "
                "decoder that was misled by its few samples. "
                "Read it as nothing known, and give more samples."
            )
    return cautions(*texts) if checked else None


def dead(view: View) -> Said:
    """Taps of which decoders see nothing, neither of X nor of Y."""
    if view.x is None or view.y is None or not view.x.endswith("/fvu"):
        return None
    of_x, of_y = view.known(view.x), view.known(view.y)
    found = [
        tap
        for tap in of_x
        if tap in of_y
        and of_x[tap].mean < NOTHING
        and not (of_y[tap].is_above(0) or np.isnan(of_y[tap].error))
    ]
    if not found:
        return [] if of_y else None
    return cautions(
        f"Nothing of X and nothing of Y is seen at {listed(found, view.taps)}: "
        "its units are constant, or differ by less than the resolution of the "
        "decoders."
    )


def outside(view: View) -> Said:
    """Values of Z outside of the bins."""
    if "binning/outside" not in view.logs[0].fields:
        return None
    ends = view.ends("binning/outside")
    found = {t: n.mean for t, n in ends.items() if n.mean > MOST_OUTSIDE}
    if not found:
        return []
    return cautions(
        f"Up to {max(found.values()):.0%} of the values of Z lie outside the "
        f"bins of `binning` at {listed(list(found), view.taps)}, where they "
        "are not told apart."
    )


def _size(shape):
    return int(np.prod([size for size in shape if size is not None]))
