"""The page of a reading: findings, layers, cautions, figures, rules."""

from typing import Any

from keras_ib.analysis.comparison import names
from keras_ib.analysis.statistics import mean_effect
from keras_ib.reports import pictures, tables
from keras_ib.reports.blocks import Report
from keras_ib.reports.html import Mark
from keras_ib.reports.rules import CAUTIONS, FINDINGS, RULES, Rule
from keras_ib.reports.tables import Views
from keras_ib.reports.views import View
from keras_ib.reports.words import effect, name

INTRODUCTION = """\
Each sentence has its verdict, which leads to its figure, its number and its \
rule. A ± is one standard error, brackets are 95 % intervals over seeds. What \
cannot be checked on these logs is not here.\
"""
LAYERS = """\
A later tap is made of the earlier ones: what it has of Y was there, unless it \
came by another way, such as a shortcut. So `more later` does not say that Y \
is missing, but that the decoder cannot read it yet.\
"""


def page(views: Views) -> Report:
    """The whole page.

    Args:
        views: `{condition: views}`, one view a probe set and target.
    """
    every = [view for members in views.values() for view in members]
    logs = [log for members in views.values() for log in members[0].logs]
    report = Report(f"Reading of {_title(names(logs))}")
    _runs(report, views)
    report.paragraph(INTRODUCTION)
    figures = pictures.of(views)
    said = {rule.name: _say(rule, views) for rule in RULES}
    report.heading("What the numbers say")
    _sentences(report, FINDINGS, said, every, figures)
    if len(views) > 1:
        tables.side_by_side_table(report, views)
    if said["held"]:
        report.paragraph(LAYERS)
    for view in every:
        tables.layers_table(report, view, _place(view, every))
    for view in every:
        tables.phases_table(report, view, _place(view, every))
    report.heading("How far to trust them")
    _sentences(report, CAUTIONS, said, every, figures)
    _silent(report, said)
    report.heading("Figures")
    for key, (figure, caption) in figures.items():
        report.figure(figure, key, caption)
    report.heading("The numbers")
    tables.fields_table(report, views)
    report.heading("The rules")
    for rule in RULES:
        if said[rule.name] is not None:
            report.rule(rule.name, f"{rule.text[:1].upper()}{rule.text[1:]}")
    return report


def _title(folders):
    first = " ".join(folders[0].split())
    more = len(folders) - 1
    return f"{first} and {more} more" if more else first


def _runs(report, views):
    """What was trained and looked at, a paragraph a condition."""
    for condition, members in views.items():
        view = members[0]
        sets = {one.data: one for one in members}.values()
        text = (
            f"{len(view.logs)} {'run' if len(view.logs) == 1 else 'runs'} of "
            f"{len(view.taps)} taps, {name(view.taps[0])} to "
            f"{name(view.taps[-1])}, measured at {len(view.steps)} steps from "
            f"{view.steps[0]:,} to {view.steps[-1]:,}, on "
            f"{'; '.join(map(_samples, sets))}."
        )
        found = [one.result.get("test_accuracy") for one in view.logs]
        known = [accuracy for accuracy in found if accuracy is not None]
        if known:
            text += f" Test accuracy {effect(mean_effect(known))}."
        if len(views) > 1:
            text = f"{name(condition)}: {text}"
        report.paragraph(text)


def _samples(view):
    counts = [view.about.get(key) for key in ("num_fit", "num_held_out")]
    text = name(view.data)
    if len(view.draws) > 1:
        text += f" ({len(view.draws)} draws)"
    if None in counts:
        return text
    return f"{text}, {counts[0]:,} samples to fit and {counts[1]:,} held out"


def _say(rule: Rule, views: Views) -> list[tuple[View, Any]] | None:
    """What a rule says, with the view that it says it of; None: nowhere."""
    found = [
        (view, sentences)
        for members in views.values()
        for view in _views_for(rule, members)
        if (sentences := rule.find(view)) is not None
    ]
    if not found:
        return None
    return [(view, one) for view, sentences in found for one in sentences]


def _views_for(rule, members):
    if rule.of == "runs":
        return members[:1]
    if rule.of == "data":
        return list({view.data: view for view in members[::-1]}.values())[::-1]
    return members


def _sentences(report, rules, said, every, figures):
    """One block a sentence; where several views say the same, once."""
    for rule in rules:
        of_sentence: dict[Any, list[str]] = {}
        for view, sentence in said[rule.name] or ():
            place = _place(view, every, rule.of)
            of_sentence.setdefault(sentence, []).append(place)
        for sentence, places in of_sentence.items():
            figure = rule.figure if rule.figure in figures else None
            where = " and ".join(dict.fromkeys(filter(None, places)))
            report.finding(
                Mark(sentence.word, figure),
                f"On {where}: {sentence.text}" if where else sentence.text,
                rule.name,
                rule.text,
            )


def _place(view, every, of="target"):
    """What tells a view from the others: condition, probe set, target."""
    parts = {"condition": view.condition}
    if of != "runs":
        parts["data"] = view.data
    if of == "target":
        parts["target"] = view.target
    return ", ".join(
        name(value)
        for part, value in parts.items()
        if len({getattr(other, part) for other in every}) > 1
    )


def _silent(report, said):
    """The cautions that were looked for and not found."""
    silent = [rule.name for rule in CAUTIONS if said[rule.name] == []]
    if silent:
        report.paragraph(
            f"Looked for as well, and not found: {', '.join(silent)}."
        )
