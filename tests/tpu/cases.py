"""The table of what is compiled for TPUs, and for which."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

from tpu import programs

from keras_ib.measures import MEASURES, Noise, Noisy

SIZES = (128, 8192)
# Sizes for 32x32 images; see `keras_ib.models.VARIANTS`.
VARIANTS = {"resnet": "resnet20", "vit": "small", "mixer": "small"}
SHORTCUTS = ("identity", "projection")
PRECISIONS = ("float32", "mixed_bfloat16")
MULTIPLIED = Noise("multiplicative", 0.1)

# Name: topology and number of its chips. A program is sharded on JAX only.
CHIPS = {"v5e": ("v5e:2x2", 1), "v6e": ("v6e:2x2", 1)}
if programs.ON_JAX:
    CHIPS["4 x v5e"] = ("v5e:2x2", 4)


class Case(NamedTuple):
    """One row of the tables.

    Attributes:
        kind: `"measure"`, `"eigh"`, `"tap pass"` or `"training step"`.
        name: What it is, in the cells of its row.
        build: Makes its `Program`, given the mesh if there are several chips.
    """

    kind: str
    name: tuple[str, ...]
    build: Callable[..., programs.Program]

    def __str__(self):
        return "-".join((self.kind, *self.name)).replace(" ", "_")


def _measures():
    rows = {**MEASURES, "noisy, multiplied": Noisy(MULTIPLIED)}
    for (name, measure), size in product(rows.items(), SIZES):
        build = partial(programs.reading, measure, size)
        yield Case("measure", (name, f"{size:,}"), build)


def _of_models(kind, program):
    for model in product(VARIANTS.items(), SHORTCUTS, PRECISIONS):
        (family, variant), shortcut, precision = model

        def build(mesh=None, sizes=(family, variant, shortcut, precision)):
            return program(programs.built(*sizes))

        yield Case(kind, (family, shortcut, precision), build)


CASES = (
    *_measures(),
    Case("eigh", ("1,024",), partial(programs.eigenvectors, 1024)),
    *_of_models("tap pass", programs.tap_pass),
    *_of_models("training step", programs.training_step),
)
