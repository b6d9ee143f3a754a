"""How many seeds it would take, from the spread of those that there are."""

from bisect import bisect_left
import math

from keras_ib.analysis import student
from keras_ib.analysis.statistics import Effect

# More seeds than this are not worth a number.
MOST = 10_000


def seeds_to_tell(
    effect: Effect, limit: float, level: float, power: float = 0.8
) -> int | None:
    """Seeds at which an effect of this size is told from a limit.

    If its size and its spread over seeds are those seen, so many seeds decide
    with the probability `power`, up to the approximation that Student's t is
    moved and not stretched by an effect.

    Args:
        effect: As the seeds that there are show it.
        limit: What it is to be told from, on either side.
        level: At or below which a p-value decides.
        power: From .5 up to 1.

    Returns:
        2 or more; None if not even `MOST` suffice, or the spread is unknown.

    Example:
        >>> from keras_ib.analysis.statistics import mean_effect
        >>> effect = mean_effect([0.1, 0.2, 0.3, 0.4])
        >>> seeds_to_tell(effect, 0.1, level=0.05)
        8
    """
    return _first(
        effect,
        effect.distance(limit),
        lambda df: (
            student.quantile(level / 2, df) + student.quantile(1 - power, df)
        ),
    )


def seeds_to_resolve(effect: Effect, width: float, level: float) -> int | None:
    """Seeds at which half the interval is narrower than `width`.

    Args:
        effect: As the seeds that there are show it.
        width: On the scale on which the interval is symmetric.
        level: One less the coverage of the interval.

    Returns:
        As `seeds_to_tell`.

    Example:
        >>> from keras_ib.analysis.statistics import mean_effect
        >>> effect = mean_effect([0.1, 0.2, 0.3, 0.4])
        >>> seeds_to_resolve(effect, 0.1, level=0.05)
        9
    """
    return _first(effect, width, lambda df: student.quantile(level / 2, df))


def _first(effect, width, half_width):
    """The first number of seeds whose errors times `half_width` are below."""
    spread = effect.error() * math.sqrt(effect.num)
    if math.isnan(spread):
        return None
    found = bisect_left(
        range(MOST + 1),
        True,
        lo=2,
        key=lambda num: half_width(num - 1) * spread < width * math.sqrt(num),
    )
    return found if found <= MOST else None
