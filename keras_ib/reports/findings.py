"""Where Y becomes readable, where X is lost, what layers still hold."""

from itertools import pairwise

import numpy as np

from keras_ib.logs.run import is_error
from keras_ib.reports.layers import layers, margin
from keras_ib.reports.sentences import Said, Sentence
from keras_ib.reports.views import View
from keras_ib.reports.words import amount, listed, name, short

# What counts as most of what the last tap has.
MOST = 0.95
NEARLY = 0.9
HELD = {
    "holds": "What later taps have of Y is readable at {} already",
    "more later": "Less of Y is readable at {} than later on",
    "lost later": "More of Y is readable at {} than at any later tap",
    "undecided": "Whether later taps have more of Y than {} is not decided",
}


def readable(view: View) -> Said:
    """Which tap has half of what the last one has of Y, and which most."""
    found = {} if view.y is None else view.known(view.y)
    if view.y is None or len(found) < 2:
        return None
    *_, last = found
    end, counts = found[last], amount(view.logs[0], view.y, "Y")
    is_there = end.is_above(0)
    if not is_there:
        word = "undecided" if is_there is None and end.mean > 0 else "not seen"
        if word == "not seen":
            text = (
                f"Nothing of Y can be read at the last tap {name(last)}: {end}"
            )
            return [Sentence(word, f"{text} {counts}.")]
    half, most = (
        next(t for t, n in found.items() if n.mean >= share * end.mean)
        for share in (0.5, MOST)
    )
    text = f"{end} {counts} can be read at the last tap {name(last)}"
    text += f", and {MOST:.0%} of that first at {name(most)}"
    if half != most:
        text += f", half of it at {name(half)}"
    text += "." if most != next(iter(found)) else " already."
    return [Sentence("seen" if is_there else "undecided", text)]


def speed(view: View) -> Said:
    """By which step the last tap has half, and most, of its last Z-Y."""
    found = {} if view.y is None else view.known(view.y)
    if view.y is None or not found or len(view.steps) < 3:
        return None
    *_, last = found
    if not found[last].mean > 0:
        return []
    curve = view.information(view.y)[last][1].mean(axis=(0, 1))
    half, most = (
        _between(view.steps, curve >= share * curve[-1])
        for share in (0.5, NEARLY)
    )
    text = f"At {name(last)} half of that was there {half}"
    if half != most:
        text += f", {NEARLY:.0%} {most}"
    text += f"; the last step is {view.steps[-1]:,}."
    return [Sentence("seen", text)]


def lost(view: View) -> Said:
    """How much of X is lost on the way, and at which tap most of it."""
    if view.x is None or len(found := view.known(view.x)) < 2:
        return None
    first, *_, last = found
    steps = {tap: _loss(view, before, tap) for before, tap in pairwise(found)}
    tap = max(steps, key=lambda one: steps[one].mean)
    before = list(found)[list(found).index(tap) - 1]
    whole, step = _loss(view, first, last), steps[tap]
    counts = amount(view.logs[0], view.x, "X")
    is_lost, is_there = whole.is_above(0), step.is_above(0, len(steps))
    if is_lost is None:
        word = "undecided"
    else:
        word = "seen" if is_lost or is_there else "not seen"
    ends = f"from {name(first)} to {name(last)}"
    text = (
        f"{whole} {counts} is lost {ends}, most of it at {name(tap)}: {step} "
        f"less than at {name(before)}"
    )
    if word == "not seen":
        text = (
            f"No X is lost {ends}, beyond noise: {whole} {counts}, and {step} "
            f"at {name(tap)}"
        )
    elif is_lost is False:
        text = (
            f"{step} {counts} less is at {name(tap)} than at {name(before)}, "
            f"but none is lost {ends}, beyond noise: {whole}"
        )
    elif is_there is False:
        text += ", a step no higher than noise"
    left = found[last]
    if view.x.endswith("/fvu"):
        text += f". {left if left.mean > 0 else 'None'} of it is left"
    return [Sentence(word, f"{text}.")]


def _loss(view, before, tap):
    """How much less of X is known at a tap than at one before it."""
    loss = view.difference(view.x, tap, before)
    sign = 1 if is_error(view.logs[0].field(view.x)) else -1
    return loss._replace(mean=sign * loss.mean)


def held(view: View) -> Said:
    """Whether layers hold what the next ones need: `layers` in a sentence."""
    found = layers(view)[:-1]
    if not found:
        return None
    return [
        Sentence(word, _held(view, word, [t for t in found if t.word == word]))
        for word in HELD
        if any(layer.word == word for layer in found)
    ]


def _held(view, word, members):
    """What is said of taps of one verdict, with the largest difference."""
    most = max(members, key=lambda layer: abs(layer.gain.mean))
    unit = view.logs[0].field(view.y)["unit"]
    unit = "" if unit == "1" else f" {unit}"
    gain = most.gain._replace(mean=abs(most.gain.mean))
    text = (
        f"{HELD[word].format(listed([t.tap for t in members], view.taps))}: "
        f"the largest difference is {gain}{unit}, of {name(most.tap)} to "
        f"{name(most.later)}"
    )
    if word == "undecided":
        is_known = most.noise == most.noise
        noise = f"noise alone reaches {short(most.noise)}"
        text += f"; {noise if is_known else 'its error is not known'}"
    if word == "holds":
        text += f", and less than {short(margin(view))} with its noise"
    return f"{text}."


def _between(steps, is_there):
    place = int(np.argmax(is_there))
    if place == 0:
        return f"at step {steps[0]:,} already"
    return f"by step {steps[place]:,} (not yet at {steps[place - 1]:,})"
