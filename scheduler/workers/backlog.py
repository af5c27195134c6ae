"""What crawls have left in the spool of this machine, since the store was away: published as soon as it is back.

A crawl or re-crawl that begins does the same first. This is for the time in which none is due.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from broadsheet.scheduler.workers.children import Child, Limits
from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.errors import ArchiveError
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.stores.objects import ObjectStore, open_store

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 15.0
# A store that answers and takes nothing, say: each try starts a process.
_LONGEST_PAUSE = 600.0
_STORE_DEADLINE = 3.0


class Backlog:
    """Publishes what waits in the spool while no crawl does.

    Args:
        archive: The address of the archive.
        directory: Its state directory on this machine.
        limits: What the process that publishes may use.
    """

    def __init__(self, archive: str, directory: Path, limits: Limits) -> None:
        self._archive = archive
        self._spool = directory / "spool"
        self._limits = limits
        self._store: ObjectStore | None = None
        self._child: Child | None = None
        self._pause = _LOOK_SECONDS
        self._publishing = asyncio.Lock()
        self._stopping = False

    async def run(self, is_idle: Callable[[], bool]) -> None:
        """Look, again and again, until cancelled.

        Args:
            is_idle: Tells whether nothing runs that would publish it.
        """
        while True:
            await asyncio.sleep(self._pause)
            if is_idle() and await asyncio.to_thread(self._is_to_be_published):
                async with self._publishing:
                    if not self._stopping:
                        await self._publish()

    async def stop(self) -> None:
        """Begin no more, and return when what was begun has ended: it goes on at the next look, or the next start."""
        self._stopping = True
        if self._child is not None:
            self._child.interrupt()
        async with self._publishing:
            pass

    def _is_to_be_published(self) -> bool:
        """Tell whether anything waits, and the store answers."""
        try:
            if not self._spool.is_dir() or not Spool(self._spool).waiting():
                return False
            self._store = self._store or open_store(self._archive, deadline=_STORE_DEADLINE, ask=False)
            ensure_format(self._store, create=False)
        except (ArchiveError, OSError):
            return False  # Whoever has a job says what is the matter.
        return True

    async def _publish(self) -> None:
        began = time.monotonic()
        self._child = Child(
            ["--archive", self._archive, "--json", "recover", "--spool"], limits=self._limits, name="backlog"
        )
        try:
            ended = await self._child.run()
        except OSError as error:
            _log.warning("what waits in the spool cannot be published: no process can be started: %s", error)
            ended = None
        finally:
            self._child = None
        if ended is not None and ended.status == 0:
            _log.info(
                "what waited in the spool is published, in %.0f s",
                time.monotonic() - began,
                extra={"event": "backlog_published"},
            )
            self._pause = _LOOK_SECONDS
        else:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
