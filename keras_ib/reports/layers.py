"""Does this layer still hold what the next ones need? A line a layer."""

from typing import NamedTuple

from keras_ib.logs.run import is_error
from keras_ib.reports.views import Number, View

# Of what the last tap has of Y: a difference below it does not matter.
MARGIN = 0.05


class Layer(NamedTuple):
    """A tap beside the later ones.

    Attributes:
        tap: Its name.
        here: Z-Y at the last step, or None where it has none.
        later: The later tap with the best Z-Y; None for the last tap.
        there: Z-Y there.
        word: `"holds"`: even with the noise the difference is below
            `MARGIN`; `"more later"`: the later one is better by more than
            noise; `"lost later"`: it is worse; `"undecided"`; `"last"`.
        kept: What it has of X, as `View.known`.
        gain: How much better the later one is.
        noise: From where on a gain is more than noise, for all later taps.
    """

    tap: str
    here: Number | None
    later: str | None
    there: Number | None
    word: str
    kept: Number | None
    gain: Number | None
    noise: float


def layers(view: View) -> list[Layer]:
    """A line for every tap that has Z-Y, from input to output."""
    if view.y is None:
        return []
    found = view.ends(view.y)
    kept = {} if view.x is None else view.known(view.x)
    taps = list(found)
    sign = -1 if is_error(view.logs[0].field(view.y)) else 1
    lines = []
    for place, tap in enumerate(taps):
        later = taps[place + 1 :]
        if not later:
            line = Layer(tap, found[tap], None, None, "last", None, None, 0.0)
        else:
            best = max(later, key=lambda other: sign * found[other].mean)
            gain = view.difference(view.y, best, tap)
            gain = gain._replace(mean=sign * gain.mean)
            # The best of many is better by chance.
            noise = gain.noise(len(later))
            word = _word(gain.mean, noise, margin(view))
            line = Layer(
                tap, found[tap], best, found[best], word, None, gain, noise
            )
        lines.append(line._replace(kept=kept.get(tap)))
    return lines


def margin(view: View) -> float:
    """The difference of Z-Y that does not matter."""
    known = {} if view.y is None else view.known(view.y)
    last = list(known.values())[-1].mean if known else 0.0
    return MARGIN * max(last, 0.0)


def _word(gain, noise, limit):
    if abs(gain) + noise <= limit:
        return "holds"
    if gain > noise:
        return "more later"
    return "lost later" if gain < -noise else "undecided"
