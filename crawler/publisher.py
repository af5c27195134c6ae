"""Gathers captures into batches, makes them durable, and publishes each batch when it is full.

A batch goes through: open (records are appended) -> closed (waits for the last of its pages to be read) ->
published -> discarded. A batch whose publication fails stays in the spool; the next start finishes it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from broadsheet.storage import publication, warc
from broadsheet.storage.captures import Capture
from broadsheet.storage.model import Extractor
from broadsheet.storage.publication import Published
from broadsheet.storage.spool import Batch
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace

SEGMENT_BYTES = 128 * 1024 * 1024
SEGMENT_SECONDS = 300.0


class OpenSegment:
    """The segment that captures go to now, with what has to be known of it until it is published.

    Attributes:
        batch: The batch in the spool.
        warcinfo_id: The record id of the warcinfo record that the segment begins with.
        captures: Its captures, by record id.
        findings: What reading their pages came to, by record id.
        read: Set when the segment is closed and the last of its pages has been read.
    """

    def __init__(self, batch: Batch, warcinfo_id: str) -> None:
        self.batch = batch
        self.warcinfo_id = warcinfo_id
        self.captures: dict[str, Capture] = {}
        self.findings: dict[str, Finding] = {}
        self.read = asyncio.Event()
        self._opened_at = time.monotonic()
        self._awaited: set[str] = set()
        self._closed = False

    @property
    def is_full(self) -> bool:
        """Whether the next exchange should go to another segment."""
        age = time.monotonic() - self._opened_at
        return bool(self.captures) and (self.batch.size >= SEGMENT_BYTES or age >= SEGMENT_SECONDS)

    @property
    def unread(self) -> list[Capture]:
        """The captures whose pages are still to be read."""
        return [self.captures[record_id] for record_id in self._awaited]

    def append(self, members: bytes) -> int:
        """Append the records of an exchange; return the offset of the first, in bytes."""
        return self.batch.append(members)

    def add(self, capture: Capture, *, to_be_read: bool) -> None:
        """Note a capture whose records were appended; with `to_be_read`, `settle` has to follow."""
        self.captures[capture.record_id] = capture
        if to_be_read:
            self._awaited.add(capture.record_id)

    def block(self, capture: Capture) -> bytes:
        """Return the response of a capture in this segment, as received."""
        return warc.read_member(self.batch.read(capture.offset, capture.length)).block

    def settle(self, capture: Capture, finding: Finding) -> None:
        """Note what reading the page of a capture came to."""
        self.findings[capture.record_id] = finding
        self._awaited.discard(capture.record_id)
        self._see_whether_all_is_read()

    def close(self) -> None:
        """Take no more; what was appended is on the disk on return."""
        self.batch.sync()
        self._closed = True
        self._see_whether_all_is_read()

    def _see_whether_all_is_read(self) -> None:
        if self._closed and not self._awaited:
            self.read.set()


class Publisher:
    """The way of a crawl's captures into the archive.

    Args:
        workspace: The archive, opened for writing.
        extractor: What reads the pages.
        head: Returns record id and bytes of the warcinfo record that begins a segment, given the batch's name.

    Attributes:
        published: What became of each capture, in order of publication.
        segments: The keys of the WARC segments published.
    """

    def __init__(self, workspace: Workspace, extractor: Extractor, head: Callable[[str], tuple[str, bytes]]) -> None:
        self._workspace = workspace
        self._extractor = extractor
        self._head = head
        self._open: OpenSegment | None = None
        self._closing: list[OpenSegment] = []
        self._publications: list[asyncio.Task[None]] = []
        self._one_at_a_time = asyncio.Lock()
        self._failure: Exception | None = None
        self.published: list[Published] = []
        self.segments: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether a publication has failed, so that nothing more should be fetched."""
        return self._failure is not None

    def segment(self) -> OpenSegment:
        """Return the segment that the next exchange goes to."""
        if self._open is not None and self._open.is_full:
            self._close_segment()
        if self._open is None:
            batch = self._workspace.spool.open_batch(datetime.now(UTC))
            warcinfo_id, head = self._head(batch.name)
            batch.append(head)
            self._open = OpenSegment(batch, warcinfo_id)
        return self._open

    async def sync(self) -> None:
        """Bring what was appended to the disk; return when it is there."""
        if self._open is not None:
            await asyncio.to_thread(self._open.batch.sync)

    def unread(self) -> list[tuple[OpenSegment, Capture]]:
        """Return the captures whose pages nobody has read."""
        segments = [*self._closing, *([self._open] if self._open else [])]
        return [(segment, capture) for segment in segments for capture in segment.unread]

    async def close(self) -> None:
        """Publish everything; return when it is in the archive.

        Raises:
            StoreError: A publication failed; its batch is in the spool, and the next start publishes it.
        """
        self._close_segment()
        await asyncio.gather(*self._publications)
        if self._failure is not None:
            raise self._failure

    def _close_segment(self) -> None:
        closing, self._open = self._open, None
        if closing is not None:
            closing.close()
            self._closing.append(closing)
            self._publications.append(asyncio.ensure_future(self._finish(closing)))

    async def _finish(self, closing: OpenSegment) -> None:
        await closing.read.wait()
        async with self._one_at_a_time:
            if self._failure is not None:
                return
            try:
                key, published = await asyncio.to_thread(self._publish, closing)
            except Exception as error:  # noqa: BLE001 - raised again by close()
                self._failure = error
                return
        self._closing.remove(closing)
        self.segments.append(key)
        self.published.extend(published)

    def _publish(self, closing: OpenSegment) -> tuple[str, list[Published]]:
        captures = [(capture, closing.findings.get(record_id)) for record_id, capture in closing.captures.items()]
        return publish_batch(self._workspace, closing.batch, captures, self._extractor)


def publish_batch(
    workspace: Workspace,
    batch: Batch,
    captures: list[tuple[Capture, Finding | None]],
    extractor: Extractor,
) -> tuple[str, list[Published]]:
    """Seal, plan, publish and discard a batch; return its WARC segment's key and what became of its captures.

    Raises:
        StoreError: The store failed; the batch stays in the spool.
    """
    segment = batch.seal()
    plan, published = publication.plan(
        batch.name, segment, captures, catalog=workspace.catalog, store=workspace.store, extractor=extractor
    )
    batch.write_plan(publication.encode_plan(plan))
    publication.publish(plan, segment, workspace.store, workspace.catalog)
    batch.discard()
    return plan.warc_key, published
