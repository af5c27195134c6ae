"""How much of this machine's disk what waits for its publication may take; at its limit, fetching pauses."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from broadsheet.crawler.errors import DiskFullError

_log = logging.getLogger(__name__)

_MIB = 1024 * 1024


class SpoolLimits(Struct, frozen=True, kw_only=True):
    """How much may wait.

    Attributes:
        waiting_bytes: How many bytes one crawl may have in the spool; one that begins while the store is away counts
            what earlier ones have left there too. What is under way when it comes to that, a few dozen pages, is still
            taken.
        free_bytes: How many bytes of the disk stay free, whoever uses the others.
    """

    waiting_bytes: int = 2048 * _MIB
    free_bytes: int = 256 * _MIB


class _Backlog(Protocol):
    """What waits in the spool: the publisher's."""

    @property
    def waiting_bytes(self) -> int: ...

    def close_segment(self) -> None: ...


class FetchingPause:
    """Stops fetching while too much waits in the spool, and lets it go on when that has drained.

    Args:
        limits: How much may wait.
        spool: Where it waits.
        backlog: What waits.
        left: Tells how many bytes wait besides, of runs before.
        pause: Called to stop fetching; what has been sent is still answered.
        go_on: Called to fetch again.
    """

    def __init__(
        self,
        limits: SpoolLimits,
        spool: Path,
        backlog: _Backlog,
        *,
        left: Callable[[], int] = lambda: 0,
        pause: Callable[[], None],
        go_on: Callable[[], None],
    ) -> None:
        self._limits = limits
        self._spool = spool
        self._backlog = backlog
        self._left = left
        self._pause = pause
        self._go_on = go_on
        self._paused = False

    def look(self) -> None:
        """Compare what waits and what is free with the limits, and pause or go on.

        Raises:
            DiskFullError: There is too little room, and nothing waits that would make some.
        """
        waiting = self._backlog.waiting_bytes + self._left()
        free = shutil.disk_usage(self._spool).free
        if waiting < self._limits.waiting_bytes and free >= self._limits.free_bytes:
            # Not at the first byte that has left: to pause and go on a thousand times helps nobody.
            if self._paused and waiting <= self._limits.waiting_bytes // 2:
                self._paused = False
                _log.warning("the spool has drained: fetching goes on")
                self._go_on()
            elif self._paused:
                # What was under way at the pause has to be published too, or the rest would never drain.
                self._backlog.close_segment()
            return
        if not self._paused:
            self._paused = True
            _log.warning("fetching pauses: %s", self._reason(waiting, free))
            self._pause()
        if free < self._limits.free_bytes and not waiting:
            raise DiskFullError(f"{self._reason(waiting, free)}: make room and crawl again")
        self._backlog.close_segment()

    def _reason(self, waiting: int, free: int) -> str:
        if free < self._limits.free_bytes:
            return (
                f"{self._spool} has {free // _MIB} MiB left, and {self._limits.free_bytes // _MIB} MiB are to stay free"
            )
        return (
            f"{waiting / _MIB:.1f} MiB wait in {self._spool} for their publication, "
            f"and {self._limits.waiting_bytes / _MIB:.1f} MiB are allowed to"
        )
