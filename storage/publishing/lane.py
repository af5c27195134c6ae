"""A lane: one writer's part of the spool, with its batches and what it remembers of the writer's chain.

The directory is described in `broadsheet.storage.publishing.spool`.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from broadsheet.storage import layout, process_lock
from broadsheet.storage.documents.manifests import Place
from broadsheet.storage.durable import sync_directory, write_durably
from broadsheet.storage.errors import StoreError
from broadsheet.storage.publishing.batch import Batch

_LOCK = "lock"
_HEAD = "head"
_MACHINE_ID = Path("/etc/machine-id")
_MILLISECOND = timedelta(milliseconds=1)


class Head(Struct, frozen=True, kw_only=True):
    """What a lane remembers of its chain.

    Attributes:
        machine: The fingerprint of the machine and the directory it was made in.
        number: The number of the last manifest that was published; 0 where none was.
        digest: ``sha256:`` and the digest of that manifest.
        batch: The name of the last batch that was opened.
    """

    machine: str
    number: int = 0
    digest: str | None = None
    batch: str = ""


class Lane:
    """One writer's part of the spool, held by one process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock: int | None = None
        self._head: Head | None = None
        # One thread opens batches while another publishes: each writes down what it changes of the same head.
        self._changing = threading.RLock()

    @property
    def writer(self) -> str:
        """The writer: 8 hexadecimal digits."""
        return self._directory.name

    @property
    def head(self) -> Head:
        """What is remembered of the writer's chain."""
        if self._head is None:
            try:
                self._head = msgspec.json.decode((self._directory / _HEAD).read_bytes(), type=Head)
            except (FileNotFoundError, msgspec.DecodeError):
                # It was never written to the end, or is damaged: such a lane takes no new batches.
                self._head = Head(machine="")
        return self._head

    @property
    def is_of_this_machine(self) -> bool:
        """Whether it was made here, not copied from another machine or folder, where its twin may go on."""
        return self.head.machine == self._fingerprint()

    def place_of(self, batch: Batch) -> Place:
        """Return the place of a batch's manifest in the writer's chain, which is the next.

        Raises:
            StoreError: An older batch of the lane is not published yet: its place is before this one's.
        """
        oldest = self.batches()[0].name
        if oldest != batch.name:
            raise StoreError(f"batch {batch.name} waits in the spool until {oldest}, which is older, is published")
        return Place(writer=self.writer, number=self.head.number + 1, previous=self.head.digest)

    def create(self) -> None:
        """Make the directory and hold it."""
        self._directory.mkdir()
        self._acquire()
        self._remember(Head(machine=self._fingerprint()))

    def take(self) -> bool:
        """Hold the lane; False where another process does, or it has gone meanwhile."""
        try:
            taken = self._acquire()
        except (FileNotFoundError, NotADirectoryError):
            return False
        if taken:
            self._clear()
        return taken

    def release(self) -> None:
        """Let go of the lane."""
        if self._lock is not None:
            process_lock.let_go(self._lock)
            self._lock = None

    def retire(self) -> None:
        """Let go of the lane and take no new batch into it ever again."""
        with self._changing:
            self._remember(msgspec.structs.replace(self.head, machine=""))
        self.release()

    def batches(self) -> list[Batch]:
        """Return what lies in the lane, oldest first."""
        return [Batch(path) for path in sorted(self._directory.iterdir()) if layout.is_batch_name(path.name)]

    def open_batch(self, moment: datetime) -> Batch:
        """Begin a batch at `moment`, or as soon after the one before as names tell apart: clocks may step back."""
        name = layout.batch_name(moment, self.writer)
        with self._changing:
            if name <= self.head.batch:
                name = layout.batch_name(layout.batch_moment(self.head.batch) + _MILLISECOND, self.writer)
            batch = Batch(self._directory / name)
            self._remember(msgspec.structs.replace(self.head, batch=name))
        batch.create()
        return batch

    def adopt(self, batch: Batch) -> None:
        """Take a batch over from another lane of this process."""
        batch.move(self._directory)
        sync_directory(self._directory)

    def conclude(self, batch: Batch, place: Place, digest: str) -> None:
        """Note that a batch is published, with its manifest at `place`, and forget the batch."""
        self.advance(place, digest)
        batch.discard()

    def advance(self, place: Place, digest: str) -> None:
        """Note that the manifest at `place` is published."""
        with self._changing:
            if place.number > self.head.number:
                self._remember(msgspec.structs.replace(self.head, number=place.number, digest=digest))

    def _remember(self, head: Head) -> None:
        write_durably(self._directory / _HEAD, msgspec.json.encode(head))
        self._head = head

    def _clear(self) -> None:
        for path in self._directory.iterdir():
            if path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)  # what a killed discarding left

    def _fingerprint(self) -> str:
        machine = _MACHINE_ID.read_text(encoding="ascii", errors="replace") if _MACHINE_ID.exists() else ""
        told = f"{machine.strip()} {self._directory.stat().st_ino}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def _acquire(self) -> bool:
        self._lock = process_lock.hold(self._directory / _LOCK)
        return self._lock is not None
