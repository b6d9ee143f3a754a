"""Papers' claims as experiments, with controls, seeds and intervals."""

from keras_ib.reproductions.chelombiev2019 import Chelombiev2019
from keras_ib.reproductions.lyu2024 import Lyu2024
from keras_ib.reproductions.saxe2018 import Saxe2018
from keras_ib.reproductions.shwartz2017 import Shwartz2017

REPRODUCTIONS = {
    reproduction.name: reproduction
    for reproduction in (Lyu2024, Chelombiev2019, Saxe2018, Shwartz2017)
}
