"""What the reproductions on the 12-bit task share: parts, curves and words."""

from functools import partial
import os
from typing import ClassVar

import numpy as np

from keras_ib.logs.files import replaced
from keras_ib.measures import EBAB, KDE, Binning
from keras_ib.papers.reproduction import Part, Reproduction
from keras_ib.papers.szt.information import measure_layers
from keras_ib.papers.szt.networks import (
    ACTIVATIONS,
    Activation,
    Perceptrons,
    szt,
)
from keras_ib.papers.szt.results import CURVES, Curves
from keras_ib.papers.szt.trainer import train
from keras_ib.reports.blocks import Report

# Two and three times every power of 2, up to 3,072.
EPOCHS = (0, *(n * 2**k for k in range(11) for n in (2, 3)))
QUICK_EPOCHS = EPOCHS[:9]
NUM_SEEDS = 50
NUM_QUICK_SEEDS = 3
# Factor of the penalty in the program of Chelombiev et al. (2019).
L2 = 0.015
# What the limits of the claims are.
LIMIT = "1 % of the ceiling of I(X;Z)"
ORDERED = "the first in counting order"
SHUFFLED = "drawn, in equal shares of the labels"
SETUP = """
Networks 12-10-7-5-4-3-2 with a softmax learn the 12-bit task of Shwartz-Ziv
and Tishby. {num_train:,} of the 4,096 patterns train ({split}), the others
test. {num_seeds} first weights (truncated normal, deviation 1 over the root of
the inputs for tanh, 2 for the others), Adam at 0.0004, batches of 256,
{num_epochs:,} epochs. Layers, optimizer and first weights are those of the
public program of Chelombiev et al. (2019), whose epochs are 8,000.
"""
CHOICES = """
Ours are: the number of epochs, and {num_points} recorded ones at two and three
times the powers of 2; one order of the batches for all networks, and the rows
that fill no batch of 256 left out of an epoch; 30 bins; measures of all pairs
of patterns on 1,024 of them, drawn once, at every second recorded epoch.
Otherwise the information is that of all 4,096 patterns, equally likely: the
whole population, without sampling noise. It ends at log 4,096 = 8.318 nats, of
pairs at log 1,024 = 6.931. Fixed bins lie between -1 and 1 for tanh, and else
between the least and the largest activation of the network over all epochs.
"""
SCORE = """
Compression is the fall of I(X;Z) from its highest point to the end, fitting
its rise from the untrained network to there, both of the mean over the five
hidden layers. For the mean over seeds the highest point is located on one half
of the networks and read on the other, so that chance alone gives the height 0
in expectation; a height below 0 says that the one half ends above where the
other half turns. Where all turn at the first or the last epoch, the height is 0
whatever the noise; its interval is that of the epoch beside it. Where one
network is compared with another, each has its own highest point. The networks
are deterministic, so all of this is about the bins or the noise that the
measure adds, and not about I(X;Z) of the network.
"""


class Study(Reproduction):
    """Base of the reproductions with perceptrons: a part is one network kind.

    Args:
        folder: Where parts and report go.
        num_seeds: Number of networks of each kind; 50 where left out.
        quick: Whether to train for 24 epochs only, 3 networks where
            `num_seeds` is left out.
        ordered: Which patterns train, as in `perceptrons.szt`.

    Attributes:
        kinds: Activation and L2 factor of each part.
    """

    kinds: ClassVar[tuple[tuple[str, float], ...]]

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        num_seeds: int | None = None,
        quick: bool = False,
        ordered: bool = False,
    ):
        if num_seeds is None:
            num_seeds = NUM_QUICK_SEEDS if quick else NUM_SEEDS
        self.task = szt(ordered)
        self.epochs = QUICK_EPOCHS if quick else EPOCHS
        super().__init__(
            folder, num_seeds=num_seeds, quick=quick, ordered=ordered
        )

    def measures(self, activation: Activation) -> list:
        """What is measured at networks of an `Activation`."""
        return [
            Binning(),
            KDE(noise_variance=1e-3),
            EBAB(30, "chelombiev", activation.least),
        ]

    def parts(self) -> list[Part]:
        return [
            Part(_part_name(*kind), partial(self._run, *kind))
            for kind in self.kinds
        ]

    def _run(self, name, l2, folder):
        network, seeds = Perceptrons(name), range(self.num_seeds)
        weights = train(network, self.task, seeds, self.epochs, l2)
        measures = self.measures(network.activation)
        found = measure_layers(
            network, self.task, weights, self.epochs, measures
        )
        with replaced(folder / CURVES) as draft:
            np.savez_compressed(draft, **found)

    def describe(self, report: Report):
        """Adds what was trained and measured, and how it is summarised."""
        report.heading("What was done")
        numbers = {
            "num_train": self.task.num_train,
            "split": ORDERED if self.options["ordered"] else SHUFFLED,
            "num_seeds": self.num_seeds,
            "num_epochs": self.epochs[-1],
            "num_points": len(self.epochs),
        }
        for text in (SETUP, CHOICES, SCORE):
            report.paragraph(" ".join(text.format(**numbers).split()))

    def table(self) -> tuple[list, list]:
        """Header and rows of table.csv: one number of one network each."""
        header = "activation", "l2", "seed", "layer", "quantity", "value"
        rows = [
            (name, l2, seed, layer, quantity, float(value))
            for name, l2 in self.kinds
            for layer, quantity, values in Curves(
                self.part_folder(_part_name(name, l2))
            ).summary()
            for seed, value in enumerate(values)
        ]
        return list(header), rows

    def read(self, l2: float = 0.0) -> dict[str, Curves]:
        """`{title of the activation: Curves}` of one L2 factor."""
        return {
            ACTIVATIONS[name].title: Curves(
                self.part_folder(_part_name(name, factor))
            )
            for name, factor in self.kinds
            if factor == l2
        }


def _part_name(name, l2):
    return f"{name}-l2" if l2 else name
