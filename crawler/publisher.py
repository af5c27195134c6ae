"""Gathers captures into batches, makes them durable, and publishes each batch when it is full.

A batch goes through: open (records are appended) -> closed (waits for the last of its pages to be read) ->
published -> discarded. A batch whose publication fails stays in the spool; the next start finishes it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from broadsheet.storage import publication
from broadsheet.storage.captures import Capture
from broadsheet.storage.model import Extractor
from broadsheet.storage.publication import Published
from broadsheet.storage.spool import Batch
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace

SEGMENT_BYTES = 128 * 1024 * 1024
SEGMENT_SECONDS = 300.0
_SYNC_SECONDS = 0.25


class _OpenBatch:
    """A batch with its captures in memory, until it is published."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.opened_at = time.monotonic()
        self.captures: dict[str, Capture] = {}
        self.findings: dict[str, Finding] = {}
        self.awaited: set[str] = set()
        self.read = asyncio.Event()
        self.closed = False

    def settle(self, record_id: str) -> None:
        self.awaited.discard(record_id)
        if self.closed and not self.awaited:
            self.read.set()


class Publisher:
    """The way of a crawl's captures into the archive.

    Args:
        workspace: The archive, opened for writing.
        extractor: What reads the pages.
        head: Returns the first bytes of a new segment (its warcinfo record), given the batch's name.
    """

    def __init__(self, workspace: Workspace, extractor: Extractor, head: Callable[[str], bytes]) -> None:
        self._workspace = workspace
        self._extractor = extractor
        self._head = head
        self._open: _OpenBatch | None = None
        self._homes: dict[str, _OpenBatch] = {}
        self._publications: list[asyncio.Task[None]] = []
        self._one_at_a_time = asyncio.Lock()
        self._appended = 0
        self._failed: BaseException | None = None
        self.published: list[Published] = []
        self.segments: list[str] = []
        self.acknowledged = 0

    @property
    def failed(self) -> bool:
        """Whether a publication has failed, so that nothing more should be fetched."""
        return self._failed is not None

    def append(self, members: bytes) -> int:
        """Append the records of an exchange to the open segment; return the offset of the first, in bytes."""
        if self._open is None or self._is_full(self._open):
            self._rotate()
        assert self._open is not None  # noqa: S101 - _rotate opened it
        return self._open.batch.append(members)

    def add(self, capture: Capture, *, to_be_read: bool) -> None:
        """Note the capture whose records were appended last; with `to_be_read`, `settle` has to follow."""
        assert self._open is not None  # noqa: S101 - append comes first
        self._open.captures[capture.record_id] = capture
        self._appended += 1
        if to_be_read:
            self._open.awaited.add(capture.record_id)
            self._homes[capture.record_id] = self._open

    def settle(self, capture: Capture, finding: Finding) -> None:
        """Note what reading the page of a capture came to."""
        home = self._homes.pop(capture.record_id)
        home.findings[capture.record_id] = finding
        home.settle(capture.record_id)

    async def keep_durable(self) -> None:
        """Bring what was appended to the disk, several times a second, until cancelled.

        Only then does it count in `acknowledged`.
        """
        while True:
            await asyncio.sleep(_SYNC_SECONDS)
            if self._open is not None and self.acknowledged < self._appended:
                appended = self._appended
                await asyncio.to_thread(self._open.batch.sync)
                self.acknowledged = max(self.acknowledged, appended)

    async def close(self) -> None:
        """Publish everything; return when it is in the archive.

        Raises:
            StoreError: A publication failed; its batch is in the spool, and the next start publishes it.
        """
        self._close_batch()
        await asyncio.gather(*self._publications)
        self.acknowledged = self._appended
        if self._failed is not None:
            raise self._failed

    def unread(self) -> list[Capture]:
        """Return the captures that nobody has read: their pages were dropped on the way to the spider."""
        return [home.captures[record_id] for record_id, home in self._homes.items()]

    def _is_full(self, open_batch: _OpenBatch) -> bool:
        age = time.monotonic() - open_batch.opened_at
        return open_batch.batch.size >= SEGMENT_BYTES or age >= SEGMENT_SECONDS

    def _rotate(self) -> None:
        self._close_batch()
        batch = self._workspace.spool.open_batch(datetime.now(UTC))
        batch.append(self._head(batch.name))
        self._open = _OpenBatch(batch)

    def _close_batch(self) -> None:
        closing, self._open = self._open, None
        if closing is None:
            return
        # What counts as acknowledged is on the disk, also when its segment is no longer the open one.
        closing.batch.sync()
        closing.closed = True
        if not closing.awaited:
            closing.read.set()
        self._publications.append(asyncio.ensure_future(self._finish(closing)))

    async def _finish(self, closing: _OpenBatch) -> None:
        await closing.read.wait()
        async with self._one_at_a_time:
            if self._failed is not None:
                return
            try:
                key, published = await asyncio.to_thread(self._publish, closing)
            except Exception as error:  # noqa: BLE001 - raised again by close()
                self._failed = error
                return
        self.segments.append(key)
        self.published.extend(published)

    def _publish(self, closing: _OpenBatch) -> tuple[str, list[Published]]:
        captures = [
            (capture, closing.findings.get(record_id)) for record_id, capture in closing.captures.items()
        ]
        return publish_batch(self._workspace, closing.batch, captures, self._extractor)


def publish_batch(
    workspace: Workspace,
    batch: Batch,
    captures: list[tuple[Capture, Finding | None]],
    extractor: Extractor,
) -> tuple[str, list[Published]]:
    """Seal, plan, publish and discard a batch; return the key of its WARC segment and what became of its captures.

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
