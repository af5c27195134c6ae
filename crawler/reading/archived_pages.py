"""Pages that the archive has, read again as they lie in it: nobody is asked for them."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec

from broadsheet.crawler.reading.page import CapturedPage
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchVersionError, TakenDownError
from broadsheet.storage.model import Snapshot
from broadsheet.storage.segments.stored_requests import stored_request


def archived_page(archive: Archive, snapshot: Snapshot) -> tuple[CapturedPage, Request]:
    """Return the page that a version rests on, for a reader, and why it was asked for.

    Raises:
        ArchiveDamagedError: Its record is missing, or not the one that was stored.
        TakenDownError: The version was taken down.
        NoSuchVersionError: It was removed meanwhile.
        StoreError: The archive could not be read.
    """
    request = stored_request(archive.store, snapshot.warc)
    page = CapturedPage(
        url=snapshot.final_url,
        captured_at=snapshot.captured_at,
        response=archive.response(snapshot),
        hints=request.hints,
        render=request.render,
        rendered=archive.rendering(snapshot) if request.render else None,
    )
    return page, request


class ArchivedPages:
    """The pages of an archive.

    Args:
        archive: The archive.
        pool: The processes that read.
    """

    def __init__(self, archive: Archive, pool: ReadingPool) -> None:
        self._archive = archive
        self._pool = pool

    async def requisites(self, url: str, since: datetime) -> list[str]:
        """Return what an article is shown with that has become a version since a moment; nothing of any other page.

        Args:
            url: The URL that its versions are filed under.
            since: The moment.

        Raises:
            ReaderStartError: No process can be started that reads.
            StoreError: The archive could not be read.
        """
        snapshot = await asyncio.to_thread(self._archive.latest, url)
        # Dates of captures have no more than seconds.
        if snapshot is None or snapshot.article is None or snapshot.captured_at < since.replace(microsecond=0):
            return []
        try:
            page, _ = await asyncio.to_thread(archived_page, self._archive, snapshot)
        except (ArchiveDamagedError, NoSuchVersionError, TakenDownError):
            return []
        reading = await self._pool.read(msgspec.structs.replace(page, with_requisites=True))
        return reading.requisites
