"""What an interactive figure is steered by: a slider, buttons, two menus."""

from typing import Any

# Without the redraw, plotly would clear the panels in which nothing moves; it
# would do so, too, while a transition lasts.
STEP = {
    "mode": "immediate",
    "transition": {"duration": 0},
    "frame": {"duration": 0, "redraw": True},
}
MENU = {"type": "dropdown", "xanchor": "left", "yanchor": "bottom", "y": 1.03}
MILLISECONDS = 350  # A step, as it plays.


def slider(steps: list[int], name: str) -> dict[str, Any]:
    """A slider over steps, at the last of them."""
    return {
        "active": len(steps) - 1,
        "x": 0.1,
        "len": 0.9,
        "y": -0.14,
        "pad": {"t": 0},
        "currentvalue": {"prefix": f"{name} ", "xanchor": "left"},
        "steps": [
            {
                "label": str(step),
                "method": "animate",
                "args": [[str(step)], STEP],
            }
            for step in steps
        ],
    }


def buttons() -> dict[str, Any]:
    """Play and pause."""
    frame = {"duration": MILLISECONDS, "redraw": True}
    play = STEP | {"frame": frame, "fromcurrent": True}
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "y": -0.2,
        "xanchor": "left",
        "yanchor": "middle",
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], STEP]},
        ],
    }


def menu(x: float, choices: dict[str, list]) -> dict[str, Any]:
    """A menu of what `Plotly.update` takes, by label."""
    return MENU | {
        "x": x,
        "showactive": True,
        "buttons": [
            {"label": label, "method": "update", "args": arguments}
            for label, arguments in choices.items()
        ],
    }
