"""Reads the captures that versions rest on again, with the extractor of today; fetches nothing, changes no version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from msgspec import Struct

from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.reading.archived_pages import archived_page
from broadsheet.crawler.reading.findings import finding_of
from broadsheet.crawler.reading.page import Reading
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.documents import extractions, manifests
from broadsheet.storage.documents.extractions import Extraction
from broadsheet.storage.documents.manifests import ManifestObject
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.model import Extractor, Snapshot

_MOST_FAILURES = 1000
_REVISIONS_A_MANIFEST = 1000


class Failure(Struct, frozen=True, kw_only=True):
    """A version whose capture could not be read again."""

    snapshot: str
    reason: str


class ReextractionSummary(Struct, kw_only=True):
    """What a re-extraction came to, as `reextract --json` prints it.

    Attributes:
        extractor: What read the pages.
        versions: How many versions with an article were read again.
        same: How many read as they did before.
        revised: How many got an extraction revision.
        failed: How many could not be read.
        failures: Which and why, the first thousand of them.
    """

    extractor: Extractor
    versions: int = 0
    same: int = 0
    revised: int = 0
    failed: int = 0
    failures: list[Failure] = []


async def reextract(
    archive: Archive,
    snapshots: Iterator[Snapshot],
    amend: Callable[[list[ManifestObject]], None],
    step: Callable[[ReextractionSummary], None] = lambda _: None,
) -> ReextractionSummary:
    """Read versions again on all cores, a few at a time in memory; what reads otherwise than before becomes a revision.

    Repeating it writes nothing. Only captures that versions rest on are read: versions stay as they are.

    Args:
        archive: The archive.
        snapshots: The versions.
        amend: Called with revisions that were stored, to have them listed in a manifest: some at a time.
        step: Called after each version.

    Raises:
        StoreError: The archive could not be read or written.
    """
    summary = ReextractionSummary(extractor=extractor())
    stored: list[ManifestObject] = []
    async with ReadingPool() as pool:
        room = asyncio.Semaphore(pool.window)

        async def one(snapshot: Snapshot) -> None:
            try:
                stored.extend(await _reextract_one(archive, snapshot, pool, summary))
            finally:
                room.release()
            step(summary)

        try:
            async with asyncio.TaskGroup() as tasks:
                while (snapshot := await asyncio.to_thread(next, snapshots, None)) is not None:
                    if snapshot.article is not None:
                        await room.acquire()
                        tasks.create_task(one(snapshot))
                    if len(stored) >= _REVISIONS_A_MANIFEST:
                        await asyncio.to_thread(amend, _taken(stored))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        finally:
            if stored:
                await asyncio.to_thread(amend, _taken(stored))
    return summary


def _taken(stored: list[ManifestObject]) -> list[ManifestObject]:
    """Return what is stored, in order, and forget it."""
    taken = sorted(stored, key=lambda described: described.key)
    stored.clear()
    return taken


async def _reextract_one(
    archive: Archive, snapshot: Snapshot, pool: ReadingPool, summary: ReextractionSummary
) -> list[ManifestObject]:
    """Read a version again; return what was stored of it: a revision, or nothing."""
    summary.versions += 1
    try:
        page, request = await asyncio.to_thread(archived_page, archive, snapshot)
    except ArchiveDamagedError as error:
        _fail(summary, snapshot, str(error))
        return []
    reading = await pool.read(page)
    if reading.failure:
        _fail(summary, snapshot, reading.failure)
        return []
    stored = await asyncio.to_thread(_keep, archive, snapshot, reading, request)
    if stored:
        summary.revised += 1
    else:
        summary.same += 1
    return stored


def _keep(archive: Archive, snapshot: Snapshot, reading: Reading, request: Request) -> list[ManifestObject]:
    """Store what was read, unless the newest reading that is there says the same or is of a newer extractor."""
    finding = finding_of(reading, expected=request.expected)
    extraction = Extraction(
        snapshot=snapshot.key,
        url=snapshot.url,
        extractor=extractor(),
        canonical_url=finding.canonical_url,
        article=finding.article,
        reason=None if finding.article else finding.reason,
    )
    newest = next(reversed(archive.extractions(snapshot)), snapshot)
    if extractions.says_the_same(extraction, newest):
        return []
    if extractions.age(newest.extractor) > extractions.age(extraction.extractor):
        return []
    data = extractions.encode(extraction)
    key = layout.extraction_key(snapshot.key, data)
    archive.store.put(key, data)
    return [manifests.described(key, data)]


def _fail(summary: ReextractionSummary, snapshot: Snapshot, reason: str) -> None:
    summary.failed += 1
    if len(summary.failures) < _MOST_FAILURES:
        summary.failures.append(Failure(snapshot=snapshot.key, reason=reason))
