"""Figures of a run, from its log alone.

    keras_ib.plotting.plane("runs/mixer", path="plane.png")
    keras_ib.plotting.dynamics(["runs/with", "runs/without"], path="both.pdf")
    keras_ib.plotting.depth("runs/resnet", "zy/ce", path="depth.svg")
    keras_ib.plotting.similarity("runs/resnet", path="similarity.svg")
    keras_ib.plotting.interactive("runs/mixer", path="plane.html")
    keras_ib.plotting.film("runs/mixer", path="plane.gif")

Every axis says the unit, the kind of number (estimate or bound) and the rows
that it was read on; dashed grey lines are the ceilings of the sample size. A
notebook shows a figure that a cell ends with.
"""

from keras_ib.plotting.compared import comparison
from keras_ib.plotting.films import film
from keras_ib.plotting.heights import phases
from keras_ib.plotting.images import depth
from keras_ib.plotting.over_steps import dynamics
from keras_ib.plotting.pages import interactive
from keras_ib.plotting.planes import plane
from keras_ib.plotting.squares import similarity

__all__ = [
    "comparison",
    "depth",
    "dynamics",
    "film",
    "interactive",
    "phases",
    "plane",
    "similarity",
]
