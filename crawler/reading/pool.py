"""Pages are read in child processes: no page can stop the crawl, fill its memory or bring it down.

::

    async with ReadingPool() as pool:
        reading = await pool.read(captured_page)

A reader process starts when a page waits for it, never before: a crawl that finds nothing new starts none. It
reads one page at a time, and a page that takes too much CPU time, memory or wall time, or that crashes the
reader, costs that reader and that page's reading, nothing else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.errors import ReaderStartError
from broadsheet.crawler.reading.frames import HEADER, MEMORY_EXCEEDED, decode_reading, frame
from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading, unreadable

_MIB = 1024 * 1024
# A reading larger than this comes from a process that is not itself any more.
_LARGEST_READING = 128 * _MIB
_STREAM_LIMIT = _MIB
_SECONDS_TO_START = 60
_SECONDS_TO_EXIT = 5
# What an interpreter needs to find its libraries, and nothing else: readers hold no credentials.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR")
# The same page gives the same reading in every reader on every machine.
_SAME_EVERYWHERE = {"PYTHONHASHSEED": "0", "TZ": "UTC"}

Take = Callable[[list[Entry]], Awaitable[None]]


class ReadingLimits(Struct, frozen=True, kw_only=True):
    """What one page may cost.

    Attributes:
        cpu_seconds: CPU time in whole seconds.
        wall_seconds: Time in seconds from sending the page to the reading, or to the next part of it.
        memory_bytes: Memory of the whole reader process; a reader that does nothing has about 90 MiB.
    """

    cpu_seconds: int = 10
    wall_seconds: float = 60
    memory_bytes: int = 512 * _MIB


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
        self._idle: list[_Reader] = []
        self._running: set[_Reader] = set()

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

    async def _next_reader(self) -> _Reader:
        while self._idle:
            # The one that worked last: with little to do, few readers stay busy.
            reader = self._idle.pop()
            if reader.usable:
                return reader
            await self._retire(reader)
        reader = await _Reader.start(self._limits)
        self._running.add(reader)
        return reader

    async def _retire(self, reader: _Reader) -> None:
        await reader.stop()
        self._running.discard(reader)


class _Reader:
    """One reader process and the socket to it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        incoming: asyncio.StreamReader,
        outgoing: asyncio.StreamWriter,
        limits: ReadingLimits,
    ) -> None:
        self.readings = 0
        self._process = process
        self._incoming = incoming
        self._outgoing = outgoing
        self._limits = limits
        self._busy = True

    @classmethod
    async def start(cls, limits: ReadingLimits) -> Self:
        """Return a reader that has imported what it needs.

        Raises:
            ReaderStartError: It ended, or took too long.
        """
        process, connection = _spawn(limits)
        reader = cls(process, *await asyncio.open_connection(sock=connection, limit=_STREAM_LIMIT), limits)
        try:
            await reader._greeting()
        except BaseException:
            await reader.stop()
            raise
        return reader

    async def _greeting(self) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_START):
                await self._incoming.readexactly(HEADER.size)
        except TimeoutError as error:
            raise ReaderStartError(f"a reader process did not start within {_SECONDS_TO_START} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ReaderStartError(
                f"no reader process can be started: {await self._cause_of_death()}; stderr says why"
            ) from error
        self._busy = False

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        return not self._busy and self._process.poll() is None

    async def read(self, page: CapturedPage | HtmlPage, take: Take | None) -> Reading:
        """Send one page and wait for its reading; whatever goes wrong, the reader is not usable any more."""
        self._busy = True
        try:
            async with asyncio.timeout(self._limits.wall_seconds):
                reading = decode_reading(await self._exchange(frame(page)))
            while reading.continues:
                if take is not None:
                    await take(reading.entries)
                async with asyncio.timeout(self._limits.wall_seconds):
                    reading = decode_reading(await self._receive())
        except TimeoutError:
            return unreadable(f"extraction exceeded {self._limits.wall_seconds:g} s")
        except (asyncio.IncompleteReadError, ConnectionError):
            return unreadable(await self._cause_of_death())
        except msgspec.DecodeError as error:
            return unreadable(f"the reader process answered with what is no reading: {error}")
        self.readings += 1
        self._busy = False
        return reading

    async def _exchange(self, message: bytearray) -> bytes:
        self._outgoing.write(message)
        await self._outgoing.drain()
        return await self._receive()

    async def _receive(self) -> bytes:
        (length,) = HEADER.unpack(await self._incoming.readexactly(HEADER.size))
        if length > _LARGEST_READING:
            raise msgspec.DecodeError(f"{length:,} bytes")
        return await self._incoming.readexactly(length)

    async def _cause_of_death(self) -> str:
        status = await self._wait()
        if status == -signal.SIGXCPU:
            return f"extraction exceeded {self._limits.cpu_seconds} s of CPU"
        if status == MEMORY_EXCEEDED:
            return f"extraction exceeded {self._limits.memory_bytes // _MIB} MiB of memory"
        if status < 0:
            return f"reader process died with signal {-status}"
        return f"reader process exited with status {status}"

    async def stop(self) -> None:
        """End the process. It holds nothing that would be lost, and to end by itself it takes as long as to start."""
        self._process.kill()
        self._outgoing.transport.abort()
        await self._wait()

    async def _wait(self) -> int:
        try:
            return await asyncio.to_thread(self._process.wait, _SECONDS_TO_EXIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return await asyncio.to_thread(self._process.wait)


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _spawn(limits: ReadingLimits) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            # -P: modules are not looked for in whatever directory the crawl was started from.
            [
                *(sys.executable, "-P", "-m", "broadsheet.crawler.reading.worker"),
                *(str(limits.cpu_seconds), str(limits.memory_bytes)),
            ],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _SAME_EVERYWHERE,
            # Ctrl-C in a terminal goes to the foreground group: the parent decides when readers stop.
            process_group=0,
        )
    return process, ours
