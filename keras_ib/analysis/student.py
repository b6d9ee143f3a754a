"""Student's t without SciPy, in closed form for whole degrees of freedom.

Series 26.7.3 and 26.7.4 of [Abramowitz and Stegun][1].

[1]: https://personal.math.ubc.ca/~cbm/aands/page_948.htm
"""

from functools import cache

import numpy as np


def tail(t: float, df: int) -> float:
    """How often Student's t is above `t`.

    Args:
        t: Any number, also an infinite one.
        df: Degrees of freedom, 1 or more.

    Returns:
        A probability, to 1e-15: what is rarer is not told from 0.

    Example:
        >>> round(tail(2.776, df=4), 4)
        0.025
    """
    return (1 - _within(np.arctan(t / df**0.5), df)) / 2


@cache
def quantile(probability: float, df: int) -> float:
    """The value above which Student's t is with a probability.

    Args:
        probability: From 1e-12 to .5.
        df: Degrees of freedom, 1 or more.

    Example:
        >>> round(quantile(0.025, df=4), 3)
        2.776
    """
    low, high = 0.0, np.pi / 2
    # Halved until no float is between.
    while low < (middle := (low + high) / 2) < high:
        is_above = (1 - _within(middle, df)) / 2 < probability
        low, high = (low, middle) if is_above else (middle, high)
    return float(df**0.5 * np.tan(low))


def _within(angle, df):
    """How often |t| is below `sqrt(df) * tan(angle)`; negative as the angle."""
    sine, cosine = np.sin(angle), np.cos(angle)
    odd = df % 2
    above = np.arange(1 + odd, df - 1, 2)
    factors = above / (above + 1) * cosine**2
    series = sine * cosine**odd * (1 + np.cumprod(factors).sum())
    if odd:
        return float((angle + (series if df > 1 else 0.0)) * 2 / np.pi)
    return float(series)
