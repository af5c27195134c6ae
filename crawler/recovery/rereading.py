"""Reading the pages of whole segments again, as they lie in them, by the function that the crawl uses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from broadsheet.crawler.reading.findings import finding_of, is_readable, page_of
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.storage.captures import Capture
from broadsheet.storage.segments.reading import Records, read_captures, read_rendering
from broadsheet.storage.versions import Finding


class SegmentReader:
    """Reads segments again, one after another. Its reader processes start with the first, and end with the context."""

    def __init__(self) -> None:
        self._held = contextlib.AsyncExitStack()
        self._pool: ReadingPool | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._held.aclose()

    async def read(self, segment: Path, records: Records | None = None) -> list[tuple[Capture, Finding | None]]:
        """Return the captures of a segment, each with what reading its page comes to, or None where none is read.

        Args:
            segment: Its file.
            records: What of it is read; None for all of it.

        Raises:
            RecordError: The segment is damaged.
        """
        if self._pool is None:
            self._pool = await self._held.enter_async_context(ReadingPool())
        found: list[tuple[Capture, Finding | None]] = []
        captures = read_captures(segment, records)
        while chunk := _take(captures, self._pool.window):
            found += await asyncio.gather(*(_read(self._pool, segment, *pair) for pair in chunk))
        return found


async def _read(pool: ReadingPool, segment: Path, capture: Capture, block: bytes) -> tuple[Capture, Finding | None]:
    if not is_readable(capture):
        return capture, None
    rendered = read_rendering(segment, capture.rendering) if capture.rendering else None
    reading = await pool.read(page_of(capture, block, rendered))
    return capture, finding_of(reading, expected=capture.request.expected)


def _take(captures: Iterator[tuple[Capture, bytes]], count: int) -> list[tuple[Capture, bytes]]:
    return [pair for _, pair in zip(range(count), captures, strict=False)]
