"""Real data by name, ready to train on, also without a network.

    data = keras_ib.datasets.load("digits")
    model.fit(data.x_train, data.y_train)

`digits` comes with scikit-learn and `szt` is computed from its rule; the
others are what `keras.datasets` downloads and caches, or files of your own.
"""

from dataclasses import dataclass, field
import os

import numpy as np

from keras_ib import checks
from keras_ib.data import files as datafiles
from keras_ib.names import unknown


@dataclass(frozen=True, eq=False)
class Dataset:
    """A classification task with a fixed train/test split.

    Attributes:
        name: What `load` was asked for.
        num_classes: Labels are `0 ... num_classes - 1`.
        x_train: `[n, height, width, channels]` float32, each channel with the
            mean 0 and variance 1 over the whole training split; for `szt`
            `[n, 12]`, bits 0.0 and 1.0 as in the literature.
        y_train: `[n]` int32.
        x_test: As `x_train`, shifted and scaled by the same numbers.
        y_test: `[m]` int32.
    """

    name: str
    num_classes: int
    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Source:
    """What is known of a dataset before it is read."""

    shape: tuple[int, ...]
    num_classes: int
    origin: str


# Fixed for good: another seed would be another test set.
SPLIT_SEED = 0

_FILES = "Keras' download cache, or data_dir"
SOURCES = {
    "digits": Source((8, 8, 1), 10, "scikit-learn (1,797 scanned digits)"),
    "szt": Source((12,), 2, "rule of Shwartz-Ziv & Tishby (4,096 patterns)"),
    "fashion_mnist": Source((28, 28, 1), 10, _FILES),
    "mnist": Source((28, 28, 1), 10, _FILES),
    "cifar10": Source((32, 32, 3), 10, _FILES),
    "cifar100": Source((32, 32, 3), 100, _FILES),
}


def is_at_hand(name: str) -> bool:
    """Whether `load(name)` needs no download."""
    return (
        name in _EMBEDDED
        or datafiles.is_cached(name)
        or datafiles.is_installed(name)
    )


def load(
    name: str,
    *,
    data_dir: str | os.PathLike | None = None,
    num_train: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Loads a dataset.

    `digits` and `szt` have no split of their own: 4 of 5 samples train (1,437
    and 3,277), drawn once, in equal shares of every class.

    Args:
        name: `"digits"`, `"szt"`, `"fashion_mnist"`, `"mnist"`, `"cifar10"`
            or `"cifar100"`.
        data_dir: Folder to read instead of Keras' cache. Fashion-MNIST that
            is not cached is read where Debian's package
            dataset-fashion-mnist has installed it. The folder holds either
            `<name>.npz` with `x_train, y_train, x_test, y_test` (the layout
            of Keras' mnist.npz), or the four IDX files
            `{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz`.
        num_train: Keep this many training samples, in equal shares of every
            class. A smaller subset lies inside a larger one of one `seed`.
        seed: Which subset `num_train` draws. The test samples never change.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: If an argument does not fit, or a file is damaged.
        FileNotFoundError: If there is no file and none can be downloaded.

    Example:
        >>> data = load("digits", num_train=100)
        >>> data.x_train.shape, data.num_classes
        ((100, 8, 8, 1), 10)
    """
    if not isinstance(name, str) or name not in SOURCES:
        raise ValueError(unknown("dataset", name, tuple(SOURCES)))
    if data_dir is not None:
        data_dir = checks.path("data_dir", data_dir)
    if num_train is not None:
        num_train = checks.integer("num_train", num_train)
    seed = checks.seed(seed)
    source = SOURCES[name]
    x_train, y_train, x_test, y_test = _arrays(name, data_dir)
    for split, x, y in (
        ("training", x_train, y_train),
        ("test", x_test, y_test),
    ):
        datafiles.check(name, source.shape, source.num_classes, split, x, y)
    # The whole training split, so that a subset sees the same images.
    shift, scale = _standard(x_train) if name != "szt" else (0, 1)
    y_train = np.ravel(y_train).astype("int32")
    rows = _subset(y_train, num_train, seed)
    x_train, x_test = (
        ((x.reshape(-1, *source.shape) - shift) / scale).astype("float32")
        for x in (x_train[rows], x_test)
    )
    return Dataset(
        name,
        source.num_classes,
        x_train,
        y_train[rows],
        x_test,
        np.ravel(y_test).astype("int32"),
    )


def _arrays(name, data_dir):
    if name not in _EMBEDDED:
        if data_dir is not None:
            return datafiles.from_folder(name, data_dir)
        if datafiles.is_cached(name) or not datafiles.is_installed(name):
            return datafiles.from_keras(name)
        return datafiles.from_folder(name, datafiles.INSTALLED[name])
    if data_dir is not None:
        raise ValueError(
            f"data_dir={os.fspath(data_dir)!r} was given, but {name!r} comes "
            "with the package. Leave data_dir out."
        )
    make, num_train = _EMBEDDED[name]
    x, y = make()
    order = _fair_order(y, SPLIT_SEED)
    train, test = np.sort(order[:num_train]), np.sort(order[num_train:])
    return x[train], y[train], x[test], y[test]


def _standard(x):
    """Mean and deviation of every channel of `x` `[n, h, w(, c)]`."""
    channels = x.reshape(-1, x.shape[3] if x.ndim == 4 else 1)
    count = len(channels)
    # Sums in float64 without a float64 copy of all images.
    mean = channels.sum(0, dtype="float64") / count
    square = np.einsum("nc,nc->c", channels, channels, dtype="float64") / count
    deviation = np.sqrt(square - mean**2)
    return mean.astype("float32"), deviation.astype("float32")


def _subset(y, num_train, seed):
    if num_train is None:
        return slice(None)
    if not 1 <= num_train <= len(y):
        raise ValueError(
            f"num_train={num_train} does not fit: give 1 to {len(y)}, the "
            "number of training samples, or leave it out for all of them."
        )
    return np.sort(_fair_order(y, seed)[:num_train])


def _fair_order(y, seed):
    """A random order whose every beginning holds all classes in proportion."""
    order = np.random.default_rng(seed).permutation(len(y))
    place = np.empty(len(y))
    for label in np.unique(y):
        members = order[y[order] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(place[order], kind="stable")]


def _digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x.astype("uint8").reshape(-1, 8, 8), y


# Neighbours of the twelve corners of an icosahedron, on which the task lives.
_NEIGHBOURS = (
    (1, 3, 5, 10, 11),
    (0, 2, 3, 4, 11),
    (1, 3, 4, 8, 9),
    (0, 1, 2, 8, 10),
    (1, 2, 6, 9, 11),
    (0, 6, 7, 10, 11),
    (4, 5, 7, 9, 11),
    (5, 6, 8, 9, 10),
    (2, 3, 7, 9, 10),
    (2, 4, 6, 7, 8),
    (0, 3, 5, 7, 8),
    (0, 1, 4, 5, 6),
)


def _szt():
    """All 4,096 patterns of 12 bits, in counting order, and their labels.

    The label depends on how many corners are on, and on how many pairs of
    them are adjacent, antipodal (no common neighbour) or in between. It
    equals the published file `var_u.mat` in every row.
    """
    bits = np.arange(4096)[:, None] >> np.arange(11, -1, -1) & 1
    near = np.zeros((12, 12), int)
    for corner, neighbours in enumerate(_NEIGHBOURS):
        near[corner, list(neighbours)] = 1
    opposite = (near @ near + near + np.eye(12, dtype=int)) == 0
    on = bits.sum(1)
    adjacent, antipodal = (
        np.einsum("ni,ij,nj->n", bits, pairs.astype(int), bits) // 2
        for pairs in (near, opposite)
    )
    between = on * (on - 1) // 2 - adjacent - antipodal
    label = 23 * on + adjacent - 5 * between - 8 * antipodal >= 99
    return bits.astype("uint8"), label.astype("uint8")


# How to make each, and how many samples train.
_EMBEDDED = {"digits": (_digits, 1437), "szt": (_szt, 3277)}
