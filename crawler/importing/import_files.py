"""Brings WARC and WACZ files that other software wrote into the archive, through the spool like any crawl."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, get_args

from broadsheet.crawler.capturing.open_segment import OpenSegment
from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.importing.import_summary import Damage, ImportSummary
from broadsheet.crawler.reading.findings import finding_of, is_readable, page_of
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.recovery.recovery import recover
from broadsheet.storage.captures import Capture, Rendering, Request
from broadsheet.storage.errors import InvalidURLError, RecordError
from broadsheet.storage.foreign.conversions import KIND, Conversions
from broadsheet.storage.foreign.exchanges import (
    ForeignExchange,
    PassedOver,
    adopt_capture,
    adopt_conversions,
    adopt_others,
    adopted_id,
    derived_id,
    exchanges,
    payload_digest_of,
)
from broadsheet.storage.foreign.held_captures import HeldCapture, HeldCaptures
from broadsheet.storage.foreign.packages import is_package, packed_files
from broadsheet.storage.foreign.records import ForeignRecord, Unreadable, read_foreign
from broadsheet.storage.model import Outcome
from broadsheet.storage.publishing.publication import Published
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import Original, warcinfo_record
from broadsheet.storage.segments.reading import RENDERER_FIELD, SOURCE_FIELD, capture_of, request_in
from broadsheet.storage.urls import normalise
from broadsheet.storage.workspace import Workspace

# What may wait for the archive: enough to keep it busy, few enough for the spool to stay small.
_SEGMENTS_WAITING = 2
_MOST_DAMAGES = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def import_files(
    workspace: Workspace,
    files: Sequence[Path],
    *,
    source: str,
    progress: Callable[[ImportSummary], None] = lambda _: None,
) -> ImportSummary:
    """Import WARC files and WACZ files; captures that the archive holds already are not imported again.

    Raises:
        OSError: A file cannot be read.
        StoreError: The archive could not be written; what was imported is in the spool.
    """
    clock = time.monotonic()
    summary = ImportSummary(source=source, started_at=datetime.now(UTC))
    await asyncio.to_thread(workspace.catalog.refresh, workspace.store)
    await recover(workspace, extractor())
    try:
        with HeldCaptures(workspace.store) as held:
            async with ReadingPool() as pool, asyncio.TaskGroup() as readings:
                importer = _Importer(workspace, held, pool, readings, summary)
                for file in files:
                    await importer.add(file)
                    progress(summary)
            await importer.finish()
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    summary.seconds = round(time.monotonic() - clock, 3)
    return summary


class _Importer:
    def __init__(
        self,
        workspace: Workspace,
        held: HeldCaptures,
        pool: ReadingPool,
        readings: asyncio.TaskGroup,
        summary: ImportSummary,
    ) -> None:
        self._held = held
        self._pool = pool
        self._readings = readings
        self._summary = summary
        self._room = asyncio.Semaphore(pool.window)
        self._file = ""
        self._passed_over: Counter[str] = Counter()
        self._outcomes: Counter[Outcome] = Counter()
        self._scratch = workspace.scratch
        self._publisher = Publisher(workspace, extractor(), self._head, self._count)

    async def add(self, path: Path) -> None:
        """Import one file, or the WARC files that are packed in it."""
        self._file = path.name
        self._summary.files += 1
        with path.open("rb") as file:
            if not is_package(file):
                await self._add_records(file)
                return
            for packed in packed_files(file):
                if isinstance(packed, Unreadable):
                    self._file = path.name
                    self._note(packed.place, packed.reason)
                else:
                    self._file = f"{path.name}/{packed.name}"
                    await self._add_records(packed.file)

    async def _add_records(self, file: BinaryIO) -> None:
        with Conversions(self._scratch) as conversions:
            await asyncio.to_thread(conversions.gather, file)
            for found in self._found(read_foreign(file)):
                if isinstance(found, ForeignExchange):
                    found.conversions.extend(conversions.of(found.capture.record_id))
                    await self._add_exchange(found)
                elif isinstance(found, Unreadable):
                    self._note(found.place, found.reason)
                elif found.kind != KIND:
                    self._passed_over[found.kind] += 1
            if conversions.left:
                self._passed_over[KIND] += conversions.left

    async def finish(self) -> None:
        """Publish what is left, and complete the summary."""
        await self._publisher.close()
        self._summary.segments = self._publisher.segments
        self._summary.passed_over = dict(sorted(self._passed_over.items()))
        self._summary.outcomes = {outcome: self._outcomes[outcome] for outcome in get_args(Outcome)}

    def _found(
        self, records: Iterator[ForeignRecord | Unreadable]
    ) -> Iterator[ForeignExchange | PassedOver | Unreadable]:
        try:
            yield from exchanges(records)
        except RecordError as error:
            self._note("byte 0", str(error))

    def _note(self, place: str, reason: str) -> None:
        self._summary.damaged += 1
        if len(self._summary.damages) < _MOST_DAMAGES:
            self._summary.damages.append(Damage(file=self._file, place=place, reason=reason))

    async def _add_exchange(self, exchange: ForeignExchange) -> None:
        record = exchange.capture
        self._summary.captures += 1
        if not _EPOCH <= record.date <= datetime.now(UTC):
            self._note(record.place, f"the capture of {exchange.url} cannot be of {record.date:%Y-%m-%d}")
            return
        original, digest = None, None
        if record.type == "revisit":
            original = self._original(exchange)
            if original is None:
                self._note(record.place, f"the revisit of {exchange.url} repeats a capture that is not in the archive")
                return
        else:
            digest = payload_digest_of(record)
        held = HeldCapture(
            record_id=adopted_id(record),
            url=exchange.url,
            at=record.date,
            digest=original.payload_digest if original else digest,
            is_whole=record.type == "response" and digest is not None and not record.field("WARC-Truncated"),
            stated=record.field("WARC-Payload-Digest"),
        )
        free = self._free_id(held, record)
        if free is None:
            self._summary.held += 1
            self._held.add(held)
            return
        await self._record(exchange, held._replace(record_id=free), original)

    def _original(self, exchange: ForeignExchange) -> Original | None:
        record = exchange.capture
        stated = record.field("WARC-Refers-To-Date")
        try:
            at = datetime.fromisoformat(stated) if stated else None
        except ValueError:
            at = None
        return self._held.find_original(
            record.uri("WARC-Refers-To-Target-URI") or exchange.url,
            record_id=record.uri("WARC-Refers-To"),
            at=at.replace(tzinfo=at.tzinfo or UTC) if at else None,
            stated=record.field("WARC-Payload-Digest"),
        )

    def _free_id(self, capture: HeldCapture, record: ForeignRecord) -> str | None:
        """Return the id to keep a capture under, or None where the archive holds it."""
        for record_id in (capture.record_id, derived_id(record)):
            known = self._held.find(record_id, capture.at)
            if known is None:
                return record_id
            if known[1:4] == capture[1:4]:
                return None
        return None

    async def _record(self, exchange: ForeignExchange, held: HeldCapture, original: Original | None) -> None:
        await self._publisher.until_published(_SEGMENTS_WAITING)
        request, others = _request_of(exchange)
        with self._publisher.recording() as segment:
            record = adopt_capture(
                exchange,
                record_id=held.record_id,
                warcinfo_id=segment.warcinfo_id,
                payload_digest=held.digest,
                original=original,
            )
            rest = adopt_others(others, record_id=held.record_id, warcinfo_id=segment.warcinfo_id)
            made = adopt_conversions(exchange, record_id=held.record_id, warcinfo_id=segment.warcinfo_id)
            members = [warc.serialise(one) for one in (record, *rest, *made)]
            offset = segment.append(b"".join(members))
        self._held.add(held)
        self._summary.conversions += len(made)
        self._summary.imported += 1
        self._summary.with_secrets += exchange.holds_secret
        capture = capture_of(record, request, source=self._summary.source, offset=offset, length=len(members[0]))
        to_be_read = is_readable(capture)
        segment.add(capture, to_be_read=to_be_read)
        if to_be_read:
            shown = made[-1].block if made and request.render else None
            if shown is not None:
                length = len(members[-1])
                end = offset + sum(map(len, members))
                segment.add_rendering(capture, Rendering(offset=end - length, length=length))
            await self._room.acquire()
            self._readings.create_task(self._read(segment, capture, record.block, shown))

    async def _read(self, segment: OpenSegment, capture: Capture, block: bytes, shown: bytes | None) -> None:
        try:
            reading = await self._pool.read(page_of(capture, block, shown))
            segment.settle(capture, finding_of(reading, expected=capture.request.expected))
        finally:
            self._room.release()

    def _count(self, published: Published) -> None:
        if published.outcome:
            self._outcomes[published.outcome] += 1

    def _head(self, batch: str) -> tuple[str, bytes]:
        fields = {
            "software": f"Broadsheet/{version('broadsheet')}",
            "format": "WARC File Format 1.1",
            "description": "imported from WARC files of other software; every block is as it was found there",
            SOURCE_FIELD: self._summary.source,
            RENDERER_FIELD: "that of the files that were imported",
        }
        record = warcinfo_record(f"{batch}.warc.gz", fields, created_at=datetime.now(UTC))
        return record.record_id, warc.serialise(record)


def _request_of(exchange: ForeignExchange) -> tuple[Request, ForeignExchange]:
    """Return why an exchange took place, where its metadata tell it as ours do, and the exchange as it can be kept."""
    metadata = [record for record in exchange.others if record.type == "metadata"]
    kept = [record for record in exchange.others if record.type != "metadata"]
    request = Request()
    for record in metadata:
        try:
            told = request_in(record.block)
            if told.filed_as is not None:
                normalise(told.filed_as)
        except (RecordError, InvalidURLError):
            continue  # It has a field with our name that is none of ours, and would stop recovery.
        kept.append(record)
        request = told
    return request, ForeignExchange(url=exchange.url, capture=exchange.capture, others=kept)
