"""Papers' claims as experiments, with controls, seeds and intervals."""

from keras_ib.papers.chelombiev2019.experiment import Chelombiev2019
from keras_ib.papers.lyu2024.experiment import Lyu2024
from keras_ib.papers.saxe2018.experiment import Saxe2018
from keras_ib.papers.shwartz2017.experiment import Shwartz2017

REPRODUCTIONS = {
    reproduction.name: reproduction
    for reproduction in (Lyu2024, Chelombiev2019, Saxe2018, Shwartz2017)
}
