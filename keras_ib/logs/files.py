"""The files of a run folder: names, and the one way in which they are written.

A file is replaced as a whole, and a log is appended to as a whole, so that a
crash or a full disk leaves what was there or what is to be there.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import os
from pathlib import Path
import stat

CONFIG = "config.json"
ROWS = "info_plane.jsonl"
SUPERSEDED = "superseded.jsonl"


@contextmanager
def replaced(path: str | os.PathLike) -> Iterator[Path]:
    """A draft beside a file, which takes its place when it is whole.

    A link is replaced, and not written through.

    Args:
        path: The file, which need not be there.

    Yields:
        The path of the draft; it has the suffix of the file.

    Example:

        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
        >>> with replaced(path) as draft:
        ...     _ = draft.write_text("whole")
        >>> path.read_text()
        'whole'
    """
    path = Path(path)
    draft = path.with_name(f"{path.stem}.draft{path.suffix}")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        _to_disk(draft, os.O_RDWR)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    # The name, too. Not every system opens folders.
    with suppress(OSError):
        _to_disk(path.parent, os.O_RDONLY)


def _to_disk(path, flags):
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: str | os.PathLike, text: str) -> None:
    """Replaces a file by a text, as a whole."""
    with replaced(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def append(path: Path, text: str) -> None:
    """Appends lines to a file and hands them to the disk, all or none.

    Raises:
        OSError: If there is no room, or the path is no file of its folder.
    """
    check_own(path)
    size = path.stat().st_size if path.exists() else 0
    if size and not _ends_whole(path, size):
        text = "\n" + text
    try:
        with open(path, "ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        if path.exists():
            os.truncate(path, size)
        raise


def _ends_whole(path, size):
    with open(path, "rb") as file:
        file.seek(size - 1)
        return file.read() == b"\n"


def check_own(path: Path) -> None:
    """Raises an `OSError` where writing could leave the folder."""
    if path.is_symlink():
        raise OSError(f"{path} is a link; remove it")
    if not is_plain(path):
        raise OSError(f"{path} is a pipe, a device or a folder; remove it")


def is_plain(path: Path) -> bool:
    """Whether a path is a file or not there; a pipe would be waited for."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True
