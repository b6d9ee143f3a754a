"""Encrypted digits: the information stays, what a decoder can use of it goes.

Images X are written as codes Z in four ways, all of which can be undone:
plain; with the pixels moved to other places; with the 17 grey levels renamed;
and by a toy cipher that chains all pixels forth and back.

Expect mutual information to notice nothing: X and Z determine each other, so
I(X;Z) = H(X) and I(Z;Y) = I(X;Y). Expect usable information ([Xu et al.
2020](https://arxiv.org/abs/2002.10689)) to depend on the decoder: these do not
care where a pixel is, and fail at the cipher. A network that is trained on
the cipher can learn its images by heart, and nothing else.

Seen, in nats, means of 3 keys with the least and the largest:

                    plain    moved    renamed                cipher
    I(X;Z)          7.49     7.49     7.49                   7.49
    I(Z;Y)          2.30     2.30     2.30                   2.30
    usable of Y     2.19     2.19     1.03 (.88 to 1.31)     -.01 (-.01 to -.01)
      kernel        2.26     2.26     1.10 (.94 to 1.40)     -.01 (-.01 to -.01)
    Z-X             .00      .00      .68 (.63 to .73)       1.00 (1.00 to 1.00)

The last layer of a network on the cipher has a Z-Y of .001 on training images
and of 2.33 (2.33 to 2.34) on test images, accuracies of 1.00 and .12 (.09 to
.13). On plain images it has .003 and .058 (.049 to .066), 1.00 and .989 (.986
to .992). Readers of both are read on rows that they were not fitted on. The
network was, with the training images: only the others tell what it has learned.

The numbers do not say that the cipher is safe: it is a toy, and these decoders
do not try. 7.49 is log n and 2.30 is H(Y): 1,797 images that all differ show no
more, whatever is true. In the plane of a network, X is its input: the code.
About one minute on two free cores.

    python examples/encrypted_input.py [--quick] [FOLDER]
"""

from pathlib import Path
import sys

import keras
import matplotlib
from matplotlib.figure import Figure
import numpy as np

import keras_ib

LEVELS = 17
# Name: measure, field, style of the line.
READINGS = {
    "I(X;Z)": ("quantized", "i_xz", "C0-"),
    "I(Z;Y)": ("quantized", "i_zy", "C1-"),
    "usable of Y, linear decoder": ("zy", "usable", "C2-"),
    "usable of Y, kernel decoder": ("zy_kernel", "usable", "C2--"),
    "X unread, linear decoder": ("zx", "fvu", "C3-"),
    "X unread, kernel decoder": ("zx_kernel", "fvu", "C3--"),
}


def plain(pixels, rng):
    return pixels


def moved(pixels, rng):
    return pixels[:, rng.permutation(pixels.shape[1])]


def renamed(pixels, rng):
    return rng.permutation(LEVELS)[pixels]


def cipher(pixels, rng):
    """Adds to each pixel the code of the one before it and renames the sum.

    The second pass begins at the other end. Who has the table goes the same
    way back.
    """
    table, code = rng.permutation(LEVELS), pixels.copy()
    for _ in range(2):
        before = 0
        for i in range(code.shape[1]):
            code[:, i] = before = table[(code[:, i] + before) % LEVELS]
        code = code[:, ::-1]
    return code


CODES = (plain, moved, renamed, cipher)


def read(code, x, y):
    """Every reading of a code `[n, 64]`."""
    measures = sorted({measure for measure, _, _ in READINGS.values()})
    code = code.astype("float32")
    values = keras_ib.measure(code, x=x, y=y, measures=measures)
    return [values[measure][field] for measure, field, _ in READINGS.values()]


def train(code, y, num_train, seed, epochs, folder):
    """What a network makes of a code, on training and on test rows."""
    keras.utils.set_random_seed(seed)
    code = ((code - code.mean()) / code.std()).astype("float32")
    data = {
        "train": (code[:num_train], y[:num_train]),
        "test": (code[num_train:], y[num_train:]),
    }
    model = keras_ib.models.mlp((64,), 10, hidden_sizes=(256, 256))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    steps = [1, 4, 16, 64, 256]
    plane = keras_ib.InfoPlane(data, schedule=steps, log_dir=folder)
    options = {"batch_size": 64, "epochs": epochs, "verbose": 0}
    model.fit(*data["train"], callbacks=[plane], **options)
    found = {}
    for name, pair in data.items():
        ce = plane.log.series("head", "zy", "ce", name)[1]
        found[f"Z-Y of its head, {name}"] = ce[-1]
        found[f"accuracy, {name}"] = model.evaluate(*pair, verbose=0)[1]
    return found


def draw(found, path):
    """Readings `[codes, keys]`: their means, and a point for every key."""
    figure = Figure((6, 2.4), layout="constrained")
    panels = figure.subplots(1, 2)
    for (name, values), (_, field, line) in zip(
        found.items(), READINGS.values(), strict=True
    ):
        ax = panels[int(field == "fvu")]
        ax.plot(values.mean(1), line, label=name)
        ax.plot(values, f"{line[:2]}.", markersize=4)
    panels[0].set_ylabel("information of Z [nats]")
    panels[1].set_ylabel("variance of X unexplained by Z")
    for ax in panels:
        ax.set_xticks(range(len(CODES)), [code.__name__ for code in CODES])
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize=7)
    figure.savefig(path, dpi=300)


def spread(values):
    return f"{np.mean(values):6.3f} ({min(values):.3f} to {max(values):.3f})"


def main(folder="runs/encrypted_input", quick=False):
    num_train, seeds, epochs = (200, 1, 1) if quick else (None, 3, 20)
    data = keras_ib.datasets.load("digits", num_train=num_train)
    x = np.concatenate([data.x_train, data.x_test]).reshape(-1, 64)
    y = np.concatenate([data.y_train, data.y_test])
    pixels = np.unique(x, return_inverse=True)[1].reshape(x.shape)
    keys = [np.random.default_rng(seed) for seed in range(seeds)]
    codes = {code: [code(pixels, key) for key in keys] for code in CODES}
    values = [[read(z, pixels, y) for z in made] for made in codes.values()]
    found = dict(zip(READINGS, np.moveaxis(values, 2, 0), strict=True))
    for name, rows in found.items():
        print(name)
        for code, row in zip(CODES, rows, strict=True):
            print(f"  {code.__name__:8}{spread(row)}")
    for code in (plain, cipher):
        logs = [f"{folder}/{code.__name__}/seed_{s}" for s in range(seeds)]
        results = [
            train(codes[code][s], y, len(data.x_train), s, epochs, logs[s])
            for s in range(seeds)
        ]
        print(f"network on {code.__name__}")
        for name in results[0]:
            print(f"  {name:23}{spread([run[name] for run in results])}")
        path = f"{folder}/plane_{code.__name__}.png"
        keras_ib.plotting.plane(logs[0], path=path)
    with matplotlib.rc_context({"font.size": 8}):
        draw(found, Path(folder) / "readings.png")


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
