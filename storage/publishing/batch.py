"""One batch in the spool: a WARC segment that grows, is sealed, planned, published and discarded.

::

    <batch>/open.warc.gz    the segment while it grows; a cut-off last member is dropped by recovery
           /sealed.warc.gz  the whole segment; nothing is added any more
           /plan            every object to be published, byte for byte; written before the first PUT

What `sync` has returned for is on the disk. A batch is discarded only after its publication.
"""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

from broadsheet.storage.durable import sync_directory, sync_file, write_durably

SET_ASIDE = "set-aside-"
_OPEN = "open.warc.gz"
_SEALED = "sealed.warc.gz"
_PLAN = "plan"


class Batch:
    """A batch of a lane that this process holds.

    Args:
        directory: Where it lies; its name is the batch's.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: int | None = None
        # `sync` may run in a thread of its own while the segment is sealed.
        self._closing = threading.Lock()
        self.size = 0

    @property
    def name(self) -> str:
        """The name under which the archive will know the batch."""
        return self._directory.name

    @property
    def segment(self) -> Path:
        """The WARC segment, open or sealed."""
        sealed = self._directory / _SEALED
        return sealed if sealed.exists() else self._directory / _OPEN

    @property
    def is_sealed(self) -> bool:
        """Whether its process closed the segment; then all of it is whole, or damaged."""
        return (self._directory / _SEALED).exists()

    def create(self) -> None:
        """Make the directory and open the segment."""
        self._directory.mkdir()
        self._file = os.open(self._directory / _OPEN, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        sync_directory(self._directory)
        sync_directory(self._directory.parent)

    def append(self, members: bytes) -> int:
        """Add gzip members to the segment; return the offset of the first. Not on the disk until `sync`.

        Raises:
            OSError: The disk is full or fails; what was written of the members is taken back.
        """
        if self._file is None:
            raise ValueError(f"batch {self.name} is sealed: it takes no more records")
        offset = self.size
        try:
            _write_all(self._file, members)
        except OSError:
            os.ftruncate(self._file, offset)
            raise
        self.size += len(members)
        return offset

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes of the segment."""
        with self.segment.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def sync(self) -> None:
        """Return when everything appended so far is on the disk."""
        with self._closing:
            if self._file is not None:
                os.fdatasync(self._file)

    def seal(self, length: int | None = None) -> Path:
        """Close the segment for good, cut to `length` bytes where given, and return where it lies."""
        sealed = self._directory / _SEALED
        if not sealed.exists():
            path = self._directory / _OPEN
            if length is not None:
                os.truncate(path, length)
            sync_file(path)
            path.rename(sealed)
            sync_directory(self._directory)
        self._close_segment()
        return sealed

    def replace_segment(self, path: Path) -> None:
        """Put another file, which is on the disk, in the place of the sealed segment; what was planned is forgotten."""
        (self._directory / _PLAN).unlink(missing_ok=True)
        sync_directory(self._directory)
        path.rename(self._directory / _SEALED)
        sync_directory(self._directory)

    def write_plan(self, plan: bytes) -> None:
        """Keep the plan of the publication, durably and in one step."""
        write_durably(self._directory / _PLAN, plan)

    def read_plan(self) -> bytes | None:
        """Return the plan, or None where the batch had not come so far."""
        path = self._directory / _PLAN
        return path.read_bytes() if path.exists() else None

    def discard(self) -> None:
        """Forget the batch: it is published, or holds nothing."""
        self._close_segment()
        # In one step: half a batch would be taken for one that a crash has left.
        discarded = self._directory.with_name(f".{self.name}")
        self._directory.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)  # what is left goes at the next start

    def move(self, lane: Path) -> None:
        """Put the batch, as it is, into another lane's directory."""
        moved = lane / self.name
        self._directory.rename(moved)
        self._directory = moved

    def set_aside(self) -> Path:
        """Take the batch out of everybody's way, keep what it holds, and return where that lies."""
        self._close_segment()
        kept = self._directory.with_name(SET_ASIDE + self.name)
        self._directory.rename(kept)
        sync_directory(kept.parent)
        return kept

    def _close_segment(self) -> None:
        with self._closing:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
