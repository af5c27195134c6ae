"""Files that are on the disk when a call returns: what a crash must not take back."""

from __future__ import annotations

import os
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Write a file in one step: whoever reads it finds the old bytes or the new ones, never a part."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(data)
    sync_file(draft)
    draft.rename(path)
    sync_directory(path.parent)


def sync_file(path: Path) -> None:
    """Return when the bytes of a file are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Return when the names in a directory are on the disk."""
    sync_file(path)
