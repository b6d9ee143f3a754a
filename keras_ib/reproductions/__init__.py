"""Papers' claims as experiments, with controls, seeds and intervals."""

from keras_ib.reproductions.lyu2024 import Lyu2024

REPRODUCTIONS = {reproduction.name: reproduction for reproduction in (Lyu2024,)}
