"""How much memory the captured activations may take."""

from collections.abc import Iterator
import os

# Without a word from the user: no more than this.
DEFAULT_BYTES = 2**30


def host_memory() -> int | None:
    """Free bytes of this machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def default_limit(free: int | None) -> int:
    """A quarter of the free memory or 1 GB, whichever is less."""
    return DEFAULT_BYTES if free is None else min(DEFAULT_BYTES, free // 4)


def groups(sizes: dict[str, int], limit: int) -> Iterator[list[str]]:
    """Names in their order, in groups whose sizes add up to the limit.

    A name that is larger alone is a group of its own.
    """
    group, total = [], 0
    for name, size in sizes.items():
        if group and total + size > limit:
            yield group
            group, total = [], 0
        group.append(name)
        total += size
    if group:
        yield group
