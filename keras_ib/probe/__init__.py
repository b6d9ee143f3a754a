"""Which samples are looked at, and what their X and Y are."""

from keras_ib.probe.checks import (
    check_size,
    check_split,
    representation,
)
from keras_ib.probe.inputs import joined, lossless, offset_apart
from keras_ib.probe.losses import output_size
from keras_ib.probe.notices import Notes, ProbeWarning, TooFewSamples
from keras_ib.probe.positions import PositionSample
from keras_ib.probe.probe import Probe
from keras_ib.probe.samples import draw, draw_all
from keras_ib.probe.sources import UNNAMED
from keras_ib.probe.target import Target
from keras_ib.probe.targets import check_target, target_of, targets_of

__all__ = [
    "UNNAMED",
    "Notes",
    "PositionSample",
    "Probe",
    "ProbeWarning",
    "Target",
    "TooFewSamples",
    "check_size",
    "check_split",
    "check_target",
    "draw",
    "draw_all",
    "joined",
    "lossless",
    "offset_apart",
    "output_size",
    "representation",
    "target_of",
    "targets_of",
]
