"""The articles of many HTML documents: JSON lines in, JSON lines out, on all cores, in flat memory."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from broadsheet.crawler.reading.documents import MAXIMUM_DOCUMENT, refusal
from broadsheet.crawler.reading.page import HtmlPage
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.storage.model import Article

_PIECE = 1024 * 1024


class _Line(msgspec.Struct, kw_only=True):
    id: Any = None
    url: str | None = None
    html_path: str | None = None
    html_base64: str | None = None
    fetched_at: str | None = None


class _Extracted(msgspec.Struct, kw_only=True):
    id: Any
    article: Article


class _Failed(msgspec.Struct, kw_only=True):
    id: Any
    error: str


class _BadLineError(Exception):
    """A line that cannot be read as what it should be."""


async def read_lines(
    lines: AsyncIterable[bytes], write: Callable[[bytes], None], pool: ReadingPool, *, captured_at: datetime
) -> int:
    """Extract the article of every line's document; answer each line with one line, in any order.

    A line is ``{"id", "url", "html_path" or "html_base64", "fetched_at"?}``; its answer is
    ``{"id", "article"}`` or ``{"id", "error"}``. A line that makes no sense, a file that is not there or a
    document that cannot be read is answered with an error, and the next one is taken. Empty lines are passed
    over.

    Args:
        lines: The lines, with or without their line ends; `lines_of` gives those of a file descriptor.
        write: Takes each answer, line end included.
        pool: Where the documents are read.
        captured_at: When documents were fetched that do not say so; aware.

    Returns:
        How many lines were answered with an error.

    Raises:
        ReaderStartError: Nothing can be read at all.
    """
    failed = 0
    encode = msgspec.json.Encoder().encode
    room = asyncio.Semaphore(pool.window)

    async def answer(line: bytes) -> None:
        nonlocal failed
        try:
            answered = await _answer(line, pool, captured_at)
        finally:
            room.release()
        failed += isinstance(answered, _Failed)
        write(encode(answered) + b"\n")

    try:
        async with asyncio.TaskGroup() as tasks:
            async for line in lines:
                if line.strip():
                    await room.acquire()
                    tasks.create_task(answer(line))
    except ExceptionGroup as errors:
        # All have one cause, which the caller knows: no reader starts, or nobody reads the answers any more.
        raise errors.exceptions[0] from errors
    return failed


async def lines_of(descriptor: int) -> AsyncIterator[bytes]:
    """Yield the lines of a file, pipe or terminal as they come, without holding up the event loop."""
    begun: list[bytes] = []
    while piece := await _piece(descriptor):
        *ended, rest = piece.split(b"\n")
        for end in ended:
            yield b"".join((*begun, end))
            begun.clear()
        begun.append(rest)
    if last := b"".join(begun):
        yield last


async def _piece(descriptor: int) -> bytes:
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    try:
        loop.add_reader(descriptor, readable.set_result, None)
    except PermissionError:
        # epoll refuses regular files: they can always be read.
        return os.read(descriptor, _PIECE)
    try:
        await readable
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, _PIECE)


async def _answer(line: bytes, pool: ReadingPool, captured_at: datetime) -> _Extracted | _Failed:
    try:
        asked = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, RecursionError) as error:
        return _Failed(id=_stated_id(line), error=f"not a line to extract from: {error}")
    try:
        page = HtmlPage(
            url=asked.url or "",
            captured_at=_fetched_at(asked.fetched_at) or captured_at,
            html=await _document(asked),
        )
    except _BadLineError as error:
        return _Failed(id=asked.id, error=str(error))
    reading = await pool.read(page)
    if reading.article is None:
        return _Failed(id=asked.id, error=reading.failure or reading.reason)
    return _Extracted(id=asked.id, article=reading.article)


def _stated_id(line: bytes) -> Any:  # noqa: ANN401 - an id is whatever JSON the caller chose
    """The id of a line that is wrong in some other place, so that its answer can be told from others."""
    try:
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return document.get("id") if isinstance(document, dict) else None


def _fetched_at(stated: str | None) -> datetime | None:
    """A stated moment; one without a zone is taken for UTC."""
    if stated is None:
        return None
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError as error:
        raise _BadLineError(f"fetched_at is no ISO 8601 time: {stated[:60]!r}") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


async def _document(asked: _Line) -> bytes:
    if asked.html_base64 is not None:
        try:
            html = base64.b64decode(asked.html_base64, validate=True)
        except binascii.Error as error:
            raise _BadLineError(f"html_base64 is not base64: {error}") from error
    elif asked.html_path is not None:
        html = await asyncio.to_thread(_file, Path(asked.html_path))
    else:
        raise _BadLineError("neither html_path nor html_base64 is given")
    if (reason := refusal(html)) is not None:
        raise _BadLineError(f"the document {reason}")
    return html


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAXIMUM_DOCUMENT + 1)
    except (OSError, ValueError) as error:
        raise _BadLineError(f"{path} cannot be read: {error}") from error
