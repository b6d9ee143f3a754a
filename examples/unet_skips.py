"""What the skip connections of a U-Net carry: the image, and its noise.

A U-Net learns to take the noise off scanned digits, with its skip connections
and without them. X is what it gets, an image plus noise. After the training a
linear decoder is asked for both parts, from every layer.

Expect the skips to bring into the upper layers what the narrow bottom lost:
more of the image, and of the noise too, which the last layer has to remove.
Expect the bottom to hold less of the image where skips go around it, since
nobody needs it there; and where there are none, the upper layers to hold no
more of the noise than the bottom does.

Seen, means of 3 seeds with the least and the largest, of the variance that the
decoder misses:

                           with skips             without skips
    image from bottom      .57 (.52 to .59)       .35 (.35 to .36)
    image from up_1        .15 (.15 to .16)       .29 (.28 to .30)
    noise from bottom      .987 (.982 to .990)    .983 (.981 to .984)
    noise from up_1        .55 (.51 to .58)       .988 (.987 to .990)
    noise from output      .76 (.73 to .77)       .994 (.992 to .995)
    squared test error     .087 (.086 to .089)    .221 (.214 to .228)

All as expected. With skips, up_1 shows more of the image than the first layer
does, from which .17 (.17 to .18) is missed: noise has been taken off. The plane
shows in which order: with skips, the output first comes to copy X, and lets go
of the noise later.

The numbers do not say that the bottom is of no use with skips, nor what they
carry in a deeper U-Net. The decoders are fitted on one half of the training
images and read on the other. About one minute on two free cores.

    python examples/unet_skips.py [--quick] [FOLDER]
"""

from pathlib import Path
import sys

import keras
from keras import layers
import matplotlib
from matplotlib.figure import Figure
import numpy as np

import keras_ib

TAPS = ("down_1", "down_2", "bottom", "up_2", "up_1", "output")
PARTS = ("image", "noise")
NOISE = 0.5  # Standard deviation; that of the pixels is 1.


def build(skips):
    """8x8 images to 8x8 images, by way of 2x2 positions of 8 numbers."""

    def convolution(x, filters, name):
        options = {"padding": "same", "activation": "relu", "name": name}
        return layers.Conv2D(filters, 3, **options)(x)

    def joined(x, skip):
        x = layers.UpSampling2D()(x)
        return layers.Concatenate()([x, skip]) if skips else x

    inputs = keras.Input((8, 8, 1))
    down_1 = convolution(inputs, 8, "down_1")
    down_2 = convolution(layers.MaxPooling2D()(down_1), 16, "down_2")
    bottom = convolution(layers.MaxPooling2D()(down_2), 8, "bottom")
    up_2 = convolution(joined(bottom, down_2), 16, "up_2")
    up_1 = convolution(joined(up_2, down_1), 8, "up_1")
    return keras.Model(inputs, layers.Conv2D(1, 1, name="output")(up_1))


def train(data, skips, seed, epochs, folder):
    """What is unread of image and noise `[2, taps]`, and the test error."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    images = data.x_train, data.x_test
    noises = [NOISE * rng.normal(size=x.shape) for x in images]
    noisy = [x + noise for x, noise in zip(images, noises, strict=True)]
    model = build(skips)
    model.compile("adam", "mse")
    plane = keras_ib.InfoPlane(
        (noisy[0], data.y_train),
        taps=TAPS,
        schedule=[1, 4, 16, 64, 256],
        log_dir=folder,
    )
    options = {"batch_size": 64, "epochs": epochs, "verbose": 0}
    model.fit(noisy[0], images[0], callbacks=[plane], **options)
    outputs = [model.get_layer(tap).output for tap in TAPS]
    found = keras.Model(model.inputs, outputs).predict(noisy[0], verbose=0)
    unread = [[read(z, x) for z in found] for x in (images[0], noises[0])]
    return unread, model.evaluate(noisy[1], images[1], verbose=0)


def read(z, x):
    return keras_ib.measure(z, x=x, measures=["zx"])["zx"]["fvu"]


def draw(unread, path):
    """Layers from left to right: means of the seeds, and their range."""
    figure = Figure((6.8, 2.3), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for ax, part in zip(panels, PARTS, strict=True):
        for name, values in unread.items():
            seeds = values[:, PARTS.index(part)]
            ax.plot(TAPS, seeds.mean(0), marker=".", label=name)
            ax.fill_between(TAPS, seeds.min(0), seeds.max(0), alpha=0.3)
        ax.set_title(part)
        ax.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("variance of the part\nunexplained by the layer")
    panels[0].legend(frameon=False)
    figure.savefig(path, dpi=300)


def main(folder="runs/unet_skips", quick=False):
    data = keras_ib.datasets.load("digits", num_train=200 if quick else None)
    seeds, epochs = (1, 1) if quick else (3, 20)
    unread = {}
    for name in ("with skips", "without skips"):
        runs = [
            train(data, name == "with skips", s, epochs, f"{folder}/{s}/{name}")
            for s in range(seeds)
        ]
        unread[name] = np.array([values for values, _ in runs])
        report(f"{name}, test error", [error for _, error in runs])
        for place in np.ndindex(len(PARTS), len(TAPS)):
            title = f"  {PARTS[place[0]]} unread from {TAPS[place[1]]}"
            report(title, unread[name][:, *place])
    with matplotlib.rc_context({"font.size": 8}):
        draw(unread, Path(folder) / "parts.png")
    keras_ib.plotting.plane(
        [f"{folder}/0/{name}" for name in unread], path=f"{folder}/plane.png"
    )


def report(title, values):
    ends = f"({min(values):.3f} to {max(values):.3f})"
    print(f"{title:28} {np.mean(values):.3f} {ends}", flush=True)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
