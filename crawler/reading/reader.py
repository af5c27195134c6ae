"""A reader process as the pool sees it: a page is sent to it, its reading comes back, and what ended it is told."""

from __future__ import annotations

import asyncio
import select
import signal
from collections.abc import Awaitable, Callable
from typing import Self

import msgspec
from msgspec import Struct

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.errors import ReaderStartError
from broadsheet.crawler.reading.fork_server import ForkServer
from broadsheet.crawler.reading.frames import HEADER, MEMORY_EXCEEDED, decode_reading, frame
from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading, unreadable

Take = Callable[[list[Entry]], Awaitable[None]]

_MIB = 1024 * 1024
# A reading larger than this comes from a process that is not itself any more.
_LARGEST_READING = 128 * _MIB
_STREAM_LIMIT = _MIB
_SECONDS_TO_START = 60


class ReadingLimits(Struct, frozen=True, kw_only=True):
    """What one page may cost.

    Attributes:
        cpu_seconds: CPU time in whole seconds.
        wall_seconds: Time in seconds from sending the page to the reading, or to the next part of it.
        memory_bytes: Memory of the whole reader process; a reader that does nothing has about 35 MiB.
    """

    cpu_seconds: int = 10
    wall_seconds: float = 60
    memory_bytes: int = 512 * _MIB


class Reader:
    """One reader process and the socket to it.

    Attributes:
        process_id: Its process.
        readings: How many pages it has read.
    """

    def __init__(
        self,
        fork_server: ForkServer,
        number: int,
        incoming: asyncio.StreamReader,
        outgoing: asyncio.StreamWriter,
        limits: ReadingLimits,
    ) -> None:
        self.process_id = 0
        self.readings = 0
        self._fork_server = fork_server
        self._number = number
        self._incoming = incoming
        self._outgoing = outgoing
        self._limits = limits
        self._busy = True
        self._ending: asyncio.Task[int] | None = None

    @classmethod
    async def start(cls, fork_server: ForkServer, limits: ReadingLimits) -> Self:
        """Return a reader that has imported what it needs.

        Raises:
            ReaderStartError: It ended, or took too long.
        """
        number, connection = fork_server.begin()
        streams = await asyncio.open_connection(sock=connection, limit=_STREAM_LIMIT)
        reader = cls(fork_server, number, *streams, limits)
        try:
            await reader._greeting()
        except BaseException:
            # It may not have been forked yet. When it is, it finds nobody at the other end, and ends.
            reader._outgoing.transport.abort()
            raise
        return reader

    async def _greeting(self) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_START):
                (self.process_id,) = HEADER.unpack(await self._incoming.readexactly(HEADER.size))
        except TimeoutError as error:
            await self._status()
            raise ReaderStartError(f"a reader process did not start within {_SECONDS_TO_START} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ReaderStartError(
                f"no reader process can be started: {await self._cause_of_death()}; stderr says why"
            ) from error
        self._busy = False

    @property
    def usable(self) -> bool:
        """Whether it waits for a page."""
        return not self._busy and not self._has_ended()

    def _has_ended(self) -> bool:
        """Whether the process is gone: one that waits for a page says nothing."""
        if self._outgoing.is_closing():
            return True
        poll = select.poll()
        poll.register(self._outgoing.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))

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
        status = await self._status()
        if status == -signal.SIGXCPU:
            return f"extraction exceeded {self._limits.cpu_seconds} s of CPU"
        if status == MEMORY_EXCEEDED:
            return f"extraction exceeded {self._limits.memory_bytes // _MIB} MiB of memory"
        if status < 0:
            return f"reader process died with signal {-status}"
        return f"reader process exited with status {status}"

    async def stop(self) -> None:
        """End the process. It holds nothing that would be lost."""
        self._outgoing.transport.abort()
        await self._status()

    async def _status(self) -> int:
        if self._ending is None:
            self._ending = asyncio.create_task(self._fork_server.end(self._number))
        # Asked for once, whoever waits for it, and whoever no longer does.
        return await asyncio.shield(self._ending)
