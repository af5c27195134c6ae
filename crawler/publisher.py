"""Gathers captures into batches, makes them durable, and publishes each batch when it is full.

A batch goes through: open (records are appended) -> closed (waits for the last of its pages to be read) ->
published -> discarded. Batches are published in the order in which they were opened. One whose publication fails,
or that is left with pages that nobody could read, stays in the spool with those after it; the next start finishes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from broadsheet.storage import compaction, manifests, publication, warc
from broadsheet.storage.batch import Batch
from broadsheet.storage.captures import Capture
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publication import Plan, Published
from broadsheet.storage.spool import Lane
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
        settled: Set when the segment is closed and no reading of its pages is to be waited for any more.
    """

    def __init__(self, batch: Batch, warcinfo_id: str) -> None:
        self.batch = batch
        self.warcinfo_id = warcinfo_id
        self.captures: dict[str, Capture] = {}
        self.findings: dict[str, Finding] = {}
        self.settled = asyncio.Event()
        self._head_bytes = batch.size
        self._opened_at = time.monotonic()
        self._awaited: set[str] = set()
        self._closed = False

    @property
    def is_full(self) -> bool:
        """Whether the next exchange should go to another segment."""
        age = time.monotonic() - self._opened_at
        return bool(self.captures) and (self.batch.size >= SEGMENT_BYTES or age >= SEGMENT_SECONDS)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was recorded behind its warcinfo record."""
        return self.batch.size == self._head_bytes

    @property
    def unread(self) -> list[Capture]:
        """The captures whose pages are still to be read."""
        return [self.captures[record_id] for record_id in self._awaited]

    def append(self, members: bytes) -> int:
        """Append the records of an exchange; return the offset of the first, in bytes.

        Raises:
            OSError: The spool cannot take them; nothing of them is left in the segment.
        """
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
        """Take no more records; findings may still come."""
        self._closed = True
        self._see_whether_all_is_read()

    def give_up_reading(self) -> None:
        """Wait for no finding any more: nobody will read what is unread by now."""
        self.settled.set()

    def _see_whether_all_is_read(self) -> None:
        if self._closed and not self._awaited:
            self.settled.set()


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
        self._unrecorded: OSError | None = None
        self._place = "the spool"  # Where no batch can be opened in it, the error names it.
        self.published: list[Published] = []
        self.segments: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether recording or a publication has failed, so that nothing more should be fetched."""
        return self._failure is not None or self._unrecorded is not None

    @property
    def kept_in_spool(self) -> bool:
        """Whether some of what was captured is in the spool and not in the archive."""
        return bool(self._segments)

    @contextlib.contextmanager
    def recording(self) -> Iterator[OpenSegment]:
        """Give the segment that the next exchange goes to.

        Raises:
            StoreUnavailableError: The spool cannot take the exchange: the disk is full, or fails. From then on the
                publisher has `failed`.
        """
        try:
            yield self._segment()
        except OSError as error:
            self._unrecorded = error
            raise StoreUnavailableError(f"{self._place} takes no more records: {error}") from error

    async def sync(self) -> None:
        """Bring what was appended to the disk; return when it is there.

        Raises:
            OSError: It is not certain to be there.
        """
        for segment in self._segments:
            await asyncio.to_thread(segment.batch.sync)

    async def until_published(self, most_waiting: int) -> None:
        """Return when no more than so many closed segments wait to be published, or a publication has failed."""
        while len(self._closing) > most_waiting and self._failure is None:
            await asyncio.wait([task for task in self._publications if not task.done()], return_when="FIRST_COMPLETED")

    def take_published(self) -> list[Published]:
        """Return what became of the captures published since the last call, and keep it no longer."""
        taken, self.published = self.published, []
        return taken

    def unread(self) -> list[tuple[OpenSegment, Capture]]:
        """Return the captures whose pages nobody has read."""
        return [(segment, capture) for segment in self._segments for capture in segment.unread]

    async def close(self) -> None:
        """Publish everything up to the first segment with a page that nobody has read; return when it is archived.

        Raises:
            StoreError: Recording or a publication failed; what is in the spool, the next start publishes.
        """
        self._close_segment()
        for segment in self._closing:
            segment.give_up_reading()
        await asyncio.gather(*self._publications)
        failure = self._failure or self._unrecorded
        if isinstance(failure, OSError):
            raise self._out_of_room(failure) from failure
        if failure is not None:
            raise failure

    def _out_of_room(self, error: OSError) -> StoreUnavailableError:
        where = "in the spool" if self.kept_in_spool else "in the archive"
        return StoreUnavailableError(
            f"{self._place} cannot be written: {error}; make room and crawl again: what was captured before is {where}"
        )

    @property
    def _segments(self) -> list[OpenSegment]:
        """The segments that are not published, in the order in which they were opened."""
        return [*self._closing, *([self._open] if self._open else [])]

    def _segment(self) -> OpenSegment:
        if self._open is not None and self._open.is_full:
            self._close_segment()
        if self._open is None:
            self._open = self._open_segment()
        return self._open

    def _open_segment(self) -> OpenSegment:
        batch = self._workspace.spool.open_batch(datetime.now(UTC))
        self._place = f"the spool {batch.segment.parent.parent.parent}"
        warcinfo_id, head = self._head(batch.name)
        try:
            batch.append(head)
        except OSError:
            batch.discard()
            raise
        return OpenSegment(batch, warcinfo_id)

    def _close_segment(self) -> None:
        closing, self._open = self._open, None
        if closing is None:
            return
        if closing.is_empty:
            closing.batch.discard()
            return
        closing.close()
        self._closing.append(closing)
        self._publications.append(asyncio.ensure_future(self._finish(closing)))

    async def _finish(self, closing: OpenSegment) -> None:
        # The lock is handed on in the order of asking: no segment overtakes one whose slow page is still read.
        async with self._one_at_a_time:
            await closing.settled.wait()
            # What comes after a segment that stays in the spool stays there too: its versions are the later ones.
            if self._failure is not None or self._closing[0] is not closing or closing.unread:
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
        return publish_batch(self._workspace, self._workspace.spool.lane, closing.batch, captures, self._extractor)


def publish_batch(
    workspace: Workspace,
    lane: Lane,
    batch: Batch,
    captures: list[tuple[Capture, Finding | None]],
    extractor: Extractor,
) -> tuple[str, list[Published]]:
    """Seal, plan, publish and discard a batch of a lane; return its WARC segment's key and what became of its captures.

    Raises:
        StoreError: The store failed; the batch stays in the spool.
    """
    segment = batch.seal()
    plan, published = publication.plan(
        batch.name,
        segment,
        captures,
        place=lane.place_of(batch),
        catalog=workspace.catalog,
        store=workspace.store,
        extractor=extractor,
    )
    batch.write_plan(publication.encode_plan(plan))
    publish_planned(workspace, lane, batch, plan)
    return plan.warc_key, published


def publish_planned(workspace: Workspace, lane: Lane, batch: Batch, plan: Plan) -> None:
    """Publish and discard a batch of a lane that has a plan.

    Raises:
        StoreError: The store failed; the batch stays in the spool.
    """
    publication.publish(plan, batch.segment, workspace.store, workspace.catalog)
    lane.conclude(batch, plan.place, manifests.digest(plan.manifest))
    compaction.after_publication(workspace.store, plan.place, workspace.scratch)
