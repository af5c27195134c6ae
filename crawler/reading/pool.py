"""Pages are read in child processes: no page can stop the crawl, fill its memory or bring it down.

::

    async with ReadingPool() as pool:
        reading = await pool.read(captured_page)

A reader process starts when a page waits for it, never before: a crawl that finds nothing new starts none. All are
forked from one process that has imported what they need (`ForkServer`). A reader reads one page at a time, and a page
that takes too much CPU time, memory or wall time, or that crashes its reader, costs that reader and its own reading,
nothing else.
"""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import Self

from broadsheet.crawler.reading.fork_server import ForkServer
from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading
from broadsheet.crawler.reading.reader import Reader, ReadingLimits, Take


class ReadingPool:
    """Reads pages in as many child processes as there are cores.

    Args:
        processes: How many pages are read at the same time; by default, the cores this process may use.
        limits: What one page may cost.
        readings_per_process: After how many pages a reader is replaced, so that no leak grows for ever.
    """

    def __init__(
        self,
        *,
        processes: int | None = None,
        limits: ReadingLimits | None = None,
        readings_per_process: int = 5_000,
    ) -> None:
        self.processes = processes or available_cores()
        self._limits = limits or ReadingLimits()
        self._readings_per_process = readings_per_process
        self._turn = asyncio.Semaphore(self.processes)
        self._idle: list[Reader] = []
        self._running: set[Reader] = set()
        self._fork_server: ForkServer | None = None

    @property
    def window(self) -> int:
        """How many pages to have in the pool at a time: enough to keep it busy, few enough to stay small."""
        return self.processes + 2

    @property
    def process_ids(self) -> list[int]:
        """The reader processes that run now."""
        return [reader.process_id for reader in self._running]

    async def __aenter__(self) -> Self:
        """Return the pool; no process is started yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all readers; pages still being read are read no further."""
        self._idle.clear()
        await asyncio.gather(*(self._retire(reader) for reader in list(self._running)))
        if self._fork_server is not None:
            await self._fork_server.close()

    async def read(self, page: CapturedPage | HtmlPage, take: Take | None = None) -> Reading:
        """Return what a page means, when its turn has come.

        Bytes that cannot be read within the limits are no error: the reading has a `failure`.

        Args:
            page: The page.
            take: Given all URLs of a listing that has more than a reading holds, part by part; the reader waits for it.

        Raises:
            ReaderStartError: No reader process can be started: nothing can be read at all.
        """
        async with self._turn:
            reader = await self._next_reader()
            try:
                return await reader.read(page, take)
            finally:
                if reader.usable and reader.readings < self._readings_per_process:
                    self._idle.append(reader)
                else:
                    await self._retire(reader)

    async def _next_reader(self) -> Reader:
        while self._idle:
            # The one that worked last: with little to do, few readers stay busy.
            reader = self._idle.pop()
            if reader.usable:
                return reader
            await self._retire(reader)
        reader = await Reader.start(await self._running_fork_server(), self._limits)
        self._running.add(reader)
        return reader

    async def _running_fork_server(self) -> ForkServer:
        ended = self._fork_server
        if ended is not None and ended.is_running:
            return ended
        running = self._fork_server = ForkServer(
            cpu_seconds=self._limits.cpu_seconds, memory_bytes=self._limits.memory_bytes
        )
        if ended is not None:
            await ended.close()
        return running

    async def _retire(self, reader: Reader) -> None:
        await reader.stop()
        self._running.discard(reader)


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
