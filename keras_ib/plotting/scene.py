"""An interactive figure, put together: traces, layout and frames."""

from typing import Any

from keras_ib.plotting import axes, controls, curves, images, looks, traces
from keras_ib.plotting.scales import Scale, safe, step_axis

PLANE, RIGHT = [0, 0.42], [0.57, 0.97]
UPPER, LOWER = [0.57, 1], [0, 0.43]
PIXELS = 720
MOST_NAMES = 16  # Of taps, beside the image.
# Of the lines at a step: its own, since the other one may change.
OVER = {"range": [0, 1], "visible": False, "fixedrange": True}
LINE = {"color": "#999999", "width": 1, "dash": "dash"}

Pair = tuple[str, str]
View = tuple[str, str]  # A run and a probe set.


class Scene:
    """Traces, when each of them is shown, and which of them move.

    Args:
        chosen: All curves.
        fields: What the image and the curves may show; the first one is.
        pairs: The planes; the first one is shown. Without any, the image and
            the curves have all the room.
    """

    def __init__(
        self, chosen: list[curves.Curve], fields: list[str], pairs: list[Pair]
    ):
        from matplotlib.colors import to_hex

        self._chosen, self._fields, self._pairs = chosen, fields, pairs
        colours = looks.by_depth(c.tap for c in chosen)
        are_many = len(colours) > looks.MAX_NAMES
        self._looks = {
            safe(tap): traces.look(to_hex(colour), are_many)
            for tap, colour in colours.items()
        }
        self._scales = {
            field: Scale(chosen, field)
            for field in {*fields, *sum(pairs, start=())}
        }
        self._views = curves.group(chosen, lambda c: (c.run, c.data))
        self._steps = sorted({step for c in chosen for step in c.log.steps})
        self._traces: list[traces.Trace] = []
        # Of each trace its view and its plane; None where it is of all.
        self._of: list[tuple[View | None, Pair | None]] = []
        self._moving: dict[int, list[traces.Walk]] = {}
        self._fill()

    def _fill(self):
        for view, members in self._views.items():
            for pair in self._pairs:
                self._add_plane(view, members, pair)
            for trace in self._of_field(members, self._fields[0]):
                self._add(trace, view)
        self._lines = len(self._traces)
        self._add(traces.now(2, "white"))
        self._add(traces.now(3, "#666666"))

    def _add(self, trace, view=None, pair=None):
        self._traces.append(trace)
        self._of.append((view, pair))

    def _add_plane(self, view, members, pair):
        both = [self._scales[field] for field in pair]
        ways = [traces.walk(curve, *both) for curve in members]
        for way in ways:
            look = self._looks[way.tap]
            self._add(traces.path(way, *both, look), view, pair)
        self._moving[len(self._traces)] = ways
        self._add(traces.points(ways, *both, self._looks), view, pair)

    def _of_field(self, members, field):
        """The image and the curves of a view."""
        scale = self._scales[field]
        return [
            traces.image(members, scale),
            *(
                traces.over_steps(c, scale, self._looks[safe(c.tap)])
                for c in members
            ),
        ]

    def parts(self) -> dict[str, Any]:
        """Arguments of `plotly.graph_objects.Figure`."""
        last = self._frame(self._steps[-1])
        for place, trace in zip(last["traces"], last["data"], strict=True):
            self._traces[place] |= trace
        first = next(iter(self._views)), next(iter(self._pairs), None)
        for trace, shown in zip(self._traces, self._shown(*first), strict=True):
            trace["visible"] = shown
        return {
            "data": self._traces,
            "layout": self._layout(),
            "frames": [self._frame(step) for step in self._steps],
        }

    def _frame(self, step):
        """What moves, as it is at a step."""
        at = float(images.place(step))
        return {
            "name": str(step),
            "data": [
                *(traces.at(ways, step) for ways in self._moving.values()),
                {"x": [at, at]},
                {"x": [at, at]},
            ],
            "traces": [*self._moving, self._lines, self._lines + 1],
        }

    def _shown(self, view, pair):
        return [
            of[0] in (view, None) and of[1] in (pair, None) for of in self._of
        ]

    def _layout(self):
        name = axes.step_name(self._chosen[0].log)
        last = self._steps[-1]
        steps = step_axis(last, name) | {
            "domain": RIGHT if self._pairs else [0.1, RIGHT[1]],
            "range": images.edges(self._steps)[[0, -1]].tolist(),
        }
        return {
            "template": "simple_white",
            "height": PIXELS,
            "margin": {"l": 80, "r": 20, "t": 90, "b": 120},
            "title": {"text": self._title(), "x": 0.01, "y": 0.98},
            "hovermode": "closest",
            **(self._layout_of_plane(self._pairs[0]) if self._pairs else {}),
            "xaxis2": steps | {"anchor": "y2", "title": None},
            "yaxis2": self._depth(),
            "xaxis3": steps | {"anchor": "y3"},
            "yaxis4": OVER | {"overlaying": "y2", "anchor": "x2"},
            "yaxis5": OVER | {"overlaying": "y3", "anchor": "x3"},
            **self._layout_of_field(self._fields[0]),
            "sliders": [controls.slider(self._steps, name)],
            "updatemenus": [
                controls.buttons(),
                controls.menu(0, self._views_to_choose()),
                controls.menu(steps["domain"][0], self._fields_to_choose()),
            ],
        }

    def _title(self):
        runs = ", ".join(dict.fromkeys(c.run for c in self._chosen))
        return f"<b>{safe(runs)}</b>"

    def _layout_of_plane(self, pair):
        x, y = (self._scales[field] for field in pair)
        return {
            "xaxis": x.axis(50) | {"domain": PLANE},
            "yaxis": y.axis(50),
            "shapes": [
                *(_ceiling("x", "y domain", at) for at in x.ceilings()),
                *(_ceiling("y", "x domain", at) for at in y.ceilings()),
            ],
        }

    def _layout_of_field(self, field):
        scale = self._scales[field]
        low, high = scale.span()
        bar = {"len": 0.43, "y": 0.785, "thickness": 14, "outlinewidth": 0}
        return {
            "yaxis3": scale.axis(30) | {"domain": LOWER, "anchor": "x3"},
            "coloraxis": {
                "colorscale": "Cividis",
                "cmin": low,
                "cmax": high,
                "colorbar": bar | scale.ticks(),
            },
        }

    def _depth(self):
        """The axis of the taps; names in the colours of paths and curves."""
        taps = list(self._looks)
        places = looks.ticks(len(taps), MOST_NAMES)
        return {
            "domain": UPPER,
            "anchor": "x2",
            "type": "category",
            "categoryorder": "array",
            "categoryarray": taps,
            "tickvals": [taps[i] for i in places],
            "ticktext": [self._in_colour(taps[i]) for i in places],
        }

    def _in_colour(self, tap):
        colour = self._looks[tap]["line"]["color"]
        return f'{tap} <span style="color:{colour}">■</span>'

    def _views_to_choose(self):
        return {
            self._name(view, pair): [
                {"visible": self._shown(view, pair)},
                self._layout_of_plane(pair) if pair else {},
            ]
            for view in self._views
            for pair in (self._pairs or [None])
        }

    def _name(self, view, pair):
        first = self._views[view][0]
        name = curves.distinct(first, self._chosen) or first.data
        if len(self._pairs) > 1:
            name += f": {pair[0]}, {pair[1]}"
        return safe(name)

    def _fields_to_choose(self):
        return {safe(field): self._field(field) for field in self._fields}

    def _field(self, field):
        """Data of the image and the curves; where they go."""
        found = [
            trace
            for members in self._views.values()
            for trace in self._of_field(members, field)
        ]
        where = [
            i
            for i, (view, pair) in enumerate(self._of)
            if view is not None and pair is None
        ]
        keys = "x", "y", "z", "customdata", "error_y"
        data = {key: [trace.get(key) for trace in found] for key in keys}
        return [data, self._layout_of_field(field), where]


def _ceiling(axis, across, at):
    """Where the size of the sample ends an axis."""
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        f"{axis}ref": axis,
        f"{other}ref": across,
        **{f"{axis}0": at, f"{axis}1": at, f"{other}0": 0, f"{other}1": 1},
        "line": LINE,
        "opacity": 1,
    }
