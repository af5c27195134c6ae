"""The spider: from the targets of a job to every article of the site, each fetched once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler.capturing.recorder import CAPTURED, Captured
from broadsheet.crawler.courtesy.robots import PASSED_OVER_IF, named_sitemaps
from broadsheet.crawler.discovery.admission import Admission
from broadsheet.crawler.discovery.bounds import PageBudget
from broadsheet.crawler.discovery.claims import Claims
from broadsheet.crawler.discovery.entrances import listing_kind
from broadsheet.crawler.discovery.listings import Listings
from broadsheet.crawler.discovery.remembered import remembered_entries
from broadsheet.crawler.entries import Entry
from broadsheet.crawler.errors import CrawlStopped, OptedOut
from broadsheet.crawler.frontier.ledger import Ledger
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.turns import Turn
from broadsheet.crawler.frontier.visits import Visit
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.reading.archived_pages import ArchivedPages
from broadsheet.crawler.reading.findings import finding_of
from broadsheet.crawler.reading.page_reading import PageReader
from broadsheet.crawler.rendering.requisites import PageRequisites
from broadsheet.crawler.revisiting.revisiting import latest_moment
from broadsheet.crawler.spiders.failures import end_unrecorded, note_failure
from broadsheet.crawler.spiders.redirects import Redirects
from broadsheet.crawler.spiders.requests import Requests, depth_of, filed_as
from broadsheet.storage import captures
from broadsheet.storage.errors import ArchiveError, StoreError
from broadsheet.storage.model import Date, PageKind
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.known_takedowns import KnownTakedowns
from broadsheet.storage.publishing.reservations import opted_out
from broadsheet.storage.urls import site
from broadsheet.storage.versions import PRESENT, REDIRECTS, Finding


class SiteSpider(Spider):
    """Crawls one source; every URL it hears of is noted in the frontier's run, and what became of it."""

    name = "site"

    def __init__(
        self,
        *,
        job: CrawlJob,
        ledger: Ledger,
        run: Run,
        pages: PageReader,
        catalog: Catalog,
        takedowns: KnownTakedowns,
        known: Callable[[], Awaitable[None]],
        archived: ArchivedPages,
        budget: PageBudget,
        **arguments: Any,  # noqa: ANN401 - Scrapy's own spider arguments
    ) -> None:
        super().__init__(**arguments)
        self.job = job
        self.ledger = ledger
        self.run = run
        self.pages = pages
        self.catalog = catalog
        self._known = known
        self.archived = archived
        self.budget = budget
        self.admission = Admission(job, run, catalog, takedowns, budget)
        self._requests = Requests(job, catalog, callback=self.parse, errback=self.failed)
        self._listings = Listings(
            job,
            run,
            self.admission,
            pages,
            named_by_robots=lambda url: named_sitemaps(self.crawler, url),
            kind_of=self._kind_of,
        )
        self._redirects = Redirects(run, self.admission, self._listings, self._requests)
        self._claims = Claims(run, self.admission, catalog, follow=job.follow)
        self._known_revisited = not job.follow
        self.requisites = PageRequisites(run, pages.fetched)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:  # noqa: ANN401
        """Make the spider and have it told when it runs out of requests."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.look_further, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Discover the targets, follow what an ended process had captured and not followed; yield the first request."""
        for visit, url, at in self.run.unfollowed():
            if not await self._follow_from_memory(visit, url, at):
                self.budget.give_back()
                self.run.release(visit.url)
        await self.admission.admit([Entry(url=target, kind="link") for target in self.job.targets], depth=0, via=None)
        for request in self._first_requests():
            yield request
        if not await self._is_known():
            return
        await self._listings.admit_configured()
        await self._listings.admit_found()
        await self.admission.admit_due()

    async def parse(self, response: Response) -> AsyncIterator[Request]:
        """Read a page and note what it leads to; yield where a redirect leads on behalf of the same URL."""
        assert response.request is not None  # noqa: S101 - Scrapy sets it before the callback
        request = response.request
        captured: Captured = request.meta.pop(CAPTURED)
        self.ledger.captured += 1
        if not await self._is_known():
            return  # It is recorded: once it is published, the next process follows it.
        async for following in self._take_up(request, captured):
            yield following

    async def _take_up(self, request: Request, captured: Captured) -> AsyncIterator[Request]:
        capture = captured.capture
        if capture.status in REDIRECTS:
            following = await self._redirects.follow(request, captured)
            if following is not None:
                following.meta[PASSED_OVER_IF] = request.meta.get(PASSED_OVER_IF, ())
                yield following
            else:
                self._claims.refute(capture.filed_as)
            return
        try:
            entries, finding, shown_with = await self._read(captured, depth=depth_of(request))
        except CrawlStopped:
            return  # As above.
        except StoreError:
            end_unrecorded(self.run, capture.filed_as)
            return
        if finding is not None and finding.article is not None:
            self._note_published(capture.filed_as, finding.article.published)
        reserved = opted_out(capture, finding, lambda: captured.response)
        leads_on = await self._follow(captured, finding, entries, reserved, depth=depth_of(request) + 1)
        is_new = self._is_new_article(capture, finding)
        is_repeat = not is_new and finding is not None and finding.article is not None
        self.admission.traps.read(capture.filed_as, is_new_article=is_new, leads_on=leads_on, is_repeat=is_repeat)
        self.admission.ended(capture.filed_as, found=capture.status in {*PRESENT, 304})
        # Only now: once it is settled, it may be published. What it leads to and is shown with is to be known before.
        if reserved:
            self._claims.refute(capture.filed_as)
            if finding is not None and captured.awaited_by is not None:
                captured.awaited_by.settle(capture, finding)
            return
        self.requisites.add(capture.url, shown_with)
        claimed = await self._claims.settle(captured, finding, depth=depth_of(request))
        if claimed is not None and (further := self.request_of(claimed)) is not None:
            yield further

    async def failed(self, failure: Failure) -> None:
        """Note why a request brought no response; what arrived of one has been recorded."""
        request: Request = failure.request  # type: ignore[attr-defined]
        filed = filed_as(request)
        self._claims.refute(filed)
        # What is reserved is not looked for at another spelling of its address.
        self.admission.ended(filed, found=isinstance(failure.value, OptedOut))
        note_failure(self.run, filed, failure.value)

    def look_further(self) -> None:
        """When there is no more to fetch: look where listings lie by custom, then at the articles known as live."""
        assert self.crawler.engine is not None  # noqa: S101 - the engine runs when the spider is idle
        requests = self._listings.guesses() or self._known_articles()
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def request_of(self, visit: Visit) -> Request | None:
        """Return the request for a URL whose turn has come, or note why it is not fetched after all."""
        refusal = self.admission.take_up(visit)
        if refusal is not None:
            self._claims.refute(visit.url)
            self.run.skip(visit.url, *refusal)
            return None
        request = self._requests.to(visit.url, depth=visit.depth, via=visit.via, hints=visit.hints, hops=visit.hops)
        if visit.depth > 0 and visit.kind == "link":
            # Where a crawl starts, and what lists articles, leads to those that are not reserved.
            request.meta[PASSED_OVER_IF] = self.job.obey
        return request

    @property
    def is_busy(self) -> bool:
        """Whether enough pages wait for being read."""
        return self.pages.is_busy

    def has_to_wait(self, visit: Visit, under_way: int) -> bool:
        """Tell whether a URL waits on, given how many of its site are under way."""
        return visit.later and self.admission.traps.is_undecided(visit.url, under_way)

    def _known_articles(self) -> list[Request]:
        """Have the articles fetched that the archive holds as live, and return the first request of them.

        Nothing may link to them any more. An idle engine asks for nothing; with the first it takes up the others.
        """
        if self._known_revisited:
            return []
        self._known_revisited = True
        with self.run.noting_faults():  # Scrapy would only log them.
            self.admission.admit_known()
        return self._first_requests()

    def _first_requests(self) -> list[Request]:
        """Return the request whose turn it is, if there is one: an engine that has nothing to do asks for none."""
        first: list[Visit] = []
        with self.run.noting_faults():
            waiting = [] if self.budget.is_spent else self.run.waiting_sites[:1]
            first = [visit for of in waiting for visit in self.run.lease(of, Turn(most=1))]
        return [request for visit in first if (request := self.request_of(visit)) is not None]

    async def _is_known(self) -> bool:
        """Return whether it is known what the archive holds, as soon as that is settled; where not, the crawl ends."""
        try:
            await self._known()
        except CrawlStopped:
            return False
        except ArchiveError:
            self.run.ended = True
            return False
        return True

    async def _follow_from_memory(self, visit: Visit, url: str, at: datetime) -> bool:
        """Follow what an ended process has captured, as far as it is known where that leads; tell whether it is."""
        # A page that no browser had shown by then was read without one: that says little.
        remembered = None if self.job.render else remembered_entries(self.catalog, url)
        if remembered is None:
            return False
        try:
            shown_with = await self.archived.requisites(visit.url, self.run.started_at) if self.job.requisites else []
        except StoreError:
            return False
        listed = self._is_listing(url, None)
        await self._admit(remembered, depth=visit.depth + 1, via=url, listed=listed)
        self.requisites.add(url, shown_with)
        self.run.answered(visit.url, at)
        return True

    async def _follow(
        self, captured: Captured, finding: Finding | None, entries: list[Entry], reserved: list[str], *, depth: int
    ) -> bool:
        """Note what the capture of a URL leads to, then that it was answered, or is not archived.

        Returns:
            Whether it leads to what is new and looks like an article.
        """
        capture = captured.capture
        listed = self._is_listing(capture.url, finding)
        leads_on = await self._admit(entries, depth=depth, via=capture.url, listed=listed)
        if reserved:
            self.run.skip(capture.filed_as, "opted_out", f"its publisher reserves it: {', '.join(reserved)}")
        else:
            self.run.answered(capture.filed_as, capture.captured_at)
        return leads_on

    async def _admit(self, entries: list[Entry], *, depth: int, via: str, listed: bool = True) -> bool:
        return self.job.follow and await self.admission.admit(entries, depth=depth, via=via, listed=listed)

    async def _read(self, captured: Captured, *, depth: int) -> tuple[list[Entry], Finding | None, list[str]]:
        """Return what a page leads to, read or remembered; what it was read as; and what an article is shown with."""
        capture = captured.capture
        remembered = remembered_entries(self.catalog, capture.url) if capture.revisit else None
        if remembered is not None:
            self._listings.note(self._kind_of(capture.url))
            return remembered, None, []
        if capture.status not in PRESENT or capture.truncated or not self.job.reads(capture):
            return [], None, []

        async def take(entries: list[Entry]) -> None:
            await self._admit(entries, depth=depth + 1, via=capture.url)

        reading = await self.pages.read(captured, take)
        self._listings.note(reading.kind)
        finding = finding_of(reading, expected=capture.request.expected)
        return reading.entries, finding, reading.requisites if finding.article is not None else []

    def _note_published(self, url: str, published: Date | None) -> None:
        moment = None if published is None else latest_moment(published)
        if moment is not None:
            self.run.revisits.note_published(url, moment)

    def _is_listing(self, url: str, finding: Finding | None) -> bool:
        return listing_kind(finding.kind if finding is not None else self._kind_of(url)) is not None

    def _is_new_article(self, capture: captures.Capture, finding: Finding | None) -> bool:
        """Whether a page is an article that no other page of the crawl was."""
        article = None if finding is None else finding.article
        if article is None:
            return self._claims.is_article(capture, finding)
        # Other sites may well show the same: what an agency wrote, say.
        return self.admission.traps.is_new(f"{site(capture.filed_as)}\n{article.title}\n{article.text}")

    def _kind_of(self, url: str) -> PageKind | None:
        known = self.catalog.get(url)
        return known.kind if known is not None else None
