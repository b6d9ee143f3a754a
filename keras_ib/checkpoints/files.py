"""Files of saved weights, and what they say before they are loaded.

Both kinds of file that Keras writes hold the same tree of HDF5 groups: a
`.weights.h5` file is it, a `.keras` file has it inside. Shapes and the
count of iterations are read here, the weights by Keras, after a look at what
HDF5 can do and Keras never does: links, other files, room for nothing.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import math
import os
from pathlib import Path
import re
from typing import Any
import zipfile
import zlib

import h5py

from keras_ib import archives, checks
from keras_ib.notices import short

KINDS = (".keras", ".weights.h5")
INSIDE = "model.weights.h5"
# The inner one counts where steps with infinite gradients are left out.
ITERATIONS = ("optimizer/inner_optimizer/vars/0", "optimizer/vars/0")


@dataclass(frozen=True)
class WeightFile:
    """A checkpoint on the disk.

    Attributes:
        path: Where it is.
        iterations: Optimizer steps that it says it is after, or None.
        shapes: `{name: shape}` of all weights but those of optimizers.
        crc32: Checksum of its weights.
    """

    path: Path
    iterations: int | None
    shapes: dict
    crc32: int

    @property
    def number(self) -> int | None:
        """The last integer in the file's name; `0.52` has none."""
        name = self.path.name.removesuffix(".keras").removesuffix(".weights.h5")
        found = re.findall(r"(?<!\d)(?<!\d\.)\d+(?!\d|\.\d)", name)
        return int(found[-1]) if found else None


def find(
    checkpoints: str | Path | Sequence, model: Any = None
) -> list[WeightFile]:
    """The files to measure, in the natural order of their paths.

    Args:
        checkpoints: A folder, or a list of files.
        model: A file that is left out of the folder, if it is one.

    Raises:
        ValueError: If there is none, or one cannot be read.
    """
    paths = sorted(_paths(checkpoints, model), key=_natural_order)
    if not paths:
        raise ValueError(
            f"checkpoints={str(checkpoints)!r} holds no files that end in "
            f"{' or '.join(KINDS)}. Give some in a list, or their folder."
        )
    return [read(path) for path in paths]


def _paths(checkpoints, model):
    if not isinstance(checkpoints, (str, Path)):
        several = checks.sequence("checkpoints", checkpoints)
        return [checks.path("checkpoints", path) for path in several]
    folder = checks.path("checkpoints", checkpoints)
    if not folder.is_dir():
        raise ValueError(
            f"checkpoints={str(checkpoints)!r} is no folder. Give one, or a "
            "list of files."
        )
    real = os.path.realpath  # Of a link to itself, Path.resolve raises.
    given = real(model) if isinstance(model, (str, Path)) else None
    return [
        path
        for path in folder.iterdir()
        if path.name.endswith(KINDS) and real(path) != given
    ]


def by_step(files: Sequence[WeightFile]) -> tuple[str, dict[int, WeightFile]]:
    """Where the steps of the files are known from, and `{step: file}`.

    Raises:
        ValueError: If two files are of one step.
    """
    source, steps = _steps(files)
    by_step: dict[int, WeightFile] = {}
    for file, step in zip(files, steps, strict=True):
        other = by_step.setdefault(step, file)
        if other is not file:
            raise ValueError(
                f"{other.path} and {file.path} are both of step {step} "
                f"({source}). Leave one of them out."
            )
    return source, by_step


def _steps(files):
    """What all files have, and not all the same."""
    iterations = [file.iterations for file in files]
    numbers = [file.number for file in files]
    if None not in iterations and (len(files) == 1 or len(set(iterations)) > 1):
        return "optimizer iterations", iterations
    if None not in numbers and len(set(numbers)) > 1:
        return "number in the file name", numbers
    return "order", range(len(files))


def _natural_order(path):
    """A key by which `ckpt-2` comes before `ckpt-10`."""
    parts = re.split(r"(\d+)", str(path))
    return [int(part) if part.isdigit() else part for part in parts]


def read(path: Path) -> WeightFile:
    """Reads what is known of a file without its weights.

    Raises:
        ValueError: If it is not there, of another kind, or damaged.
    """
    if not path.name.endswith(KINDS) or not path.is_file():
        raise ValueError(
            f"{path} is no file that ends in {' or '.join(KINDS)}. Give what "
            "model.save, model.save_weights or keras.callbacks.ModelCheckpoint "
            "wrote."
        )
    archives.check(path)
    try:
        with _opened(path) as (file, crc32):
            _check_tree(path, file)
            return WeightFile(path, _iterations(file), _shapes(file), crc32)
    # zipfile and h5py raise what they like.
    except Exception as error:
        raise ValueError(
            f"{path} is damaged, or nothing that Keras saved "
            f"({short(error, 60)}). Remove it, or save it again."
        ) from error


def _check_tree(path, file):
    """Refuses what leads out of the file, or fills the memory."""
    unpacked = 0

    def problem(name, link):
        nonlocal unpacked
        if not isinstance(link, h5py.HardLink):
            return f"{short(name, 30)} is a link"
        item = file[name]
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                return f"{short(name, 30)} is in another file"
            unpacked += math.prod(item.shape or ()) * item.dtype.itemsize
        return None

    # What it returns ends the visit; what it raised would be lost in HDF5.
    if found := file.visititems_links(problem):
        raise ValueError(found)
    if archives.is_too_large(path, unpacked):
        raise ValueError(f"it would unpack into {unpacked / 2**30:.1f} GiB")


def _iterations(file):
    found = next((file[name] for name in ITERATIONS if name in file), None)
    if found is None:
        return None
    # Before it is read: a vector may take any memory.
    if found.shape != () or found.dtype.kind not in "iu":
        raise ValueError("its iterations are no integer")
    if not 0 <= found[()] < 2**63:
        raise ValueError("its iterations are out of range")
    return int(found[()])


@contextmanager
def _opened(path):
    """The HDF5 file and the checksum of its bytes."""
    if path.suffix == ".keras":
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(INSIDE) as member,
            h5py.File(member) as file,
        ):
            yield file, archive.getinfo(INSIDE).CRC
    else:
        with h5py.File(path) as file:
            yield file, zlib.crc32(path.read_bytes())


def _shapes(file):
    shapes = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and not _is_optimizer(item.parent):
            shapes[name] = item.shape

    file.visititems(visit)
    return shapes


def _is_optimizer(group):
    """Whether the first variable counts iterations.

    What an optimizer holds grows with its first step, and models may have
    several under any name.
    """
    first = group.get("0")
    return first is not None and first.shape == () and first.dtype.kind in "iu"
