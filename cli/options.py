"""Option types that click does not have."""

from collections.abc import Sequence
import math
import os
from pathlib import Path
from typing import Any

import click

from keras_ib import names, schedules
from keras_ib.units import UNITS as UNIT_NAMES
from keras_ib_cli.errors import spoken


class Positive(click.FloatRange):
    """A finite number from 0, or above it; click lets NaN through."""

    name = "number"

    def __init__(self, or_zero: bool = False):
        super().__init__(min=0, min_open=not or_zero)

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        value = super().convert(value, param, ctx)
        if not math.isfinite(value):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return value


class Names(click.ParamType):
    """Names between commas, a list; of known ones, where they are given."""

    name = "a,b,..."

    def __init__(self, known: Sequence[str] = ()):
        self.known = known

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> list[str]:
        if not isinstance(value, str):
            return value
        found = [name.strip() for name in value.split(",")]
        if not all(found):
            self.fail(f"{value!r} has an empty name.", param, ctx)
        for name in found if self.known else ():
            if name not in self.known:
                self.fail(names.unknown("name", name, self.known), param, ctx)
        if len(set(found)) < len(found):
            self.fail(f"{value!r} has a name twice.", param, ctx)
        return found


class Schedule(click.ParamType):
    """`log`, `epoch`, an interval in steps, or steps between commas."""

    name = "log|epoch|N|0,1,..."

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | int | list[int]:
        if not isinstance(value, str) or value in ("log", "epoch"):
            return value
        try:
            steps = [int(step) for step in value.split(",")]
        except ValueError:
            self.fail(
                f"{value!r} is not log, epoch, a number of steps, or steps "
                "between commas."
                f"{names.nearest(value, ('log', 'epoch'))}",
                param,
                ctx,
            )
        found = steps if "," in value else steps[0]
        try:
            schedules.get(found)
        except ValueError as error:
            self.fail(spoken(str(error)), param, ctx)
        return found


class Choice(click.Choice):
    """One of several names; of a wrong one, the nearest is said."""

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        if value not in self.choices:
            self.fail(names.unknown("name", value, self.choices), param, ctx)
        return value


class Output(click.Path):
    """Where something is written: a path that says so."""

    def __init__(self, **options: Any):
        super().__init__(path_type=Path, **options)

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if not os.fspath(value).strip():
            self.fail("It is empty. Give a path.", param, ctx)
        return super().convert(value, param, ctx)


class Text(click.ParamType):
    """A name or a path, which is not empty."""

    name = "text"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if not isinstance(value, str) or not value.strip():
            self.fail("It is empty. Give a name, or leave it out.", param, ctx)
        return value


COUNT = click.IntRange(min=1, max=2**31 - 1)
# Fewer samples say nothing of a layer.
PROBE_SIZE = click.IntRange(min=8, max=2**31 - 1)
TEXT = Text()
OUTPUT_FOLDER = Output(file_okay=False)
NAMES = Names()
MEASURES = Names((*names.MEASURES, *names.OF_TWO_TAPS, "all"))
SCHEDULE = Schedule()
UNITS = click.option(
    "--units", type=Choice(UNIT_NAMES), help="Of information.  [default: nats]"
)
NULL = click.option(
    "--null",
    type=Choice(("permuted",)),
    help="Also measure samples whose X and Y are permuted: a level for every "
    "field of information.",
)
