"""Which phases are more than noise, and what would have been seen."""

from typing import NamedTuple

import numpy as np

from keras_ib.analysis import phases
from keras_ib.analysis.turning import ENDS
from keras_ib.logs.run import is_error
from keras_ib.reports.sentences import Said, Sentence
from keras_ib.reports.views import View
from keras_ib.reports.words import effect, listed, name, short

PHASES = {"fitting": "ends", "compression": "begins"}
# Of the variance, or of the highest value of a field: where lower phases would
# not have been seen, that none was says nothing.
TOO_HIGH = 0.25


def x_phases(view: View) -> Said:
    """Fitting and compression of X."""
    return _phases(view, view.x, "X")


def y_phases(view: View) -> Said:
    """The same of Y; its compression is Y that is lost again."""
    return _phases(view, view.y, "Y")


def family(view: View, field: str | None) -> dict[str, phases.Phases]:
    """Phases of all taps together; `{}` where too few steps were measured."""
    if field is None or len(view.steps) < 3:
        return {}
    lower = is_error(view.logs[0].field(field))
    return phases.of_family(view.curves(field), lower_is_better=lower)


def _phases(view, field, letter):
    found = family(view, field)
    if not found:
        return None
    if next(iter(found.values())).located == "itself":
        return [_only_curves(found, field, letter)]
    return [_phase(view, found, phase, field, letter) for phase in ENDS]


def _only_curves(found, field, letter):
    tops = {
        p: max(found, key=lambda t: getattr(found[t], p).mean) for p in ENDS
    }
    heights = ", ".join(
        f"{phase} up to {getattr(found[tap], phase).mean:.2g} at {name(tap)}"
        for phase, tap in tops.items()
        if getattr(found[tap], phase).mean > 0
    )
    return Sentence(
        "undecided",
        f"Nothing tells phases of {letter} from noise: one seed, one draw. The "
        f"curves of {name(field)} themselves have {heights or 'none'}.",
    )


def _phase(view, found, phase, field, letter):
    effects = {tap: getattr(one, phase) for tap, one in found.items()}
    floors = {tap: getattr(one, f"{phase}_floor") for tap, one in found.items()}
    named = [tap for tap in found if effects[tap].mean > floors[tap]]
    others = {tap: floors[tap] for tap in found if tap not in named}
    what = f"{phase.capitalize()} of {letter} ({name(field)})"
    power = _power(others, TOO_HIGH * _highest(view, field))
    if not named:
        text = f"{what} was not seen at any of {len(found)} taps{power.text}."
        return Sentence("undecided" if power.is_low else "not seen", text)
    top = max(named, key=lambda tap: effects[tap].mean)
    text = (
        f"{what} is more than noise at {len(named)} of {len(found)} taps: "
        f"{listed(named, view.taps)}. The largest is {effect(effects[top])} at "
        f"{name(top)}, where it {_turn(view, phase, found[top])}."
    )
    if others:
        text += f" At the others it was not seen{power.text}."
    return Sentence("seen", text)


def _turn(view, phase, found):
    if phase == "fitting" and found.turning_point == view.steps[-1]:
        return "goes on to the last step"
    return f"{PHASES[phase]} at step {found.turning_point:,.0f}"


class _Power(NamedTuple):
    text: str
    is_low: bool


def _power(floors, limit):
    """From where a phase would have been seen, and whether that is enough."""
    # A tap that never moves, such as one of the input, has no noise.
    floors = {tap: floor for tap, floor in floors.items() if floor > 0}
    if not floors:
        return _Power("", False)
    low, high = (pick(floors, key=floors.get) for pick in (min, max))
    text = f"; it would have been from {short(floors[low])} on at {name(low)}"
    if low != high:
        text += f", from {short(floors[high])} on at {name(high)}"
    is_low = floors[high] > limit
    if is_low:
        text += (
            ". So little could be seen there that it says nothing: give more "
            "seeds or draws"
        )
    return _Power(text, is_low)


def _highest(view, field):
    """What a phase can be at most, about."""
    if field.endswith("/fvu"):
        return 1.0
    found = [np.abs(values).max() for _, values in view.curves(field).values()]
    return float(max(found))
