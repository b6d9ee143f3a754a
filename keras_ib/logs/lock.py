"""One writer at a time, of however many processes there are."""

from datetime import datetime
import json
import os
from pathlib import Path
import socket

from filelock import FileLock, Timeout

LOCK = "writer.lock"


class Lock:
    """Keeps other processes from writing to a folder.

    The operating system holds the lock, and lets go of it when the process
    ends, however it does: a lock file that is left behind locks nothing. What
    is written in the file only says who has it. Within a process it may be
    taken several times.

    Args:
        folder: The folder, made when the lock is taken.

    Example:

        >>> import tempfile
        >>> with Lock(tempfile.mkdtemp()):
        ...     pass
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder).absolute()
        self._lock: FileLock | None = None

    def take(self) -> None:
        """Takes the lock; nothing happens if it is held.

        Raises:
            ValueError: If another process has it.
            OSError: If the folder cannot be written.
        """
        if self._lock is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / LOCK
        lock = FileLock(path, thread_local=False, is_singleton=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise ValueError(
                f"Another process writes to {self.folder}: {_holder(path)}. "
                "Wait until it ends, end it, or choose another folder."
            ) from error
        self._lock = lock
        _sign(path)

    def release(self) -> None:
        """Lets others write; nothing happens if it is not held.

        The file stays. If it were removed, one process that has just opened
        it and another that makes a new one would both get a lock, each on a
        file of its own.
        """
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> "Lock":
        self.take()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def _sign(path):
    """Says who has the lock, behind the first byte: Windows locks that."""
    now = datetime.now().isoformat(" ", "seconds")
    who = {"process": os.getpid(), "host": socket.gethostname(), "since": now}
    with open(path, "r+b", buffering=0) as file:
        file.truncate(0)
        file.seek(1)
        file.write(json.dumps(who).encode())


def _holder(path):
    try:
        with open(path, "rb", buffering=0) as file:
            file.seek(1)
            who = json.loads(file.read(1000))
        return "process {process} on {host}, since {since}".format(**who)
    except (OSError, ValueError, KeyError, TypeError):
        return "one that has not said its name"
