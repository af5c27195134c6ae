"""How the captured pages of a crawl are read: by the pool, and where the job says so as a browser shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec
import scrapy
from scrapy.crawler import Crawler
from scrapy.http import Response

from broadsheet.crawler.capturing.recorder import Captured, Recorder
from broadsheet.crawler.capturing.shown_page import ShownPage
from broadsheet.crawler.errors import CrawlStopped, RenderingError
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.measures import Meter
from broadsheet.crawler.reading.findings import article_of, finding_of, is_readable, page_of
from broadsheet.crawler.reading.page import Reading, unreadable
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.reading.reader import Take
from broadsheet.crawler.rendering.browser import Renderer
from broadsheet.crawler.rendering.browser_requests import BrowserRequests
from broadsheet.crawler.rendering.fetched_requisites import FetchedRequisites
from broadsheet.storage.publishing.reservations import opted_out

_T = TypeVar("_T")
_MOST_WAITING = 64


class PageReader:
    """Reads what a crawl captures.

    Args:
        job: The crawl.
        crawler: Scrapy's part of it, which fetches what a page is shown with.
        recorder: Where what a browser made of a page is recorded.
        pool: The processes that read.
        meter: What is told what reading came to.

    Attributes:
        fetched: What browsers asked for.
    """

    def __init__(self, job: CrawlJob, crawler: Crawler, recorder: Recorder, pool: ReadingPool, meter: Meter) -> None:
        self._job = job
        self._crawler = crawler
        self._recorder = recorder
        self._pool = pool
        self._meter = meter
        self.fetched = FetchedRequisites()
        self._renderer: Renderer | None = None
        self._showing, self._reading = _UntilEnded(), _UntilEnded()
        self._waiting = 0

    @property
    def is_busy(self) -> bool:
        """Whether so many pages wait for a reader that no more should be fetched: each takes more than its bytes."""
        return self._waiting >= max(_MOST_WAITING, 2 * self._pool.window)

    async def read(self, captured: Captured, take: Take | None = None) -> Reading:
        """Return what a captured page means; for `take` see the pool.

        Raises:
            ReaderStartError: No process can be started that reads.
            StoreUnavailableError: What a browser made of the page could not be recorded.
            CrawlStopped: The crawl was ended before it was read, or a browser had shown it.
        """
        self._waiting += 1
        try:
            reading = await self._shown_and_read(captured, take)
        finally:
            self._waiting -= 1
        self._meter.read(article_of(reading, expected=captured.capture.request.expected), reading.failure)
        return reading

    async def _shown_and_read(self, captured: Captured, take: Take | None) -> Reading:
        if not self._is_to_be_shown(captured):
            return await self._read(captured, None, take)
        assert captured.awaited_by is not None  # noqa: S101 - what is shown will be read
        shown = ShownPage(captured.capture.url, captured.awaited_by, is_obeyed=bool(self._job.obey))
        try:
            document = await self._show(shown, captured.response)
        except RenderingError as error:
            reading = unreadable(str(error))
        else:
            self._recorder.record_rendering(captured, document)
            reading = await self._read(captured, document, take)
        finding = finding_of(reading, expected=captured.capture.request.expected)
        shown.reserves = opted_out(captured.capture, finding, lambda: captured.response)
        self.fetched.decide(shown)
        missing = [url for url in shown.reused if self.fetched.leads_to(url) is None]
        return msgspec.structs.replace(reading, requisites=[*reading.requisites, *missing])

    def show_no_more(self) -> None:
        """Show no page any more: those under way are as if never read."""
        self._showing.end()

    def read_no_more(self) -> None:
        """Read no page any more: those under way are as if never read."""
        self._reading.end()

    async def close(self) -> None:
        """End the browser, if one runs."""
        if self._renderer is not None:
            await self._renderer.close()

    def _is_to_be_shown(self, captured: Captured) -> bool:
        capture = captured.capture
        return capture.request.render and captured.awaited_by is not None and is_readable(capture) and capture.is_html

    async def _read(self, captured: Captured, document: bytes | None, take: Take | None) -> Reading:
        page = page_of(captured.capture, captured.response, document)
        page = msgspec.structs.replace(page, with_requisites=self._job.requisites)
        return await self._reading.do(self._pool.read(page, take), f"{captured.capture.url} was read")

    async def _show(self, page: ShownPage, response: bytes) -> bytes:
        if self._renderer is None:
            self._renderer = Renderer(self._crawler, BrowserRequests(self._download, self.fetched))
        return await self._showing.do(self._renderer.render(page, response), f"{page.url} was shown")

    async def _download(self, request: scrapy.Request) -> Response:
        engine = self._crawler.engine
        assert engine is not None  # noqa: S101 - pages are read while the engine runs
        return await engine.download_async(request)


class _UntilEnded:
    """What is done until it is ended."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_ended = False

    def end(self) -> None:
        """End what is under way, and what is begun later."""
        self._is_ended = True
        for task in tuple(self._under_way):
            task.cancel()

    async def do(self, doing: Coroutine[None, None, _T], what: str) -> _T:
        """Do something.

        Raises:
            CrawlStopped: It was ended.
        """
        task = asyncio.ensure_future(doing)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        if self._is_ended:
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError as error:
            raise CrawlStopped(f"the crawl was ended while {what}") from error
