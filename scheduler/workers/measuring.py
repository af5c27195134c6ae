"""What a crawl measures, handed from its process to the worker that started it, while it runs and when it ends.

Over a pipe, so that nothing is left anywhere of a process that is killed, and what it had told by then counts. Each
line is a JSON object: by name, how much there is more since the line before.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import msgspec

from broadsheet.crawler.measures import Measures

DESCRIPTOR = "BROADSHEET_MEASURES"
"""In the environment of a job's process: the number of the open file that takes what it measures."""

_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_FOR_THE_REST = 1.0
_decoder = msgspec.json.Decoder(dict[str, float])

Take = Callable[[Mapping[str, float]], Awaitable[None]]


class Telling:
    """Tells the worker what the crawls of this process measure; nobody, where none has started it."""

    def __init__(self) -> None:
        number = os.environ.get(DESCRIPTOR, "")
        self._descriptor: int | None = int(number) if number.isdigit() else None
        self._known: Mapping[str, float] = {}
        self._told_at = time.monotonic()
        if self._descriptor is not None:
            # A worker that is slow to read must not stop a crawl: what one line would tell comes with the next.
            os.set_blocking(self._descriptor, False)
            os.set_inheritable(self._descriptor, False)  # noqa: FBT003

    def now_and_then(self, measures: Callable[[], Measures]) -> None:
        """Tell what was measured so far, unless that was done a moment ago.

        Args:
            measures: Returns it.
        """
        if self._descriptor is not None and time.monotonic() - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._tell(measures())

    def at_the_end(self, measures: Measures) -> None:
        """Tell what a crawl that is over has measured; another one may follow."""
        self._tell(measures)
        self._known = {}

    def _tell(self, measures: Measures) -> None:
        if self._descriptor is None:
            return
        self._told_at, counters = time.monotonic(), measures.counters()
        more = {name: value - self._known.get(name, 0) for name, value in counters.items()}
        try:
            # Shorter than PIPE_BUF, a line is written whole or not at all (POSIX.1-2017, write).
            os.write(self._descriptor, msgspec.json.encode({name: x for name, x in more.items() if x > 0}) + b"\n")
        except BlockingIOError:
            return
        except OSError:
            self._descriptor = None  # Nobody reads any more.
        self._known = counters


class MeasuresPipe:
    """The worker's part: a pipe to one process.

    Attributes:
        descriptor: What the process inherits of it.
    """

    def __init__(self) -> None:
        reading, self.descriptor = os.pipe()
        self._reading = os.fdopen(reading, "rb", buffering=0)
        self._is_handed_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hand_over()
        self._reading.close()

    def hand_over(self) -> None:
        """Let go of what the process has inherited by now."""
        if not self._is_handed_over:
            self._is_handed_over = True
            os.close(self.descriptor)

    async def read_until(self, ended: Awaitable[object], take: Take) -> None:
        """Read what the process tells until it has ended.

        Args:
            ended: Done when it has.
            take: Is given, by name, how much there is more.
        """
        stream = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), self._reading)
        taking = asyncio.ensure_future(_take_all(stream, take))
        try:
            await ended
            # It ends with the pipe, unless a process that it had started keeps that open.
            await asyncio.wait([taking], timeout=_SECONDS_FOR_THE_REST)
        finally:
            taking.cancel()
            transport.close()


async def _take_all(stream: asyncio.StreamReader, take: Take) -> None:
    async for line in stream:
        try:
            more = _decoder.decode(line)
        except msgspec.DecodeError:
            continue  # The end of one that was killed.
        await take(more)
