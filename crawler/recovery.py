"""Finishing what a crash left in the spool, from the WARC itself and without help.

A batch with a plan is published as planned. One without is cut behind its last whole record, its pages are read
again by the function that the crawl uses, and it goes the way of any other batch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from broadsheet.crawler.findings import finding_of, is_readable, page_of
from broadsheet.crawler.pool import ReadingPool
from broadsheet.crawler.publisher import publish_batch
from broadsheet.storage import publication, warc
from broadsheet.storage.captures import Capture
from broadsheet.storage.model import Extractor
from broadsheet.storage.segments import read_captures
from broadsheet.storage.spool import Batch
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace

_log = logging.getLogger(__name__)


async def recover(workspace: Workspace, extractor: Extractor) -> list[str]:
    """Publish every batch in the spool whose process is gone; return the keys of their WARC segments.

    Raises:
        StoreError: The store failed; what is left stays in the spool.
    """
    recovered = []
    for batch in workspace.spool.abandoned():
        key = await _finish(workspace, batch, extractor)
        if key is not None:
            _log.warning("finished batch %s, which an earlier run had left in the spool: %s", batch.name, key)
            recovered.append(key)
    return recovered


async def _finish(workspace: Workspace, batch: Batch, extractor: Extractor) -> str | None:
    planned = batch.read_plan()
    if planned is not None:
        plan = publication.decode_plan(planned)
        await asyncio.to_thread(publication.publish, plan, batch.segment, workspace.store, workspace.catalog)
        batch.discard()
        return plan.warc_key
    whole = warc.valid_until(batch.segment) if batch.segment.exists() else 0
    if whole:
        batch.seal(whole)
        captures = await _read_again(batch)
        if captures:
            key, _ = await asyncio.to_thread(publish_batch, workspace, batch, captures, extractor)
            return key
    batch.discard()
    return None


async def _read_again(batch: Batch) -> list[tuple[Capture, Finding | None]]:
    found: list[tuple[Capture, Finding | None]] = []
    segment = read_captures(batch.segment)
    async with ReadingPool() as pool:
        while chunk := _take(segment, pool.window):
            found += await asyncio.gather(*(_read(pool, *pair) for pair in chunk))
    return found


async def _read(pool: ReadingPool, capture: Capture, block: bytes) -> tuple[Capture, Finding | None]:
    if not is_readable(capture):
        return capture, None
    reading = await pool.read(page_of(capture, block))
    return capture, finding_of(reading, expected=capture.request.expected)


def _take(segment: Iterator[tuple[Capture, bytes]], count: int) -> list[tuple[Capture, bytes]]:
    return [pair for _, pair in zip(range(count), segment, strict=False)]
