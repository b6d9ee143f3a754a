"""Attention or convolution: what each block keeps of X and of Y.

Two networks that differ in one layer a block: how the positions of an image
are mixed, by self-attention or by a 3x3 convolution. Everything else is the
same: the patches and their positions, the norms, the dense layers, and what
goes around both, a shortcut or nothing.

Expect shortcuts to carry X through all blocks, whatever they go around.
Without them, expect attention to lose more of X than convolution, and that
before the first step: it gives every position about the mean of all, and the
deeper the more so ([Dong et al. 2021](https://arxiv.org/abs/2103.03404)). A
random convolution mixes neighbours in as many ways as it has channels, which
a decoder can undo. We know of no theory that says which of the two should read
Y better from so few images.

Seen, means of 3 seeds with the least and the largest, of the third block:

                            attention              convolution
    no shortcut
    Z-X before step 1       .22 (.18 to .27)       .007 (.006 to .007)
    Z-X after the last      .34 (.33 to .35)       .122 (.118 to .127)
    Z-Y before step 1       .49 (.39 to .54)       .18 (.16 to .20)
    Z-Y after the last      .068 (.048 to .096)    .016 (.009 to .023)
    test accuracy           .942 (.928 to .950)    .973 (.958 to .983)
    identity shortcut
    Z-X before step 1       .001 (.001 to .002)    .000 (.000 to .000)
    Z-X after the last      .054 (.047 to .064)    .020 (.019 to .022)
    Z-Y after the last      .018 (.010 to .024)    .016 (.012 to .019)
    test accuracy           .956 (.947 to .967)    .980 (.975 to .983)

Attention loses more of X in each seed, block and variant, and shortcuts make
most of the difference. With them, both read Y equally well.

The numbers do not say that attention is worse: ten epochs on 1,437 images are
little to learn from, and the convolution has twice the weights. Z-X and Z-Y
are read on training images. About two and a half minutes on two free cores.

    python examples/attention_or_convolution.py [--quick] [FOLDER]
"""

import sys

import keras
from keras import layers
import numpy as np

import keras_ib
from keras_ib.layers import Chain, Positions, Residual, SelfAttention

WIDTH = 32
MIXERS = {
    "attention": lambda: [
        layers.Reshape((16, WIDTH)),
        SelfAttention(num_heads=4),
        layers.Reshape((4, 4, WIDTH)),
    ],
    "convolution": lambda: [layers.Conv2D(WIDTH, 3, padding="same")],
}
FIELDS = {"Z-X": ("zx", "fvu"), "Z-Y": ("zy", "ce")}


def block(mixer, shortcut, name):
    """Mixes the positions, then the channels of each."""
    positions = [layers.LayerNormalization(), *MIXERS[mixer]()]
    channels = [
        layers.LayerNormalization(),
        layers.Dense(2 * WIDTH, activation="gelu"),
        layers.Dense(WIDTH),
    ]
    branches = [Chain(positions), Chain(channels)]
    return Chain([Residual(b, shortcut) for b in branches], name=name)


def build(mixer, shortcut):
    """8x8 images, cut into 4x4 patches, through three blocks to logits."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(WIDTH, 2, strides=2, name="patches"),
            Positions(stddev=1.0),
            *(block(mixer, shortcut, f"block_{i}") for i in (1, 2, 3)),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, name="logits"),
        ]
    )


def train(data, mixer, shortcut, seed, epochs, folder):
    """The blocks' first and last readings, and the test accuracy."""
    keras.utils.set_random_seed(seed)
    model = build(mixer, shortcut)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    rows = data.x_train, data.y_train
    plane = keras_ib.InfoPlane(
        rows, taps="block_*", schedule=[1, 4, 16, 64], log_dir=folder
    )
    options = {"batch_size": 64, "epochs": epochs, "verbose": 0}
    model.fit(*rows, callbacks=[plane], **options)
    found = {
        f"{name} of {tap} {when} step": plane.log.series(tap, *field)[1][i]
        for name, field in FIELDS.items()
        for tap in plane.log.taps
        for when, i in (("before the first", 0), ("after the last", -1))
    }
    test = model.evaluate(data.x_test, data.y_test, verbose=0)
    return found | {"test accuracy": test[1]}


def main(folder="runs/attention_or_convolution", quick=False):
    data = keras_ib.datasets.load("digits", num_train=200 if quick else None)
    seeds, epochs = (1, 1) if quick else (3, 10)
    for shortcut in ("none",) if quick else ("none", "identity"):
        for mixer in MIXERS:
            runs = [
                train(
                    *(data, mixer, shortcut, seed, epochs),
                    folder=f"{folder}/{shortcut}/{seed}/{mixer}",
                )
                for seed in range(seeds)
            ]
            print(f"{mixer}, shortcut {shortcut}: mean (least to largest)")
            for name in runs[0]:
                values = [run[name] for run in runs]
                ends = f"({min(values):.3f} to {max(values):.3f})"
                print(f"  {name:36} {np.mean(values):.3f} {ends}", flush=True)
        keras_ib.plotting.plane(
            [f"{folder}/{shortcut}/0/{mixer}" for mixer in MIXERS],
            path=f"{folder}/shortcut_{shortcut}.png",
        )


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
