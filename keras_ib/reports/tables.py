"""The tables of a reading: layers, phases, conditions, fields."""

from typing import Any

import numpy as np

from keras_ib.reports.blocks import Report
from keras_ib.reports.html import Mark
from keras_ib.reports.layers import layers
from keras_ib.reports.phased import family
from keras_ib.reports.views import Number, View
from keras_ib.reports.words import (
    FEW,
    effect,
    listed,
    name,
    neighbours,
    plain,
    short,
)

Views = dict[str, list[View]]


def numbers(views: Views) -> tuple[list[str], list[list]]:
    """Header and rows of `table.csv`, a row a tap of each view."""
    header = [
        *("condition", "data", "target", "tap", "zy_field", "zy", "zy_se"),
        *("later_tap", "later_zy", "later_zy_se", "verdict", "x_kept"),
    ]
    rows = [
        [
            *(view.condition, view.data, view.target, layer.tap, view.y),
            *_pair(layer.here),
            layer.later,
            *_pair(layer.there),
            layer.word,
            _pair(layer.kept)[0],
        ]
        for members in views.values()
        for view in members
        for layer in layers(view)
    ]
    return header, rows


def _pair(number: Number | None) -> tuple:
    return (None, None) if number is None else (number.mean, number.error)


def layers_table(report: Report, view: View, place: str):
    """A line a layer: does it hold what the next ones need?"""
    found = layers(view)
    if view.y is None or len(found) < 2:
        return
    of_tap = {layer.tap: layer for layer in found}
    rows = []
    for group in _groups(found, lambda layer: layer.word):
        members = [of_tap[tap] for tap in group]
        later = {layer.later for layer in members}
        rows.append(
            [
                _taps(group),
                Mark(members[0].word, "dynamics"),
                _span([layer.here for layer in members]),
                _span([layer.there for layer in members]),
                listed([tap for tap in later if tap], view.taps) or "-",
                _span([layer.kept for layer in members]),
            ]
        )
    header = [
        *("tap", "verdict", f"Z-Y here, {name(view.y)}", "best later", "at"),
        _kept(view),
    ]
    where = f" On {place}." if place else ""
    question = "Does this layer still hold what the next ones need?"
    report.table(header, rows, f"{question} After the last step.{where}")


def _kept(view):
    if view.x is None:
        return "X kept"
    of_it = "share" if view.x.endswith("/fvu") else name(view.x)
    return f"X kept, {of_it}"


def phases_table(report: Report, view: View, place: str):
    """Phases of a view; those of X beside its first target alone."""
    is_first = view.target in (None, *view.logs[0].targets[:1])
    for field in filter(None, [view.x if is_first else None, view.y]):
        found = family(view, field)
        if not found or next(iter(found.values())).name is None:
            continue
        lines = list(found.items())
        groups = _groups(lines, lambda line: line[1].name, lambda line: line[0])
        rows = []
        for group in groups:
            members = [found[tap] for tap in group]
            rows.append(
                [
                    _taps(group),
                    members[0].name,
                    *(_heights(members, p) for p in ("fitting", "compression")),
                    _range([one.turning_point for one in members], ",.0f"),
                ]
            )
        header = ["tap", "phases", "fitting", "compression", "turning point"]
        where = f" On {place}." if place else ""
        report.table(header, rows, f"Phases of {name(field)}.{where}")


def _heights(members, phase):
    """Magnitudes, and from where one would have been seen."""
    effects = [getattr(one, phase) for one in members]
    floors = [getattr(one, f"{phase}_floor") for one in members]
    text = (
        effect(effects[0])
        if len(members) == 1
        else _range([e.mean for e in effects], ".3f")
    )
    if all(e.mean > f for e, f in zip(effects, floors, strict=True)):
        return text
    return f"{text}, seen from {_range(floors, short)}"


def _groups(lines, key, tap=lambda line: line.tap):
    """Taps a row: each its own; of many, neighbours of one verdict share."""
    if len(lines) <= FEW:
        return [[tap(line)] for line in lines]
    order = [tap(line) for line in lines]
    of_key: dict[Any, list[str]] = {}
    for line in lines:
        of_key.setdefault(key(line), []).append(tap(line))
    groups = [g for taps in of_key.values() for g in neighbours(taps, order)]
    return sorted(groups, key=lambda group: order.index(group[0]))


def _taps(group):
    if len(group) == 1:
        return name(group[0])
    return f"{name(group[0])} to {name(group[-1])} ({len(group)} taps)"


def _span(found):
    found = [number for number in found if number is not None]
    if len(found) < 2:
        return str(found[0]) if found else "-"
    return _range([number.mean for number in found], ".3g")


def _range(values, form):
    form = form if callable(form) else f"{{:{form}}}".format
    low, high = (form(pick(values) + 0.0) for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def side_by_side_table(report: Report, views: Views):
    """Values after the last step, a column a condition."""
    firsts = [members[0] for members in views.values()]
    first = firsts[0]
    for field in filter(None, (first.x, first.y)):
        beside = [v for v in firsts if field in v.logs[0].fields]
        ends = [view.ends(field) for view in beside]
        taps = [tap for tap in ends[0] if all(tap in end for end in ends)]
        if len(beside) < 2 or not taps:
            continue
        places = np.linspace(0, len(taps) - 1, min(FEW, len(taps))).round()
        rows = [
            [name(tap), *(str(end[tap]) for end in ends)]
            for tap in (taps[int(place)] for place in places)
        ]
        header = ["tap", *(name(view.condition) for view in beside)]
        where = f"on {name(first.data)}, after the last step"
        report.table(header, rows, f"{name(field)} {where}.")


def fields_table(report: Report, views: Views):
    """What each field is, and its ceiling."""
    rows = {}
    for members in views.values():
        log = members[0].logs[0]
        for field, known in log.fields.items():
            if not field.endswith("_se"):
                unit = "" if known["unit"] == "1" else f" [{known['unit']}]"
                rows[field] = [
                    name(field),
                    f"{plain(known['meaning'])}{unit}",
                    known["kind"],
                    known["rows"],
                    known["formula"] or "-",
                ]
    header = ["field", "meaning", "kind", "samples", "ceiling"]
    report.table(header, rows.values(), "What was measured.")
