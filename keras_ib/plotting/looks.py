"""What tells the curves of a figure apart: colours, dashes, legends."""

from collections.abc import Iterable, Sequence
import textwrap
from typing import Any

import numpy as np

# More taps than this are told apart by a colour bar, not by their names.
MAX_NAMES = 12
DASHES = ("-", (0, (3, 1.5)), (0, (1, 1.2)), (0, (5, 1, 1, 1)))
# Of Okabe and Ito (2008): the colour-blind tell them apart. The first three
# differ in lightness, too, and in print; of more, marks differ.
COLOURS = ("#0072B2", "#E69F00", "#000000", "#CC79A7", "#009E73", "#D55E00")
MARKS = ("o", "s", "^", "D", "v", "P")
LONGEST = 500  # Letters of a text; more take minutes to draw.
LETTER = 0.056  # Inches, of a legend.
INK = "0.15"


def by_run(runs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """A colour and a mark for every run."""
    return {
        run: {
            "color": COLOURS[i % len(COLOURS)],
            "marker": MARKS[(i + i // len(MARKS)) % len(MARKS)],
        }
        for i, run in enumerate(dict.fromkeys(runs))
    }


def by_set(sets: Iterable[str]) -> dict[str, Any]:
    """A dash for every probe set."""
    return {
        data: DASHES[i % len(DASHES)]
        for i, data in enumerate(dict.fromkeys(sets))
    }


def by_depth(taps: Iterable[str]) -> dict[str, Any]:
    """A colour for every tap, from input to output."""
    names = list(dict.fromkeys(taps))
    ramp = ramp_of("viridis", 0.9)
    return {
        tap: ramp(i / max(len(names) - 1, 1)) for i, tap in enumerate(names)
    }


def ramp_of(name: str, end: float) -> Any:
    """A colour map without its end, which is too pale on white paper."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    return ListedColormap(matplotlib.colormaps[name](np.linspace(0, end, 256)))


def some(names: Sequence[str], count: int) -> list[int]:
    """Places of at most `count` names, evenly from the first to the last."""
    count = min(count, len(names))
    return (
        np.unique(np.linspace(0, len(names) - 1, count).round())
        .astype(int)
        .tolist()
    )


def ticks(count: int, most: int) -> list[int]:
    """Places of at most `most` of so many names, as far apart as they go.

    The first and the last are among them.
    """
    stride = max(1, -(-(count - 1) // max(most - 1, 1)))
    places = list(range(0, count, stride))
    if places[-1] != count - 1:
        # In place of one that would be too near to it.
        places[max(len(places) - 1, 1) :] = [count - 1]
    return places


def depth_bar(figure: Any, grid: Sequence[Any], taps: Sequence[str]) -> None:
    """A colour bar that says how deep a tap is, with some of the names."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    height = figure.get_size_inches()[1]
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, len(taps) - 1), ramp_of("viridis", 0.9)),
        ax=grid,
        aspect=9 * height,
        pad=0.02,
    )
    places = ticks(len(taps), int(2.5 * height))
    bar.set_ticks(places, labels=[plain(taps[place]) for place in places])
    bar.set_label(f"{len(taps)} taps, from input to output")
    widen(figure, max(len(taps[place]) for place in places) - 8)


def legend(figure: Any, handles: Sequence[Any], below: bool = False) -> None:
    """One legend for all panels, outside of them; the figure makes room."""
    if not handles:
        return
    length = max(len(handle.get_label()) for handle in handles)
    width, height = figure.get_size_inches()
    if not below:
        figure.legend(handles=handles, loc="outside right upper", frameon=False)
        widen(figure, length - 8)
        return
    columns = max(1, int((width - 0.3) / (LETTER * length + 0.6)))
    columns = min(columns, len(handles))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
    )
    rows = -(-len(handles) // columns)
    needed = LETTER * length + 0.6
    figure.set_size_inches(max(width, needed), height + 0.17 * rows + 0.1)


def widen(figure: Any, letters: int) -> None:
    """Makes a figure wider by so many letters of a legend, or not at all."""
    width = figure.get_size_inches()[0]
    figure.set_figwidth(width + LETTER * max(0, letters))


def line(label: str, **look: Any) -> Any:
    """A line of a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=plain(label), **look)


def wrapped(name: str, inches: float) -> str:
    """A name on as many lines as it needs at the size of a title."""
    return plain(textwrap.fill(name, max(8, int(inches / 0.066))))


def tail(name: str, count: int = 28) -> str:
    """The end of a long name, which tells layers of layers apart.

    Example:
        >>> tail("model/encoder/stage_1/block_12/add", 16)
        '.../block_12/add'
    """
    name = " ".join(name.split())
    return name if len(name) <= count else f"...{name[3 - count :]}"


def plain(name: str) -> str:
    """A name in which Matplotlib sees no formula, cut off where it is huge."""
    if len(name) > LONGEST:
        name = f"{name[: LONGEST - 3]}..."
    return name.replace("$", r"\$")
