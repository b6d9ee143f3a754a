"""What limits all numbers of a run: seeds, samples, what was left out."""

import numpy as np

from keras_ib.analysis import student
from keras_ib.analysis.statistics import CONFIDENCE
from keras_ib.reports.sentences import Said, Sentence, cautions
from keras_ib.reports.views import View
from keras_ib.reports.words import listed, name, plain


def few_seeds(view: View) -> Said:
    """Too few seeds and draws for an interval."""
    seeds, draws = len(view.logs), len(view.draws)
    if seeds > 2:
        return []
    if seeds == 2:
        half = student.quantile((1 - CONFIDENCE) / 2, 1)
        return cautions(
            f"Two seeds: an interval is {half:.0f} standard errors to each "
            "side. Five have 2.8."
        )
    text = "One training: what another seed would give is not known. "
    if draws > 1:
        text += f"Its {draws} draws show the noise of the samples alone"
        few = ", and two show little of it: give draws=4" if draws == 2 else ""
        return cautions(f"{text}{few}.")
    return cautions(
        f"{text}One draw of probe data: a ± is the standard error over the "
        "held-out samples, and phases have no interval. Train more seeds, or "
        "give draws=4."
    )


def unfinished(view: View) -> Said:
    """A training that has no result yet, or seeds of other lengths."""
    texts = [
        f"{name(log.folder.name)} has no result: its training had not ended "
        f"after step {log.steps[-1]:,}."
        for log in view.logs
        if log.training and not log.result
    ]
    lasts = {log.steps[-1] for log in view.logs}
    if len(lasts) > 1:
        texts.append(
            f"The runs were measured up to different steps; the "
            f"{len(view.steps)} that they share, up to {view.steps[-1]:,}, "
            "count."
        )
    if not texts and not any(log.training for log in view.logs):
        return None if len(view.logs) == 1 else []
    return cautions(*texts)


def averaged(view: View) -> Said:
    """Weights that are evaluated are other ones than those measured."""
    known = [log.config.get("use_ema") for log in view.logs]
    if None in known:
        return None
    if not any(known):
        return []
    return cautions(
        "The optimizer keeps an average of the weights (EMA), with which "
        "Keras evaluates and saves the model. The numbers are of the weights "
        "that it trains, which are others."
    )


def left_out(view: View) -> Said:
    """What was not measured, and why."""
    if any("left_out" not in log.config for log in view.logs):
        return None
    reasons: dict[str, list[str]] = {}
    for log in view.logs:
        for entry in log.config["left_out"]:
            what = f"{entry.get('what', '')} {name(entry.get('name', ''))}"
            names = reasons.setdefault(str(entry.get("reason", "")), [])
            names += [] if what in names else [what]
    return cautions(
        *(
            f"Left out: {', '.join(names[:5])}"
            f"{f' and {len(names) - 5} more' if len(names) > 5 else ''}. "
            f"{plain(reason)}"
            for reason, names in reasons.items()
        )
    )


def diverged(view: View) -> Said:
    """Taps without numbers at some steps."""
    texts = []
    for field in filter(None, (view.x, view.y)):
        values = {
            (log, tap): log.series(tap, field, data=view.data)
            for log in view.logs
            for tap in log.taps
        }
        bad = {
            tap: int(steps[~np.isfinite(found)][0])
            for (_, tap), (steps, found) in values.items()
            if not np.isfinite(found).all()
        }
        if bad:
            texts.append(
                f"{name(field)} is not a finite number at "
                f"{listed(list(bad), view.taps)}, first at step "
                f"{min(bad.values()):,}: left out here."
            )
    return cautions(*texts)


def notes(view: View) -> Said:
    """What the probe noted: rows that repeat, rare classes, odd columns."""
    abouts = [log.config["data"].get(view.data, {}) for log in view.logs]
    if any("notes" not in about for about in abouts):
        return None
    told = {
        target.get("summary")
        for about in abouts
        for target in about.get("targets", {}).values()
    }
    texts = (note for about in abouts for note in about["notes"])
    return cautions(*(plain(t) for t in dict.fromkeys(texts) if t not in told))


def kind_of_y(view: View) -> Said:
    """What Y was taken for."""
    known = view.about.get("targets", {}).get(view.target, {}).get("summary")
    if known is None:
        return None
    return [Sentence("note", f"What Y was taken for: {plain(known)}.")]
