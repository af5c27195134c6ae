"""Gathers captures into batches, makes them durable, and publishes each batch when it is full.

A batch goes through: open (records are appended) -> closed (waits for the last of its pages to be read) ->
published -> discarded. Batches are published in the order in which they were opened. While the store does not answer,
they wait in the spool, and their publication is tried again and again by itself. One that the store refuses, or that is
left with pages that nobody could read, stays in the spool with those after it; the next start finishes them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

from broadsheet.crawler.capturing.batch_publication import Acknowledge, conclude, plan_batch
from broadsheet.crawler.capturing.open_segment import OpenSegment
from broadsheet.crawler.capturing.patience import Patience
from broadsheet.crawler.measures import Meter
from broadsheet.crawler.process.memory import give_back_free_memory
from broadsheet.storage import layout
from broadsheet.storage.captures import Capture
from broadsheet.storage.errors import CatalogError, StoreError, StoreUnavailableError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.lane import Lane
from broadsheet.storage.publishing.publication import Plan, Published
from broadsheet.storage.workspace import Workspace

_WATCH_SECONDS = 0.1


class Publisher:
    """The way of a crawl's captures into the archive.

    Args:
        workspace: The archive, opened for writing.
        extractor: What reads the pages.
        head: Returns record id and bytes of the warcinfo record that begins a segment, given the batch's name.
        tell: Called, in the order of publication, with what became of each capture.
        acknowledge: Called when a batch is published and not yet discarded, with what its pages came to.
        meter: What is told how much was stored, and what was not.
        ready: Returns when anything may be published; called before each publication, and again where it has failed.

    Attributes:
        segments: The keys of the WARC segments published.
        kept: After `close`, the URLs of the pages that were captured and not published.
    """

    def __init__(
        self,
        workspace: Workspace,
        extractor: Extractor,
        head: Callable[[str], tuple[str, bytes]],
        tell: Callable[[Published], None],
        acknowledge: Acknowledge = lambda _batch, _warc_key, _answers: None,
        meter: Meter | None = None,
        ready: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._ready = ready
        self._workspace = workspace
        self._extractor = extractor
        self._head = head
        self._tell = tell
        self._acknowledge = acknowledge
        self._meter = meter or Meter()
        self._open: OpenSegment | None = None
        self._closing: list[OpenSegment] = []
        self._publishing: asyncio.Task[None] | None = None
        self._setting_down: set[asyncio.Task[None]] = set()
        self._patience = Patience()
        self._failure: Exception | None = None
        self._unrecorded: OSError | None = None
        self._place = str(workspace.spool.directory)
        self.segments: list[str] = []
        self.kept: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether recording has failed or a publication was refused, so that nothing more should be fetched."""
        return self._failure is not None or self._unrecorded is not None

    @property
    def kept_in_spool(self) -> bool:
        """Whether some of what was captured is in the spool and not in the archive."""
        return bool(self._segments)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait in the spool, those of the open segment included."""
        return sum(segment.size for segment in self._segments)

    @contextlib.contextmanager
    def recording(self, dated: datetime | None = None) -> Iterator[OpenSegment]:
        """Give the segment that the next exchange goes to.

        Args:
            dated: The date of the exchange, where a later one than the segment may hold would need another segment.

        Raises:
            StoreUnavailableError: The spool cannot take the exchange: the disk is full, or fails. From then on the
                publisher has `failed`.
        """
        with self._noting_failure():
            yield self._segment(dated)

    @contextlib.contextmanager
    def recording_into(self, segment: OpenSegment) -> Iterator[OpenSegment]:
        """Let more be appended to a segment that is not settled yet, closed or not, and give it.

        Raises:
            StoreUnavailableError: As `recording` raises it.
        """
        assert not segment.settled.is_set()  # noqa: S101 - it may be on its way into the archive
        with self._noting_failure():
            yield segment

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._unrecorded = error
            raise StoreUnavailableError(f"the spool {self._place} takes no more records: {error}") from error

    async def sync(self) -> None:
        """Bring what was appended to the disk; return when it is there.

        Raises:
            OSError: It is not certain to be there.
        """
        for segment in self._segments:
            await asyncio.to_thread(segment.batch.sync)

    async def until_published(self, most_waiting: int) -> None:
        """Return when no more than so many closed segments wait to be published, or a publication was refused."""
        while len(self._closing) > most_waiting and self._publishing and not self._publishing.done():
            await asyncio.wait({self._publishing}, timeout=_WATCH_SECONDS)

    def unread(self) -> list[tuple[OpenSegment, Capture]]:
        """Return the captures whose pages nobody has read."""
        return [(segment, capture) for segment in self._segments for capture in segment.unread]

    def close_segment(self) -> None:
        """Have the open segment published, however small it is."""
        closing, self._open = self._open, None
        if closing is None:
            return
        if closing.is_empty:
            closing.batch.discard()
            return
        closing.close()
        self._closing.append(closing)
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.ensure_future(self._publish_in_order())
        elif len(self._closing) > 1:
            task = asyncio.ensure_future(_set_down(closing))
            self._setting_down.add(task)
            task.add_done_callback(self._setting_down.discard)

    async def close(self, may_wait: Callable[[], bool] = lambda: True) -> None:
        """Publish everything up to the first segment with a page that nobody has read; return when it is archived.

        A store that does not answer is waited for as `Patience` has it.

        Args:
            may_wait: Asked again and again while something is left to be published; once it says no, what is left
                stays in the spool.

        Raises:
            StoreError: Recording or a publication failed, or the store did not answer in time; what is in the spool,
                the next start publishes.
        """
        self.close_segment()
        for segment in self._closing:
            segment.give_up_reading()
        self._patience.end()
        while self._publishing and not (self._publishing.done() or self._patience.is_exhausted) and may_wait():
            await asyncio.wait({self._publishing}, timeout=_WATCH_SECONDS)
        self._abandon()
        for segment in self._segments:
            self.kept += [capture.filed_as for capture, _ in segment.pairs() if capture.request.purpose == "page"]
            segment.release()
        trouble = self._patience.trouble if self._patience.is_exhausted else None
        failure = self._failure or self._unrecorded or trouble
        if isinstance(failure, OSError):
            raise StoreUnavailableError(
                f"the spool {self._place} cannot be written: {failure}; make room and crawl again: "
                f"what was captured before is {self.whereabouts}"
            ) from failure
        if isinstance(failure, (StoreError, CatalogError)):
            raise type(failure)(f"{failure}; what was captured is {self.whereabouts}") from failure
        if failure is not None:
            raise failure

    @property
    def whereabouts(self) -> str:
        """Where what was captured is, for people."""
        if not self.kept_in_spool:
            return "in the archive"
        captured = sum(segment.captured for segment in self._segments)
        captures = f"{captured} capture" if captured == 1 else f"{captured} captures"
        return (
            f"in the spool: {captures}, {self.waiting_bytes / 1e6:.1f} MB, in {self._place}; "
            "the next crawl publishes it, or `broadsheet recover`"
        )

    def _abandon(self) -> None:
        """Wait for nothing any more. A thread that is at it may go on until the process ends."""
        if self._publishing is not None and not self._publishing.done():
            self._publishing.cancel()
            self._workspace.spool.keep_until_exit()
        for task in self._setting_down:
            task.cancel()

    @property
    def _segments(self) -> list[OpenSegment]:
        """The segments that are not published, in the order in which they were opened."""
        return [*self._closing, *([self._open] if self._open else [])]

    def _segment(self, dated: datetime | None) -> OpenSegment:
        now = datetime.now(UTC)
        if self._open is not None and (self._open.is_full or layout.is_beyond(self._open.batch.name, dated or now)):
            self.close_segment()
        if self._open is None:
            self._open = self._open_segment(now if dated is None else max(now, dated))
        return self._open

    def _open_segment(self, moment: datetime) -> OpenSegment:
        batch = self._workspace.spool.open_batch(moment)
        warcinfo_id, head = self._head(batch.name)
        try:
            batch.append(head)
        except OSError:
            batch.discard()
            raise
        return OpenSegment(batch, warcinfo_id)

    async def _publish_in_order(self) -> None:
        """Publish the closed segments, oldest first: none overtakes one whose slow page is still being read."""
        while self._closing and self._failure is None:
            segment = self._closing[0]
            await segment.settled.wait()
            # What comes after a segment that stays in the spool stays there too: its versions are the later ones.
            if segment.unread:
                return
            try:
                published = await self._publish_persistently(segment)
            except Exception as error:  # noqa: BLE001 - raised again by close()
                self._failure = error
                return
            self._closing.remove(segment)
            for each in published:
                self._tell(each)
            del segment, published
            give_back_free_memory()

    async def _publish_persistently(self, segment: OpenSegment) -> list[Published]:
        """Publish a segment, as often as it takes."""
        lane = self._workspace.spool.lane
        while True:
            try:
                if self._ready is not None:
                    await self._ready()
                plan, published = await asyncio.to_thread(self._publish, lane, segment)
                self._acknowledge(segment.batch.name, plan.warc_key, plan.answers)
                size = segment.batch.size + plan.size
                await asyncio.to_thread(conclude, self._workspace, lane, segment.batch, plan)
            except StoreUnavailableError as error:
                if self._unrecorded is not None:
                    raise  # It is the disk that is full: nothing gets better by itself.
                self._meter.not_stored(refused=False)
                await self._patience.after(error)
            except StoreError:
                self._meter.not_stored(refused=True)
                raise
            else:
                self._patience.note_success()
                self._meter.stored(size)
                self.segments.append(plan.warc_key)
                return published

    def _publish(self, lane: Lane, segment: OpenSegment) -> tuple[Plan, list[Published]]:
        if segment.planned is None:
            segment.keep_plan(*plan_batch(self._workspace, lane, segment.batch, segment.pairs(), self._extractor))
            assert segment.planned is not None  # noqa: S101 - what keep_plan does, said to the type checker
        plan, published = segment.planned
        publication.publish(plan, segment.batch.segment, self._workspace.store, self._workspace.catalog)
        return plan, published


async def _set_down(segment: OpenSegment) -> None:
    """Keep on the disk what a segment that waits for its turn would keep in memory."""
    await segment.settled.wait()
    if not segment.unread:
        await asyncio.to_thread(segment.set_down)
