"""Finishing what a crash left in the spool, from the WARC itself and without help.

A batch with a plan is published as planned. One without, or with a plan that this version cannot read, is cut behind
its last whole record, its pages are read again by the function that the crawl uses, and it goes the way of any other
batch. One whose segment cannot be read is set aside, so that it stands in the way of no other.
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
from broadsheet.storage.errors import PlanError, RecordError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publication import Plan
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
        try:
            key = await _finish(workspace, batch, extractor)
        except RecordError as error:
            _set_aside(batch, error)
            continue
        if key is not None:
            _log.warning("finished batch %s, which an earlier run had left in the spool: %s", batch.name, key)
            recovered.append(key)
    return recovered


async def _finish(workspace: Workspace, batch: Batch, extractor: Extractor) -> str | None:
    planned = batch.read_plan()
    if planned is not None:
        try:
            return await asyncio.to_thread(_publish_planned, workspace, batch, publication.decode_plan(planned))
        except PlanError as error:
            _log.warning("batch %s is planned anew: %s", batch.name, error)
        # A repeated plan is harmless. Another plan of a batch that is in the archive would count its captures twice.
        key = await asyncio.to_thread(publication.published_segment, batch.name, workspace.store)
        if key is not None:
            batch.discard()
            return key
    return await _plan_and_publish(workspace, batch, extractor)


def _publish_planned(workspace: Workspace, batch: Batch, plan: Plan) -> str:
    publication.publish(plan, batch.segment, workspace.store, workspace.catalog)
    batch.discard()
    return plan.warc_key


async def _plan_and_publish(workspace: Workspace, batch: Batch, extractor: Extractor) -> str | None:
    if not batch.is_sealed:
        whole = warc.valid_until(batch.segment) if batch.segment.exists() else 0
        if not whole:
            batch.discard()
            return None
        batch.seal(whole)
    captures = await _read_again(batch)
    if captures:
        key, _ = await asyncio.to_thread(publish_batch, workspace, batch, captures, extractor)
        return key
    batch.discard()
    return None


def _set_aside(batch: Batch, error: RecordError) -> None:
    name, kept = batch.name, batch.set_aside()
    _log.warning(
        "batch %s, which an earlier run had left, cannot be read and is not in the archive: %s. It lies in %s: see "
        "what can be saved of its segment, or delete it; under its old name it is tried again",
        name,
        error,
        kept,
    )


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
