"""The local spool: where a batch lies between the wire and the archive, and what a crash leaves of it.

::

    spool/<batch>/lock            held (flock) by the process that writes the batch; the kernel frees it with
                                  the process
                 /open.warc.gz    the segment while it grows; a cut-off last member is dropped by recovery
                 /sealed.warc.gz  the whole segment; nothing is added any more
                 /plan            every object to be published, byte for byte; written before the first PUT
    spool/.<batch>                a batch that is being discarded
    spool/set-aside-<batch>       a batch that nobody can read; it is left alone, for a person to look at

What `sync` has returned for is on the disk. A batch is discarded only after its publication.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from broadsheet.storage import layout

_OPEN = "open.warc.gz"
_SEALED = "sealed.warc.gz"
_PLAN = "plan"
_LOCK = "lock"
_SET_ASIDE = "set-aside-"


class Spool:
    """The batches of one archive on this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def open_batch(self, moment: datetime) -> Batch:
        """Begin a batch at `moment`; it is this process's until it is published or the process dies."""
        batch = Batch(self._directory / layout.batch_name(moment, secrets.token_hex(4)))
        with self._alone():
            batch.create()
        _sync_directory(self._directory)
        return batch

    def abandoned(self) -> Iterator[Batch]:
        """Yield, oldest first, the batches whose process is gone; each is this process's from then on."""
        for directory in sorted(self._directory.iterdir()):
            if directory.name.startswith("."):
                shutil.rmtree(directory, ignore_errors=True)  # another process may be at it
                continue
            if directory.name.startswith(_SET_ASIDE):
                continue
            batch = Batch(directory)
            with self._alone():
                taken = batch.take_over()
            if taken:
                yield batch

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from taking over a batch between the making of its directory and of its lock."""
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class Batch:
    """One batch in the spool: a WARC segment that grows, is sealed, planned, published and discarded."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock: int | None = None
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
        self._acquire()
        self._file = os.open(self._directory / _OPEN, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        _sync_directory(self._directory)

    def take_over(self) -> bool:
        """Take the batch of a dead process; False where its process lives or the batch has gone meanwhile."""
        try:
            return self._acquire()
        except (FileNotFoundError, NotADirectoryError):
            return False

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
            _sync_file(path)
            path.rename(sealed)
            _sync_directory(self._directory)
        self._close_segment()
        return sealed

    def write_plan(self, plan: bytes) -> None:
        """Keep the plan of the publication, durably and in one step."""
        draft = self._directory / "plan.draft"
        draft.write_bytes(plan)
        _sync_file(draft)
        draft.rename(self._directory / _PLAN)
        _sync_directory(self._directory)

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
        self._release()

    def set_aside(self) -> Path:
        """Take the batch out of everybody's way, keep what it holds, and return where that lies."""
        self._close_segment()
        kept = self._directory.with_name(_SET_ASIDE + self.name)
        self._directory.rename(kept)
        _sync_directory(kept.parent)
        self._release()
        return kept

    def _close_segment(self) -> None:
        with self._closing:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _acquire(self) -> bool:
        path = self._directory / _LOCK
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), path.stat()):
                raise FileNotFoundError(f"the batch {self.name} was discarded")
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            os.close(descriptor)
            raise
        self._lock = descriptor
        return True


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(path: Path) -> None:
    _sync_file(path)
