"""Which neighbouring layers say the same."""

from itertools import pairwise

import numpy as np

from keras_ib.reports.sentences import Said, Sentence
from keras_ib.reports.views import View
from keras_ib.reports.words import MOST, name

# Two taps with more CKA than this say the same.
SAME = 0.95


def alike(view: View) -> Said:
    """Neighbours whose CKA is near 1 after the last step, in chains."""
    found = _neighbours(view)
    if not found:
        return None
    (a, b), most = max(found.items(), key=lambda item: item[1])
    ends = f"{most:.2f}, between {name(a)} and {name(b)}"
    chains: list[list[str]] = []
    for (before, tap), cka in found.items():
        if cka <= SAME:
            continue
        if chains and chains[-1][-1] == before:
            chains[-1].append(tap)
        else:
            chains.append([before, tap])
    if not chains:
        text = "No two neighbouring taps say the same: the highest linear CKA"
        return [Sentence("not seen", f"{text} is {ends}.")]
    left = len(chains) - MOST
    more = f" and {left} more" if left > 0 else ""
    text = f"{', '.join(map(_named, chains[:MOST]))}{more}"
    return [
        Sentence(
            "seen",
            f"Neighbouring taps say the same, with a linear CKA above {SAME}: "
            f"{text}. The highest is {ends}.",
        )
    ]


def _named(chain):
    to = "and" if len(chain) == 2 else "to"
    return f"{name(chain[0])} {to} {name(chain[-1])}"


def _neighbours(view):
    """`{(tap, next tap): CKA}` at the last step; mean of seeds and draws."""
    is_there = all("similarity/cka" in log.pair_fields for log in view.logs)
    if not is_there or not len(view.steps):
        return {}
    step = int(view.steps[-1])
    squares = [
        log.similarity(step, data)
        for log in view.logs
        for data in view.draws
        if data in log.data_names
    ]
    taps = squares[0][0]
    values = np.mean([s for names, s in squares if names == taps], axis=0)
    return {
        (before, tap): float(values[i, i + 1])
        for i, (before, tap) in enumerate(pairwise(taps))
        if np.isfinite(values[i, i + 1])
    }
