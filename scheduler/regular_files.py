"""Reads the files that a configuration names: whatever else stands in the place of one holds nobody up."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# Far more than a thousand sources take.
_MOST_BYTES = 16 << 20


def read_regular_file(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        OSError: It cannot be read, is no regular file, or has more than 16 MiB; `strerror` says which.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {_MOST_BYTES >> 20} MiB", str(path))
    return content


def _without_waiting(path: str, flags: int) -> int:
    # Whoever opens a pipe waits for its writer, and all that is asked over HTTP behind it.
    return os.open(path, flags | os.O_NONBLOCK)
