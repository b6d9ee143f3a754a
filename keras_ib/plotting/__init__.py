"""Figures of a run, from its log alone.

    keras_ib.plotting.plane("runs/mixer", path="plane.png")
    keras_ib.plotting.dynamics(["runs/with", "runs/without"], path="both.pdf")

Every axis says the unit, the kind of number (estimate or bound) and the rows
that it was read on; dashed grey lines are the ceilings of the sample size.
"""

from keras_ib.plotting.compared import comparison
from keras_ib.plotting.over_steps import dynamics
from keras_ib.plotting.planes import plane

__all__ = ["comparison", "dynamics", "plane"]
