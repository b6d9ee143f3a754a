"""Ctrl-C ends a command at once, wherever it strikes."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import os
import signal
import sys


@contextmanager
def ended_by_ctrl_c(advice: str) -> Iterator[None]:
    """Within it Ctrl-C prints the advice and ends the process, status 130.

    Python's own KeyboardInterrupt would do where only Python runs. Raised
    while TensorFlow traces a graph it can get lost in a callback, or leave
    threads behind that the process then waits for without an end. Nothing
    needs to be tidied up: what was written survives a SIGKILL.
    """

    def end(signal_number, frame):
        # Not by `print`, which may be what was interrupted.
        os.write(2, f"\nInterrupted. {advice}\n".encode())
        with suppress(RuntimeError):
            sys.stdout.flush()
        os._exit(130)

    before = signal.getsignal(signal.SIGINT)
    # A program that was started with Ctrl-C ignored goes on ignoring it.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
