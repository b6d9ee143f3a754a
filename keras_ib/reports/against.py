"""Conditions against the first one, seed by seed."""

from keras_ib.analysis.comparison import MEAN, compare
from keras_ib.reports.sentences import Said, Sentence
from keras_ib.reports.views import View
from keras_ib.reports.words import effect, name, plain


def differs(view: View) -> Said:
    """Whether Z-X and Z-Y after the last step differ from the first runs'."""
    if view.against is None:
        return None
    conditions = {v.condition: v.logs for v in (view.against, view)}
    return [
        _differs(view, conditions, field)
        for field in (view.x, view.y)
        if field and field in view.against.logs[0].fields
    ]


def _differs(view, conditions, field):
    first = name(view.against.condition)
    try:
        found = compare(conditions, field, data=view.data)
    except (KeyError, ValueError) as error:
        text = f"{name(field)} cannot be compared with {first}"
        return Sentence("undecided", f"{text}. {plain(error)}")
    mean, last = (
        next(one for one in found if one.tap == tap and one.differences)
        for tap in (MEAN, view.taps[-1])
    )
    difference = mean.differences["last"]
    is_known = difference.low == difference.low
    is_seen = difference.low > 0 or difference.high < 0
    word = "seen" if is_seen else "not seen" if is_known else "undecided"
    text = (
        f"{name(field)} minus that of {first} is {effect(difference)} in the "
        f"mean of all taps, {effect(last.differences['last'])} at "
        f"{name(last.tap)}, after the last step"
    )
    if not is_known:
        text += "; of one seed nothing tells it from noise"
    return Sentence(word, f"{text}.")
