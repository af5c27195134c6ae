"""What is done before anything is published, while pages are fetched already.

A crawl may begin once it is known what was taken down. Before it follows a link, it has to be known what the archive
holds, so that nothing is asked for as if it were new; and before anything is published, what an earlier run left in the
spool has to be. On a machine that has read the archive before, that takes a moment. On a new one, or after a long time,
the first pages are fetched meanwhile, and what the archive holds of them is looked up in the index.

While the store is away, a crawl begins by what its machine knew of the archive when it last read it. What is captured
stays in the spool until the rest is done: then the store is asked what was taken down meanwhile, before anything is
published.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from broadsheet.crawler.capturing.batch_publication import Acknowledge
from broadsheet.crawler.errors import CrawlStopped
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.recovery.recovery import recover
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.publishing.catalog import Unread
from broadsheet.storage.workspace import Workspace

_log = logging.getLogger(__name__)

# Bytes of index segments that are read in the time in which a page is fetched.
_READ_AT_ONCE = 1024 * 1024
# Seconds.
_LOOKED_UP_WITHIN = 2.0
_PAUSE = 1.0


class Preparation:
    """Prepares an archive for what is captured.

    Args:
        workspace: The archive, opened for writing.
        acknowledge: Told of each batch that an earlier run left.

    Attributes:
        is_known: Whether it is known what the archive holds.
        is_away: Whether the crawl began while the store was away.
        left_bytes: How many bytes earlier runs have left in the spool that are still to be published.
    """

    def __init__(self, workspace: Workspace, acknowledge: Acknowledge) -> None:
        self._workspace = workspace
        self._acknowledge = acknowledge
        self._catching_up: asyncio.Future[None] | None = None
        self._given_up = asyncio.Event()
        self._unread: Unread | None = None
        self._was_read = workspace.takedowns.were_read
        self._has_begun = False
        self.is_known = False
        self.is_away = False
        self.left_bytes = 0

    @property
    def failure(self) -> BaseException | None:
        """Why the last try failed; None where it has not."""
        done = self._catching_up
        return done.exception() if done is not None and done.done() else None

    @property
    def fault(self) -> BaseException | None:
        """Why it cannot be done at all; None where it can, or the store may only be away."""
        return None if isinstance(self.failure, StoreUnavailableError) else self.failure

    async def begin(self, urls: Sequence[str]) -> None:
        """Return when pages may be fetched.

        Args:
            urls: What is fetched first.

        Raises:
            ArchiveError: The archive cannot be used.
        """
        if not self._has_begun:
            self._has_begun = True
            try:
                await self._ask_store()
            except StoreUnavailableError as error:
                if not self._was_read:
                    raise
                self._go_without(str(error))
        if not (self.is_known or self.is_away):
            await self._look_up(urls)

    async def known(self) -> None:
        """Return when what the archive holds is known, or as much of it as can be.

        Raises:
            CrawlStopped: The crawl was ended before.
            ArchiveError: The archive cannot be used.
        """
        given_up = asyncio.ensure_future(self._given_up.wait())
        try:
            while not (self.is_known or self.is_away):
                done = asyncio.ensure_future(self.done())
                await asyncio.wait({done, given_up}, return_when=asyncio.FIRST_COMPLETED)
                if not done.done():
                    done.cancel()
                    raise CrawlStopped("the crawl was ended before it was known what the archive holds")
                with contextlib.suppress(StoreUnavailableError):
                    return done.result()
                await asyncio.sleep(_PAUSE)
        finally:
            given_up.cancel()

    async def done(self) -> None:
        """Return when anything may be published. Called again after it has failed, it tries again.

        Raises:
            ArchiveError: The archive cannot be used.
        """
        await asyncio.shield(self._try())

    async def recover(self) -> None:
        """Have published what an earlier run has left, also since it was looked for; not while the store is away.

        Raises:
            ArchiveError: The archive cannot be used.
        """
        if not self.is_away:
            await self.done()
            await recover(self._workspace, extractor(), self._acknowledge)

    def give_up(self) -> None:
        """Have nobody wait until it is `known` what the archive holds."""
        self._given_up.set()

    async def _ask_store(self) -> None:
        """Learn what a crawl begins with, and everything else, where that takes a moment."""
        workspace = self._workspace
        if workspace.away is not None:
            raise workspace.away
        await asyncio.to_thread(workspace.takedowns.refresh, workspace.store)
        unread = await asyncio.to_thread(workspace.catalog.unread, workspace.store)
        if unread.size > _READ_AT_ONCE and not unread.gone and not workspace.spool.waiting():
            self._unread = unread
            # Its lane is not looked at again while the crawl is in it.
            workspace.spool.renounce()
            return
        await asyncio.to_thread(workspace.catalog.read, workspace.store, unread)
        if workspace.spool.waiting():
            await asyncio.to_thread(workspace.prepare)
        await recover(workspace, extractor(), self._acknowledge)
        self.is_known = True
        self._catching_up = asyncio.ensure_future(asyncio.to_thread(workspace.prepare))

    def _go_without(self, trouble: str) -> None:
        """Have the crawl begin without the store."""
        workspace = self._workspace
        self.is_away = True
        self.left_bytes = workspace.spool.size()
        workspace.away = StoreUnavailableError(trouble)
        workspace.spool.renounce()
        _log.warning(
            "the archive does not answer: the crawl begins by what is known of it here, and what is captured waits in "
            "the spool: %s",
            trouble,
        )

    async def _look_up(self, urls: Sequence[str]) -> None:
        """Return when it is known what the archive holds of some URLs."""
        store, catalog = self._workspace.store, self._workspace.catalog
        looking_up = asyncio.ensure_future(asyncio.to_thread(catalog.look_up, store, urls))
        await asyncio.wait({looking_up}, timeout=_LOOKED_UP_WITHIN)
        if not looking_up.done():
            # There are many writers to look through: what they wrote may be read by then.
            await asyncio.wait({looking_up, self._try()}, return_when=asyncio.FIRST_COMPLETED)
        if not self.is_known and self.fault is None:
            await asyncio.wait({looking_up})
        if not looking_up.done() or looking_up.exception() is not None:
            await self.done()

    def _try(self) -> asyncio.Future[None]:
        """Return what is under way, begun again where it has failed."""
        if self._catching_up is None or self.failure is not None:
            self._catching_up = asyncio.ensure_future(self._catch_up())
        return self._catching_up

    async def _catch_up(self) -> None:
        """Do what is left to do, beside the crawl: in a lane of its own."""
        workspace = self._workspace
        with workspace.beside() as beside:
            unread, self._unread = self._unread, None
            await asyncio.to_thread(workspace.prepare)
            if self.is_away:
                await asyncio.to_thread(workspace.takedowns.refresh, workspace.store)
            if unread is None:
                unread = await asyncio.to_thread(beside.catalog.unread, workspace.store)
            await asyncio.to_thread(beside.catalog.read, workspace.store, unread)
            self.is_known = True
            await recover(beside, extractor(), self._acknowledge)
        self.left_bytes = 0
