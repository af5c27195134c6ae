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
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.durable import sync_directory
from broadsheet.storage.publishing.batch import SET_ASIDE, Batch
from broadsheet.storage.publishing.lane import Lane


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

    def size(self) -> int:
        """Return how many bytes lie in all lanes; files that go meanwhile count as nothing."""
        size = 0
        for path in self._directory.rglob("*"):
            with contextlib.suppress(OSError):
                size += path.stat().st_size if path.is_file() else 0
        return size

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
