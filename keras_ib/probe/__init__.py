"""Which samples are looked at."""

from keras_ib.probe.samples import UNNAMED, Probe, check_size, draw, draw_all
from keras_ib.probe.targets import need_labels

__all__ = ["UNNAMED", "Probe", "check_size", "draw", "draw_all", "need_labels"]
