"""The local spool: where batches lie between the wire and the archive, in lanes of one writer each.

::

    spool/<writer>/lock              held (flock) by the process whose lane it is; the kernel frees it with the process
                  /head              the last manifest of the writer's chain, as this machine published it
                  /<batch>/          a batch, see `broadsheet.storage.publishing.batch`
                  /.<batch>/         a batch that is being discarded
                  /set-aside-<batch> a batch that nobody can read; it is left alone, for a person to look at

A lane is a writer's: its batches are opened and published one after another by one process at a time, so that the
order of their names is the order of the writer's chain. A process takes a lane that nobody holds, or makes one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from broadsheet.storage import layout, process_lock
from broadsheet.storage.documents.manifests import Place
from broadsheet.storage.durable import sync_directory, write_durably
from broadsheet.storage.errors import StoreError
from broadsheet.storage.publishing.batch import SET_ASIDE, Batch

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


class Spool:
    """The lanes of one archive on this machine.

    Args:
        directory: Where they lie; it is made where it is not there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._own: Lane | None = None
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def directory(self) -> Path:
        """Where the lanes lie."""
        return self._directory

    def keep_until_exit(self) -> None:
        """Hold this process's lane to the end of the process: a thread of it may still publish from there.

        What is opened from now on goes to another lane.
        """
        self._own = None

    def close(self) -> None:
        """Let go of this process's lane; what lies in it is anybody's from then on."""
        if self._own is not None:
            self._own.release()
            self._own = None

    @property
    def lane(self) -> Lane:
        """The lane of this process, taken or made at the first call and held until `close`."""
        if self._own is None:
            self._own = self._take_empty() or self._make()
        return self._own

    def renounce(self) -> None:
        """Give up this process's lane for good: what is opened from now on goes to a new writer's.

        Another machine, or a later state of this one, has published in its chain.
        """
        if self._own is not None:
            self._own.retire()
        self._own = self._make()

    def adopt(self, batch: Batch) -> Lane:
        """Move a batch of another lane into a new one of this process, and return that lane."""
        self.renounce()
        self.lane.adopt(batch)
        return self.lane

    def open_batch(self, moment: datetime) -> Batch:
        """Begin a batch at `moment` in the lane of this process, and before none of this machine's."""
        begun = [
            layout.batch_moment(lane.head.batch) for lane in map(Lane, self._lane_directories()) if lane.head.batch
        ]
        return self.lane.open_batch(max([moment, *begun]))

    def abandoned(self) -> Iterator[Lane]:
        """Yield the lanes that no process holds and that have batches, the one with the oldest first.

        All are held until the last was gone through.
        """
        with contextlib.ExitStack() as held:
            found: list[tuple[str, Lane]] = []
            for lane in self._free_lanes():
                held.callback(lane.release)
                found += [(batch.name, lane) for batch in lane.batches()[:1]]
            for _, lane in sorted(found, key=lambda pair: pair[0]):
                yield lane

    def idle_writers(self) -> list[str]:
        """Return the writers of this machine that are not publishing: this process's, and those that nobody holds."""
        idle = [self._own.writer] if self._own else []
        for lane in self._free_lanes():
            idle.append(lane.writer)
            lane.release()
        return idle

    def set_aside(self) -> list[Path]:
        """Return the directories of batches that were set aside, in order."""
        return sorted(path for lane in self._lane_directories() for path in lane.glob(f"{SET_ASIDE}*"))

    def waiting(self) -> list[str]:
        """Return the names of the batches in all lanes, in order."""
        return sorted(
            batch.name
            for lane in self._lane_directories()
            for batch in lane.iterdir()
            if layout.is_batch_name(batch.name)
        )

    def _take_empty(self) -> Lane | None:
        for lane in self._free_lanes():
            if not lane.batches() and lane.is_of_this_machine:
                return lane
            lane.release()
        return None

    def _make(self) -> Lane:
        lane = Lane(self._directory / secrets.token_hex(4))
        with self._alone():
            lane.create()
        sync_directory(self._directory)
        return lane

    def _free_lanes(self) -> Iterator[Lane]:
        for directory in self._lane_directories():
            lane = Lane(directory)
            with self._alone():
                taken = lane.take()
            if taken:
                yield lane

    def _lane_directories(self) -> list[Path]:
        return sorted(path for path in self._directory.iterdir() if layout.is_writer(path.name))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from taking a lane between the making of its directory and of its lock."""
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


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
