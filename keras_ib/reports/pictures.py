"""The figures of a reading."""

from typing import Any

from keras_ib import plotting
from keras_ib.reports.phased import family
from keras_ib.reports.views import View
from keras_ib.reports.words import FEW, name


def of(views: dict[str, list[View]]) -> dict[str, tuple[Any, str]]:
    """`{name: (figure, caption)}`, of what the logs have the fields for.

    Paths and curves are those of the first seed of each condition.
    """
    firsts = [members[0] for members in views.values()]
    logs = [view.logs[0] for view in firsts]
    figures: dict[str, tuple[Any, str]] = {}
    whose = _whose(firsts)
    if all(None not in log.default_axes for log in logs):
        figures["plane"] = (
            plotting.plane(logs),
            "The plane: Z-X to the right and Z-Y upwards, one path a tap, from "
            f"the first step to the last{whose}",
        )
    if all("similarity/cka" in log.pair_fields for log in logs):
        figures["similarity"] = (
            plotting.similarity(logs, data=firsts[0].data),
            "Linear CKA of every two taps, from input to output, at the first "
            f"and the last step, on {name(firsts[0].data)}{whose}",
        )
    fields = _fields(firsts)
    figures["dynamics"] = (
        plotting.dynamics(logs, fields=fields),
        f"{' and '.join(map(name, fields or ['all']))} against the step, a "
        f"line a tap{whose}",
    )
    for number, view in enumerate(_further(views), 2):
        figures[f"dynamics-{number}"] = (
            plotting.dynamics(
                view.logs[0], fields=[view.y], target=view.target
            ),
            f"{name(view.y)} of {name(view.target)} against the step, of "
            f"{name(view.condition)}.",
        )
    for letter, field in zip("xy", (firsts[0].x, firsts[0].y), strict=True):
        figures |= _of_field(letter, field, views, firsts)
    return figures


def _further(views):
    """A view of each target of each condition, but for the first one."""
    return [
        view
        for members in views.values()
        for view in members
        if view.y
        and view.data == members[0].data
        and view.target != members[0].target
    ]


def _of_field(letter, field, views, firsts):
    """Depth of many taps; phases where they are measured alike."""
    if field is None or any(field not in v.logs[0].fields for v in firsts):
        return {}
    found = {}
    if len(firsts[0].taps) > FEW:
        found[f"depth-{letter}"] = (
            plotting.depth([v.logs[0] for v in firsts], field),
            f"{name(field)} over depth (upwards) and steps{_whose(firsts)}",
        )
    taps = firsts[0].curves(field)
    alike = all(
        view.data == firsts[0].data
        and list(view.curves(field)) == list(taps)
        and all(log.steps == view.logs[0].steps for log in view.logs)
        for view in firsts
    )
    if alike and family(firsts[0], field):
        found[f"phases-{letter}"] = (
            plotting.phases(
                {name: members[0].logs for name, members in views.items()},
                field,
                data=firsts[0].data,
                taps=list(taps),
            ),
            f"Fitting and compression of {name(field)} at each tap, on "
            f"{name(firsts[0].data)}. A filled mark is more than noise.",
        )
    return found


def _fields(firsts):
    """Z-X and Z-Y; None where the conditions do not share them."""
    known = [set(view.logs[0].fields) for view in firsts]
    wanted = [f for view in firsts for f in (view.x, view.y) if f]
    shared = [f for f in dict.fromkeys(wanted) if all(f in k for k in known)]
    return shared or None


def _whose(firsts):
    if all(len(view.logs) == 1 for view in firsts):
        return "."
    return ", of the first seed."
