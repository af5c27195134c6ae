"""The spider: from the targets of a job to every article of the site, each fetched once."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DontCloseSpider,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler.discovery import Entry
from broadsheet.crawler.errors import BlockedAddressError, CrawlStopped, HostGivenUp, NoContactError, RobotsDisallowed
from broadsheet.crawler.findings import finding_of, page_of
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.ledger import Ledger
from broadsheet.crawler.pool import ReadingPool
from broadsheet.crawler.recorder import CAPTURED, REQUEST, Captured
from broadsheet.storage import captures
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.model import Hints
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.urls import identity, is_front_page, normalise, site
from broadsheet.storage.versions import PRESENT, OutlinkKind, redirect_location

_MOST_REDIRECTS = 10
# What was no page is asked for again after this: servers err, and addresses come to be used.
_NO_PAGE_FOR = timedelta(days=30)
_DEPTH = "broadsheet_depth"
_HOPS = "broadsheet_hops"
# No robots.txt can be had either from a host that is not there: it forbids nothing, it fails.
_NOBODY_THERE = (CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError)
# What a news page links to that is never a page; everything else is asked for and judged by what comes back.
# fmt: off
_NO_PAGE = frozenset(
    (
        ".7z", ".aac", ".avi", ".avif", ".bmp", ".css", ".csv", ".dmg", ".doc", ".docx", ".eot", ".epub",
        ".exe", ".flac", ".gif", ".gz", ".ico", ".ics", ".iso", ".jpeg", ".jpg", ".js", ".json", ".m3u8",
        ".m4a", ".m4v", ".mkv", ".mov", ".mp3", ".mp4", ".mpeg", ".mpg", ".msi", ".odp", ".ods", ".odt", ".ogg",
        ".ogv", ".otf", ".pdf", ".png", ".ppt", ".pptx", ".rar", ".rtf", ".svg", ".swf", ".tar", ".tgz", ".tif",
        ".tiff", ".torrent", ".ttf", ".wav", ".webm", ".webmanifest", ".webp", ".woff", ".woff2", ".xls",
        ".xlsx", ".zip",
    )
)
# fmt: on


class SiteSpider(Spider):
    """Crawls one source; every URL it hears of ends in the ledger."""

    name = "site"

    def __init__(
        self,
        *,
        job: CrawlJob,
        ledger: Ledger,
        pool: ReadingPool,
        catalog: Catalog,
        takedowns: Takedowns,
        **arguments: Any,  # noqa: ANN401 - Scrapy's own spider arguments
    ) -> None:
        super().__init__(**arguments)
        self.job = job
        self.ledger = ledger
        self.pool = pool
        self.catalog = catalog
        self.takedowns = takedowns
        self._sites = {site(target) for target in job.targets}
        self._requested = 0
        self._known_revisited = not job.follow

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:  # noqa: ANN401
        """Make the spider and have it told when it runs out of requests."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.look_again_at_known_articles, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield the targets."""
        for target in self.job.targets:
            for request in self._admit([Entry(url=target, kind="link")], depth=0, via=None):
                yield request

    async def parse(self, response: Response) -> AsyncIterator[Request]:
        """Read a page and yield what it leads to."""
        assert response.request is not None  # noqa: S101 - Scrapy sets it before the callback
        request = response.request
        captured: Captured = request.meta.pop(CAPTURED)
        self.ledger.captured += 1
        location = redirect_location(captured.capture)
        depth: int = request.meta[_DEPTH]
        if location is not None:
            requests = self._redirected(request, captured, location)
        else:
            entries = await self._entries(captured)
            requests = self._admit(entries, depth=depth + 1, via=captured.capture.url) if self.job.follow else iter(())
        for following in requests:
            yield following

    async def failed(self, failure: Failure) -> None:
        """Note why a request brought no response; what arrived of one has been recorded."""
        request: Request = failure.request  # type: ignore[attr-defined]
        filed = _filed_as(request)
        error = failure.value
        cause = error.__cause__ if isinstance(error, RobotsDisallowed) else error
        if isinstance(cause, CrawlStopped):
            self.ledger.skip(filed, "interrupted")
        elif isinstance(cause, BlockedAddressError):
            self.ledger.skip(filed, "private_address", str(cause))
        elif isinstance(cause, NoContactError):
            self.ledger.skip(filed, "no_contact", str(cause))
        elif isinstance(cause, HostGivenUp):
            self.ledger.skip(filed, "host_refuses", str(cause))
        elif isinstance(error, RobotsDisallowed) and not isinstance(cause, _NOBODY_THERE):
            self.ledger.skip(filed, "robots", str(error))
        else:
            self.ledger.finish(filed, "failed", str(cause) or type(cause).__name__)

    def look_again_at_known_articles(self) -> None:
        """When the site has no more to offer, ask again for its articles that the archive holds as live."""
        if self._known_revisited:
            return
        self._known_revisited = True
        known = [Entry(url=url, kind="link") for of in sorted(self._sites) for url in self.catalog.live_articles(of)]
        assert self.crawler.engine is not None  # noqa: S101 - the engine runs when the spider is idle
        requests = list(self._admit(known, depth=1, via=None))
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _admit(self, entries: Iterable[Entry], *, depth: int, via: str | None) -> Iterator[Request]:
        for entry in entries:
            try:
                url = normalise(entry.url)
            except InvalidURLError:
                continue
            if not (self.ledger.discover(url) or self._is_nearer(url, depth)):
                continue
            refusal = self._refusal(url, depth, entry.kind)
            if refusal is None:
                self._requested += 1
                yield self._request(url, depth=depth, via=via, hints=entry.hints)
            else:
                self.ledger.skip(url, refusal, self._why_taken_down(url))

    def _is_nearer(self, url: str, depth: int) -> bool:
        """Tell whether a URL was refused for its depth alone, and a shorter way to it has been found since."""
        return depth <= self.job.max_depth and self.ledger.reconsider(url, "max_depth")

    def _refusal(self, url: str, depth: int, kind: OutlinkKind) -> str | None:
        if site(url) not in self._sites:
            return "offsite"
        if self.takedowns.of(url):
            return "taken_down"
        # What was asked for by name, or announced as a feed or sitemap (sitemap.xml.gz), is taken at its word.
        if depth > 0 and kind == "link" and posixpath.splitext(urlsplit(url).path)[1].lower() in _NO_PAGE:
            return "no_page"
        if depth > self.job.max_depth:
            return "max_depth"
        if self._requested >= self.job.max_pages:
            return "max_pages"
        if depth > 0 and kind == "link" and self._was_no_page(url):
            return "was_no_page"
        return None

    def _why_taken_down(self, url: str) -> str | None:
        takedown = self.takedowns.of(url)
        return f"taken down on {takedown.at:%Y-%m-%d}: {takedown.reason}" if takedown else None

    def _was_no_page(self, url: str) -> bool:
        """Tell whether the last answer, not long ago, was neither a page nor a list of pages."""
        known = self.catalog.get(url)
        if known is None or known.standing is not None or known.kind != "other":
            return False
        return datetime.now(UTC) - known.captured_at < _NO_PAGE_FOR

    def _request(
        self,
        url: str,
        *,
        depth: int,
        via: str | None,
        hints: Hints | None = None,
        filed_as: str | None = None,
        hops: int = 0,
    ) -> Request:
        known = self.catalog.get(filed_as or url)
        about = captures.Request(
            filed_as=filed_as,
            expected=self.job.expected,
            via=via,
            hints=hints,
        )
        return Request(
            url,
            callback=self.parse,
            errback=self.failed,
            headers=known.validators(url, now=datetime.now(UTC)) if known and self.job.conditional else None,
            meta={REQUEST: about, _DEPTH: depth, _HOPS: hops},
            dont_filter=True,
            priority=-depth,
        )

    def _redirected(self, request: Request, captured: Captured, location: str) -> Iterator[Request]:
        filed = captured.capture.filed_as
        hops = request.meta[_HOPS] + 1
        try:
            location = normalise(location)
        except InvalidURLError as error:
            self.ledger.finish(filed, "failed", f"redirected to an address that cannot be fetched: {error}")
            return
        if hops > _MOST_REDIRECTS:
            self.ledger.finish(filed, "failed", f"more than {_MOST_REDIRECTS} redirects")
            return
        depth, via = request.meta[_DEPTH], captured.capture.url
        if depth == 0:
            self._sites.add(site(location))
        if identity(location) == identity(filed):
            yield self._request(location, depth=depth, via=via, hops=hops)
        elif self._has_versions(filed) and site(location) in self._sites:
            if is_front_page(location):
                return  # The article has vanished: the redirect itself says so.
            if self.takedowns.of(location):
                self.ledger.skip(filed, "taken_down", self._why_taken_down(location))
                return
            yield self._request(location, depth=depth, via=via, filed_as=filed, hops=hops)
        else:
            self.ledger.skip(filed, "redirected")
            self._requested -= 1
            for following in self._admit([Entry(url=location, kind="link")], depth=depth, via=via):
                following.meta[_HOPS] = hops
                yield following

    def _has_versions(self, url: str) -> bool:
        known = self.catalog.get(url)
        return known is not None and known.standing is not None

    async def _entries(self, captured: Captured) -> list[Entry]:
        """Return what a page leads to: read from it, or remembered where it has not changed."""
        capture = captured.capture
        remembered = self.catalog.outlinks(capture.url) if capture.revisit else None
        if remembered is not None:
            return [Entry(url=link.url, kind=link.kind) for link in remembered]
        if capture.status not in PRESENT or capture.truncated or not self.job.reads(capture):
            return []
        reading = await self.pool.read(page_of(capture, captured.response))
        if captured.awaited_by is not None:
            captured.awaited_by.settle(capture, finding_of(reading, expected=capture.request.expected))
        return reading.entries


def _filed_as(request: Request) -> str:
    about: captures.Request = request.meta[REQUEST]
    return about.filed_as or request.url
