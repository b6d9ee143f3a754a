"""Do identity shortcuts skip the fitting phase? Three families, controls.

What the source states is one abstract: which models, which two measures, and
that models with identity shortcuts often skip the fitting phase, those with
other shortcuts do not, and both compress. All else is our own choice, and
the report says so.
"""

from functools import partial
import gc
import os
from typing import NamedTuple

import keras
import numpy as np

from keras_ib import models
from keras_ib.callbacks import InfoPlane
from keras_ib.data import datasets
from keras_ib.logs.run import RunLog, read_part
from keras_ib.measures import ZX, ZY, Descent
from keras_ib.papers.lyu2024 import report as lyu2024_report
from keras_ib.papers.reproduction import Part, Reproduction
from keras_ib.reports.blocks import Report
from keras_ib.training.experiment import train
from keras_ib.training.recipes import BATCH_SIZE, RECIPES, compile_model

PLANE, NETWORK = "plane", "network"
LEARNED = ZX("network", (20, 100, 400))


class Family(NamedTuple):
    """The model of a family: keywords of its builder, and a learning rate."""

    sizes: dict
    learning_rate: float


class Condition(NamedTuple):
    """What is on the shortcuts, and what of it is measured."""

    shortcut: str
    initializer: str | None = None
    is_control: bool = False


CONDITIONS = {
    "identity": Condition("identity"),
    "projection": Condition("projection", "glorot_uniform"),
    "none": Condition("none"),
    "orthogonal": Condition("projection", "orthogonal", True),
    "started as identity": Condition("projection", "identity", True),
}


def families(side: int) -> dict[str, Family]:
    """Small models of the three families for images of `side` pixels.

    Made for two cores: sixteen patches, three blocks.
    """
    patches = {"patch_size": max(side // 4, 2)}
    sizes = {"resnet": {"width": 8}, "vit": patches, "mixer": patches}
    return {
        name: Family(of_one, RECIPES[name].learning_rate)
        for name, of_one in sizes.items()
    }


class Lyu2024(Reproduction):
    """Shortcuts and phases, after Lyu and Rodrigues (2024).

    One part is one training: a family, a condition and a seed.

    Args:
        dataset: Name of the dataset; the first of Fashion-MNIST, CIFAR-10
            and the digits that needs no download.
        data_dir: Folder of its files, as for `datasets.load`.
        num_train: Training rows; 10,000 or as many as there are.
    """

    name = "lyu2024"
    title = "What do shortcuts do to the phases of training?"
    source = (
        "[Lyu and Rodrigues 2024](https://doi.org/10.3390/e26110974), abstract"
    )
    seeds_are_parts = True

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        num_seeds: int = 5,
        quick: bool = False,
        dataset: str | None = None,
        data_dir: str | None = None,
        num_train: int | None = None,
    ):
        self.data = self._load(dataset, data_dir, num_train, quick)
        num_train = len(self.data.x_train)
        super().__init__(
            folder,
            num_seeds=num_seeds,
            quick=quick,
            dataset=self.data.name,
            num_train=num_train,
        )
        self.families = families(self.data.x_train.shape[1])
        if quick:
            self.families = {"mixer": self.families["mixer"]}
        self.epochs = 1 if quick else 6
        self.probe_size = min(1000, num_train // 2)
        self._logs: dict[tuple, list[RunLog]] = {}
        self.num_steps = self.epochs * -(-num_train // BATCH_SIZE)

    @staticmethod
    def _load(dataset, data_dir, num_train, quick):
        if dataset is None:
            known = ("fashion_mnist", "cifar10", "digits")
            dataset = next(filter(datasets.is_at_hand, known))
        data = datasets.load(dataset, data_dir=data_dir)
        if data.x_train.ndim != 4:
            raise ValueError(
                f"dataset={dataset!r} has no images; ResNet, ViT and Mixer "
                "need some: give digits, fashion_mnist, mnist or cifar10."
            )
        limit = 300 if quick else 10_000
        num_train = num_train or min(len(data.x_train), limit)
        return datasets.load(dataset, data_dir=data_dir, num_train=num_train)

    def parts(self) -> list[Part]:
        return [
            Part(
                self.part_name(family, condition, seed),
                partial(self._train, family, condition, seed),
            )
            for seed in range(self.num_seeds)
            for family in self.families
            for condition in CONDITIONS
        ]

    @staticmethod
    def part_name(family: str, condition: str, seed: int) -> str:
        return "-".join([family, condition.replace(" ", "-"), str(seed)])

    def logs(
        self, family: str, condition: str, kind: str = PLANE
    ) -> list[RunLog]:
        """The logs of all seeds, each of which is read once."""
        key = family, condition, kind
        if key not in self._logs:
            self._logs[key] = [
                RunLog(self.part_folder(name) / kind)
                for name in self._names(family, condition)
            ]
        return self._logs[key]

    def accuracies(self, family: str, condition: str) -> np.ndarray:
        """Test accuracies `[seeds]`."""
        return np.array(
            [
                read_part(self.part_folder(name), "result")["test_accuracy"]
                for name in self._names(family, condition)
            ]
        )

    def _names(self, family, condition):
        return [
            self.part_name(family, condition, seed)
            for seed in range(self.num_seeds)
        ]

    def report(self) -> tuple[Report, list, list]:
        return lyu2024_report.report(self)

    def _train(self, family, condition, seed, folder):
        keras.utils.set_random_seed(seed)
        options = {"batch_size": BATCH_SIZE, "epochs": self.epochs}
        train(
            self._model(family, CONDITIONS[condition]),
            self.data.x_train,
            self.data.y_train,
            test=(self.data.x_test, self.data.y_test),
            folder=folder,
            training={
                **{"arch": family, "condition": condition, "seed": seed},
                **self.families[family]._asdict(),
                **options,
            },
            planes=self._planes(folder, CONDITIONS[condition], seed),
            verbose=0,
            **options,
        )
        # Graphs and models refer to each other; dozens of them fill memory.
        keras.backend.clear_session()
        gc.collect()

    def _model(self, family, condition):
        sizes, learning_rate = self.families[family]
        start = condition.initializer
        model = models.FAMILIES[family](
            self.data.x_train.shape[1:],
            self.data.num_classes,
            shortcut=condition.shortcut,
            **sizes,
            **({"shortcut_initializer": start} if start else {}),
        )
        return compile_model(model, learning_rate)

    def _planes(self, folder, condition, seed):
        """What watches the training: closed forms, and trained decoders."""
        steps = [2**k for k in range(int(np.log2(self.num_steps)) + 1)]
        shared = {"probe_size": self.probe_size, "seed": seed}
        data = self.data.x_train, self.data.y_train
        labels = [] if condition.is_control else [ZY()]
        planes = [
            InfoPlane(
                data,
                measures=[ZX(), ZX("whitened"), Descent(), *labels],
                taps=["stem", "block_*", "head"],
                schedule=steps,
                draws=2,
                log_dir=folder / PLANE,
                **shared,
            )
        ]
        if not condition.is_control:
            planes.append(
                InfoPlane(
                    data,
                    measures=[LEARNED],
                    taps=["block_03"],
                    schedule=steps[::2],
                    log_dir=folder / NETWORK,
                    **shared,
                )
            )
        return planes
