"""Option types that click does not have."""

import math

import click


class Positive(click.FloatRange):
    """A finite number from 0, or above it; click lets NaN through."""

    name = "number"

    def __init__(self, or_zero=False):
        super().__init__(min=0, min_open=not or_zero)

    def convert(self, value, param, ctx):
        value = super().convert(value, param, ctx)
        if not math.isfinite(value):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return value


class Names(click.ParamType):
    """Names between commas, a list."""

    name = "a,b,..."

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        names = [name.strip() for name in value.split(",")]
        if not all(names):
            self.fail(f"{value!r} has an empty name.", param, ctx)
        return names


class Schedule(click.ParamType):
    """`log`, `epoch`, an interval in steps, or steps between commas."""

    name = "log|epoch|N|0,1,..."

    def convert(self, value, param, ctx):
        if not isinstance(value, str) or value in ("log", "epoch"):
            return value
        try:
            steps = [int(step) for step in value.split(",")]
        except ValueError:
            self.fail(
                f"{value!r} is not log, epoch, a number of steps, or steps "
                "between commas.",
                param,
                ctx,
            )
        return steps if "," in value else steps[0]


NAMES = Names()
SCHEDULE = Schedule()
