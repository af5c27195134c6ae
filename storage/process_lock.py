"""Locks that tell whether the process that holds them lives: the kernel frees them with it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def hold(path: Path) -> int | None:
    """Hold the lock of a file, which is made where it is not there, to the end of this process or to `let_go`.

    Returns:
        What to give to `let_go`; None where another process holds it.

    Raises:
        OSError: It cannot be opened, or its file system knows no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def let_go(lock: int) -> None:
    """Let go of a lock."""
    os.close(lock)
