"""Names and numbers in sentences; names are code, whatever is in them."""

from collections.abc import Sequence

from keras_ib.analysis.statistics import Effect
from keras_ib.logs.run import RunLog

MOST = 5
FEW = 12


def name(text: str) -> str:
    r"""A name as a code span, which it cannot leave.

    Example:
        >>> name("a`b\n<i>")
        "`a'b <i>`"
    """
    return f"`{' '.join(str(text).replace('`', chr(39)).split()) or ' '}`"


def plain(text: str) -> str:
    r"""What others say, on one line, without code and links.

    Example:
        >>> plain("see\n[it](https://example.org)")
        'see [it] (https://example.org)'
    """
    line = " ".join(str(text).split())
    return line.replace("`", "'").replace("](", "] (")


def short(value: float) -> str:
    """A number in two digits, or whole.

    Example:
        >>> short(0.1234), short(204.4)
        ('0.12', '204')
    """
    return f"{value:.2g}" if abs(value) < 10 else f"{value:,.0f}"


def listed(taps: Sequence[str], order: Sequence[str]) -> str:
    """Names of taps in words; neighbours as `a` to `c`, many cut short.

    Example:
        >>> listed(["a", "b", "c", "e"], "abcde")
        '`a` to `c`, `e`'
    """
    parts = [
        f"{name(run[0])} to {name(run[-1])}"
        if len(run) > 2
        else ", ".join(map(name, run))
        for run in neighbours(taps, order)
    ]
    left = len(parts) - MOST
    return ", ".join(parts[:MOST]) + (f" and {left} more" if left > 0 else "")


def neighbours(taps: Sequence[str], order: Sequence[str]) -> list[list[str]]:
    """Taps in runs of those that follow each other."""
    place = {tap: i for i, tap in enumerate(order)}
    runs: list[list[str]] = []
    for tap in sorted(taps, key=place.__getitem__):
        if runs and place[tap] == place[runs[-1][-1]] + 1:
            runs[-1].append(tap)
        else:
            runs.append([tap])
    return runs


def amount(log: RunLog, field: str, letter: str) -> str:
    """What the information of a field counts, behind a number."""
    if field.endswith("/fvu"):
        return f"of the variance of {letter}"
    unit = log.field(field)["unit"]
    unit = "" if unit == "1" else f"{unit} "
    return f"{unit}of {letter}" if field.endswith("/ce") else unit.strip()


def effect(found: Effect) -> str:
    """An effect; of one seed without its interval, which it lacks."""
    return f"{found.mean:.3f}" if found.num < 2 else str(found)
