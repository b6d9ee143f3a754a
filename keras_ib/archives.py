"""Zip files that others wrote, looked over before they are unpacked."""

import os
from pathlib import Path
import zipfile

import numpy as np

from keras_ib.logs.files import is_plain
from keras_ib.notices import short

# Real data shrink less than that; a gigabyte is unpacked in any case.
LARGEST_RATIO, ROOM = 100, 2**30


def check(path: str | os.PathLike) -> None:
    """Refuses a file that unpacks into far more than it is.

    Args:
        path: A file; one that is no zip file is let through.

    Raises:
        ValueError: If it is a pipe or a device, or says in its directory that
            it holds too much.
    """
    if not is_plain(Path(path)):
        raise ValueError(f"{path} is a pipe, a device or a folder.")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    # zipfile raises what it likes; whoever unpacks it says what is wrong.
    except Exception:
        return
    if is_too_large(path, unpacked):
        raise ValueError(
            f"{path} would unpack into {unpacked / 2**30:.1f} GiB, more than "
            f"{LARGEST_RATIO} times its size. It is not opened."
        )


def is_too_large(path: str | os.PathLike, unpacked: int) -> bool:
    """Whether a file says that it unpacks into far more bytes than it is.

    Example:

        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile() as file:
        ...     is_too_large(file.name, 2**20), is_too_large(file.name, 2**40)
        (False, True)
    """
    return unpacked > ROOM + LARGEST_RATIO * os.path.getsize(path)


def read_npz(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, by name; no pickle is read.

    Raises:
        OSError: If it is not there.
        ValueError: If it is damaged, or holds anything but arrays.

    Example:

        >>> import numpy as np, tempfile
        >>> path = tempfile.mkdtemp() + "/data.npz"
        >>> np.savez(path, x=np.zeros((3, 2)))
        >>> read_npz(path)["x"].shape
        (3, 2)
    """
    check(path)
    try:
        # Opened here, because np.load leaves a broken file open.
        with open(path, "rb") as raw, np.load(raw) as file:
            return dict(file)
    except FileNotFoundError:
        raise
    # NumPy, zipfile and zlib raise what they like.
    except Exception as error:
        raise ValueError(
            f"{path} is damaged, or no .npz file of numbers "
            f"({short(error, 60)}). Save it with np.savez."
        ) from error
