"""What regularizers change in the plane: four of them against none.

The same perceptron learns the scanned digits five times from the same weights:
as it is; with weight decay; with dropout; with label smoothing; with batch
normalization of its logits. What is reported is the difference that each makes
to the plain network of the same seed.

Expect all four to raise Z-X, to compress, if compression is what regularizers
do: an L2 penalty was seen to do so ([Chelombiev et al.
2019](https://arxiv.org/abs/1902.09037)); label smoothing draws the images of a
class together, which takes from the logits what tells them apart ([Müller et
al. 2019](https://arxiv.org/abs/1906.02629)). Dropout could also do the
opposite, since it makes units keep copies of each other. A last batch
normalization ([Kocaman et al. 2020](https://arxiv.org/abs/2011.06319)) is a
linear map when it is read, so what it changes is the training.

Seen, differences to plain, means of 3 seeds with the least and the largest:

                        Z-X of hidden_2          Z-X of the logits
    weight decay        +.022 (.020 to .025)     +.002 (-.004 to .015)
    dropout             +.054 (.047 to .060)     +.042 (.031 to .055)
    label smoothing     +.021 (.018 to .023)     +.148 (.138 to .157)
    final batch norm    +.033 (.031 to .035)     +.177 (.170 to .190)
    plain, itself        .042 (.039 to .048)      .393 (.380 to .400)

All four compress hidden_2, dropout too, and by half or more of what plain has;
all but weight decay compress the logits. Z-Y on test images falls with them,
by .006 to .034 nats of .05, but for hidden_2 with a final batch norm (+.016,
.003 to .032). Accuracies are all within .006 of plain's .991: 2 images of 360.

The numbers do not say that compression helps, nor how the strength of a change
matters: each has one. Z-X is read on training images, Z-Y on test images, by
decoders that are fitted on one half and read on the other. About one and a half
minutes on two free cores.

    python examples/regularizers.py [--quick] [FOLDER]
"""

from pathlib import Path
import sys

import keras
from keras import layers
import matplotlib
from matplotlib.figure import Figure
import numpy as np

import keras_ib

CHANGES = ("weight decay", "dropout", "label smoothing", "final batch norm")
READINGS = {
    "Z-X of hidden_2": ("hidden_2", "zx", "fvu", "train"),
    "Z-X of the logits": ("logits", "zx", "fvu", "train"),
    "Z-Y of hidden_2 [nats]": ("hidden_2", "zy", "ce", "test"),
    "Z-Y of the logits [nats]": ("logits", "zy", "ce", "test"),
}


def build(change):
    """Two hidden layers, and the change if it is one of the layers."""
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten()])
    for name in ("hidden_1", "hidden_2"):
        model.add(layers.Dense(256, activation="relu", name=name))
        if change == "dropout":
            model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, name="logits"))
    if change == "final batch norm":
        model.add(layers.BatchNormalization())
    model.add(layers.Softmax())
    decay = 1.0 if change == "weight decay" else None
    smoothing = 0.1 if change == "label smoothing" else 0.0
    model.compile(
        keras.optimizers.Adam(weight_decay=decay),
        keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
        metrics=["accuracy"],
    )
    return model


def train(data, change, seed, epochs, folder):
    """The last value of every reading, and the test accuracy."""
    keras.utils.set_random_seed(seed)
    model = build(change)
    train = data.x_train, keras.utils.to_categorical(data.y_train, 10)
    test = data.x_test, keras.utils.to_categorical(data.y_test, 10)
    plane = keras_ib.InfoPlane(
        {"train": train, "test": test},
        taps=["hidden_2", "logits"],
        schedule=[1, 4, 16, 64, 256],
        log_dir=folder,
    )
    options = {"batch_size": 64, "epochs": epochs, "verbose": 0}
    model.fit(*train, callbacks=[plane], **options)
    found = {
        name: plane.log.series(*reading)[1][-1]
        for name, reading in READINGS.items()
    }
    return found | {"test accuracy": model.evaluate(*test, verbose=0)[1]}


def draw(differences, path):
    """A panel for each reading: changes below each other, a point a seed."""
    figure = Figure((6.8, 1.8), layout="constrained")
    panels = figure.subplots(1, len(READINGS), sharey=True)
    for ax, name in zip(panels, READINGS, strict=True):
        for place, change in enumerate(differences):
            values = differences[change][name]
            ax.plot(values, [place] * len(values), "C0.", markersize=5)
            ax.plot(np.mean(values), place, "k|", markersize=9)
        ax.axvline(0, color="0.6", linewidth=0.8)
        ax.set_title(name)
        ax.margins(y=0.2)
        ax.locator_params(axis="x", nbins=3)
        ax.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(differences)), list(differences))
    panels[0].invert_yaxis()
    figure.supxlabel("difference to the plain network of the same seed")
    figure.savefig(path, dpi=300)


def main(folder="runs/regularizers", quick=False):
    data = keras_ib.datasets.load("digits", num_train=200 if quick else None)
    seeds, epochs = (1, 1) if quick else (3, 30)

    def run(change):
        runs = [
            train(data, change, seed, epochs, f"{folder}/{seed}/{change}")
            for seed in range(seeds)
        ]
        return {name: np.array([r[name] for r in runs]) for name in runs[0]}

    plain = run("plain")
    report("plain", plain)
    differences = {}
    for change in CHANGES[-2:] if quick else CHANGES:
        found = run(change)
        differences[change] = {n: found[n] - plain[n] for n in found}
        report(f"{change}, difference to plain", differences[change])
    look = {"font.size": 8, "axes.titlesize": 8, "figure.labelsize": 8}
    with matplotlib.rc_context(look):
        draw(differences, Path(folder) / "differences.png")
    keras_ib.plotting.dynamics(
        [f"{folder}/0/{change}" for change in ("plain", *differences)],
        fields=["zx/fvu", "zy/ce"],
        data="test",
        path=f"{folder}/dynamics.png",
    )


def report(title, found):
    print(f"{title}: mean (least to largest)")
    for name, values in found.items():
        ends = f"({min(values):.3f} to {max(values):.3f})"
        print(f"  {name:24}{np.mean(values):7.3f} {ends}", flush=True)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
