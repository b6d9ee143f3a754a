"""Image files of datasets: Keras' cache, .npz and IDX, and what can go wrong.

Every error says which file it is about and how to provide a good one.
"""

from collections.abc import Sequence
import gzip
import math
import os
from pathlib import Path
import socket
import zlib

import numpy as np

from keras_ib.archives import is_too_large, read_npz
from keras_ib.notices import short

# Where `keras.datasets` keeps each dataset, below its folder `datasets`.
CACHED = {
    "fashion_mnist": "fashion-mnist/train-images-idx3-ubyte.gz",
    "mnist": "mnist.npz",
    "cifar10": "cifar-10-batches-py-target_archive",
    "cifar100": "cifar-100-python-target_archive",
}
# Where a package of the operating system puts them.
INSTALLED = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
# Seconds without a byte after which a download counts as failed.
PATIENCE = 10


def is_cached(name: str) -> bool:
    """Whether Keras has downloaded `name` before."""
    return _cache(name).exists()


def is_installed(name: str) -> bool:
    """Whether the operating system has the files of `name`."""
    folder = INSTALLED.get(name)
    return folder is not None and (folder / IDX_FILES[0]).is_file()


def from_keras(
    name: str,
) -> Sequence[np.ndarray]:
    """The four arrays of `name` from Keras' cache, downloaded if need be."""
    import keras

    patience = socket.getdefaulttimeout()
    # Without this, a network that swallows packets hangs for minutes.
    socket.setdefaulttimeout(PATIENCE)
    try:
        train, test = getattr(keras.datasets, name).load_data()
    # Keras raises a bare Exception where a download fails.
    except Exception as error:
        raise _unavailable(name, _cache(name)) from error
    finally:
        socket.setdefaulttimeout(patience)
    return *train, *test


def _cache(name):
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    return home / "datasets" / CACHED[name]


def _unavailable(name, path):
    ways = (
        f"Either run keras.datasets.{name}.load_data() where there is a "
        "network and copy its ~/.keras/datasets here, or give data_dir=, a "
        f"folder with {_wanted(name)}."
    )
    if name == "fashion_mnist":
        ways += (
            f" Debian's package dataset-{name.replace('_', '-')} is found "
            f"where it installs: {INSTALLED[name]}."
        )
    if path.exists():
        return ValueError(f"{path} is damaged; delete it. {ways}")
    return FileNotFoundError(
        f"{name} is not cached as {path} and could not be downloaded. {ways}"
    )


def from_folder(name: str, folder: str | os.PathLike) -> Sequence[np.ndarray]:
    """The four arrays of `name` from `<name>.npz` or the IDX files."""
    folder = Path(folder)
    if (folder / f"{name}.npz").is_file():
        return _read_npz(folder / f"{name}.npz")
    missing = [file for file in IDX_FILES if not (folder / file).is_file()]
    if missing:
        raise FileNotFoundError(
            f"data_dir={os.fspath(folder)!r} has no {name}.npz and no "
            f"{', '.join(missing)}. Give a folder with {_wanted(name)}, or "
            "leave data_dir out to use Keras' cache."
        )
    return [_read_idx(folder / file) for file in IDX_FILES]


def _wanted(name):
    # The files of CIFAR were never published as IDX.
    idx = f" or {', '.join(IDX_FILES)}" if "mnist" in name else ""
    return f"{name}.npz (arrays {', '.join(ARRAYS)}){idx}"


def _read_npz(path):
    found = read_npz(path)
    if not set(ARRAYS) <= found.keys():
        raise ValueError(
            f"{path} is damaged, or no .npz file with {', '.join(ARRAYS)}. "
            "Fetch it again."
        )
    return [found[key] for key in ARRAYS]


def _read_idx(path):
    """An array of bytes in the IDX format of the MNIST files."""
    # Two zero bytes, 8 for "unsigned byte", the number of dimensions; then
    # each dimension as a big-endian 4-byte integer.
    dims = 3 if "idx3" in path.name else 1
    try:
        with gzip.open(path) as file:
            head = file.read(4 + 4 * dims)
            shape = [
                int.from_bytes(head[i : i + 4]) for i in range(4, len(head), 4)
            ]
            size = math.prod(shape)
            problem = _problem(path, head, shape)
            # No more than is promised: gzip does not say how much there is.
            values = file.read(0 if problem else size + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{path} is damaged ({short(error, 60)}). Fetch it again."
        ) from error
    if not problem and len(values) != size:
        held = len(values) if len(values) < size else "more"
        problem = f"promises {shape} values and holds {held}"
    if problem:
        raise ValueError(f"{path} is damaged: it {problem}. Fetch it again.")
    return np.frombuffer(values, "uint8").reshape(shape)


def _problem(path, head, shape):
    """What is wrong with the head of an IDX file, or None."""
    dims = 3 if "idx3" in path.name else 1
    if len(head) < 4 + 4 * dims or head[:4] != bytes([0, 0, 8, dims]):
        return f"is no IDX file of {dims}-dimensional bytes"
    if is_too_large(path, math.prod(shape)):
        return f"promises {shape} values, more than a file of its size holds"
    return None


def check(
    name: str,
    shape: tuple[int, ...],
    num_classes: int,
    split: str,
    x: np.ndarray,
    y: np.ndarray,
):
    """Refuses arrays that are not the dataset that was asked for."""
    expected = f"uint8 [n, {', '.join(map(str, shape))}]"
    if x.dtype != np.uint8 or not len(x) or x[0].size != np.prod(shape):
        raise ValueError(
            f"The {split} images of {name} must be {expected}, not {x.dtype} "
            f"{list(x.shape)}. Does data_dir= hold another dataset?"
        )
    if y.size != len(x) or not set(np.unique(y)) <= set(range(num_classes)):
        raise ValueError(
            f"The {split} labels of {name} must be {len(x)} integers from 0 "
            f"to {num_classes - 1}, not {y.size} such as {np.unique(y)[-3:]}. "
            "Does data_dir= hold another dataset?"
        )
