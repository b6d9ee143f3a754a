"""What an autoencoder keeps: of the image it rebuilds, of labels it never sees.

A dense autoencoder learns the scanned digits through a code of 2, 8 or 32
numbers. Z-X says how much of the image a linear decoder misses in a layer, Z-Y
how much of the label, which the training is not told.

Expect Z-X to be highest in the code, and higher than in as many principal
components: for a linear decoder those are the best code, and this one is made
for a decoder that bends. Expect the decoder to be easier to read than the
code, although it knows nothing else: a layer adds no information, but it can
unfold it. A decoder that bends, with a Gaussian kernel, then finds in the code
what the linear one finds in the decoder. Nothing says that labels must become
easier to read; if they do, they are part of what makes digits differ.

Seen, means of 3 seeds with the least and the largest:

    code of                             2                 8                 32
    Z-X code             .83 (.80 to .84)  .37 (.36 to .38)  .044 (.042, .047)
    Z-X components                    .71               .33               .035
    Z-X decoder          .51 (.48 to .52)  .18 (.18 to .18)  .034 (.033, .034)
    Z-X code, kernel     .54 (.51 to .56)  .17 (.17 to .17)  .027 (.027, .027)
    Z-Y code             1.1 (1.0 to 1.2)  .28 (.27 to .30)  .18 (.17 to .19)
    Z-Y decoder          .75 (.66 to .83)  .16 (.14 to .17)  .17 (.16 to .18)

In 2 numbers the code lies almost as folded as at random; in 32 there is little
left to unfold. Before the training the codes had a Z-Y of 1.9 to 2.1, 1.1 to
1.2 and .27 to .34: labels became easier to read, in every seed.

The numbers do not say that the decoder knows more than the code, which cannot
be. All layers tell all images apart: I(X;Z) = log n in each. The decoders are
fitted on one half of the training images and read on the other, and the
autoencoder has seen both. About one minute on two free cores.

    python examples/autoencoder.py [--quick] [FOLDER]
"""

import sys

import keras
from keras import layers
import numpy as np

import keras_ib

SIZES = (2, 8, 32)


def build(size):
    """Images to images through a code of `size` numbers."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu", name="encoder"),
            layers.Dense(size, name="code"),
            layers.Dense(128, activation="relu", name="decoder"),
            layers.Dense(64),
            layers.Reshape((8, 8, 1)),
        ]
    )


def train(data, size, seed, epochs, folder):
    """The last readings of every layer, and other readings of the code."""
    keras.utils.set_random_seed(seed)
    model = build(size)
    model.compile("adam", "mse")
    x = data.x_train
    plane = keras_ib.InfoPlane(
        (x, data.y_train),
        taps=["encoder", "code", "decoder"],
        log_dir=folder,
    )
    options = {"batch_size": 64, "epochs": epochs, "verbose": 0}
    model.fit(x, x, callbacks=[plane], **options)
    to_code = keras.Model(model.inputs, model.get_layer("code").output)
    code = to_code.predict(x, verbose=0)
    return {
        f"{name} of the {tap}": plane.log.series(tap, *field)[1][-1]
        for name, field in (("Z-X", ("zx", "fvu")), ("Z-Y", ("zy", "ce")))
        for tap in plane.log.taps
    } | {
        "Z-X of the code, kernel decoder": read(code, x, "zx_kernel"),
        "Z-X of principal components": read(components(x, size), x, "zx"),
    }


def read(z, x, measure):
    return keras_ib.measure(z, x=x, measures=[measure])[measure]["fvu"]


def components(x, size):
    """The images' first principal components `[n, size]`."""
    x = x.reshape(len(x), -1)
    directions = np.linalg.svd(x - x.mean(0), full_matrices=False)[2]
    return x @ directions[:size].T


def main(folder="runs/autoencoder", quick=False):
    data = keras_ib.datasets.load("digits", num_train=200 if quick else None)
    seeds, epochs = (1, 1) if quick else (3, 40)
    sizes = SIZES[:1] if quick else SIZES
    for size in sizes:
        runs = [
            train(data, size, seed, epochs, f"{folder}/{seed}/code of {size}")
            for seed in range(seeds)
        ]
        print(f"code of {size}: mean (least to largest) of {seeds} seeds")
        for name in runs[0]:
            values = [run[name] for run in runs]
            ends = f"({min(values):.3f} to {max(values):.3f})"
            print(f"  {name:30} {np.mean(values):.3f} {ends}", flush=True)
    keras_ib.plotting.plane(
        [f"{folder}/0/code of {size}" for size in sizes],
        path=f"{folder}/plane.png",
    )


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
