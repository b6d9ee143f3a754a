"""Nats, and bits where a person asks for them.

Measures compute and logs hold nats; what is shown goes through here.
"""

import math
from typing import Any, Literal

from keras_ib import checks

Units = Literal["nats", "bits"]
UNITS = ("nats", "bits")
# Of a unit of a field, what it is in bits and how many of them it has.
IN_BITS = {"nats": ("bits", 1 / math.log(2))}


def check(units: Any) -> Units:
    """The value, if it is `"nats"` or `"bits"`."""
    return checks.choice("units", units, UNITS)


def convert(value: Any, unit: str, units: Units) -> Any:
    """A number, or an array of them, of a field of this unit.

    Args:
        value: As it is measured; None stays None.
        unit: The unit of the field; what is no information stays as it is.
        units: What information is wanted in.

    Example:
        >>> round(convert(math.log(8), "nats", "bits"), 6)
        3.0
    """
    if value is None or units == "nats":
        return value
    return value * IN_BITS.get(unit, (unit, 1.0))[1]


def name(unit: str, units: Units) -> str:
    """The unit of what `convert` returns.

    Example:
        >>> name("nats", "bits"), name("1", "bits")
        ('bits', '1')
    """
    return unit if units == "nats" else IN_BITS.get(unit, (unit, 1.0))[0]
