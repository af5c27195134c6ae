"""Scrapy's scheduler, out of the frontier: requests are made when their turn comes, never before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler

from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.turns import Turn
from broadsheet.crawler.frontier.visits import Visit

# How many URLs are taken from the database at a time.
_LEASED_AT_ONCE = 128


class _Beside(Protocol):
    @property
    def are_waiting(self) -> bool: ...

    def next_request(self) -> Request | None: ...


class _Budget(Protocol):
    @property
    def left(self) -> int: ...

    @property
    def has_listings_left(self) -> bool: ...


class _FrontierSpider(Protocol):
    run: Run
    budget: _Budget
    requisites: _Beside
    request_of: Callable[[Visit], Request | None]
    has_to_wait: Callable[[Visit, int], bool]

    @property
    def is_busy(self) -> bool: ...


class FrontierScheduler(BaseScheduler):
    """Gives out the URLs of a run: site by site the fewest links away first, and the site first that has least to do.

    What the engine hands in is a URL's that is under way already: a retry, or where a redirect leads. It goes first,
    and after it what pages that were read are shown with: the `requisites` of the spider.
    The spider has a `run`, and `request_of`, which makes a request of a visit, or
    notes why it is not fetched after all; `has_to_wait` says whether its turn has not come yet, and `is_busy` whether
    none is given out for now. Where more waits than its `budget` allows, what feeds and sitemaps list is waited for,
    since it may be newer.
    """

    def __init__(self) -> None:
        self._handed_in: deque[Request] = deque()
        self._leased: dict[str, deque[Visit]] = {}
        self._listings: dict[str, int] = {}
        self._spider: _FrontierSpider | None = None

    def open(self, spider: Spider) -> None:
        """Begin with a spider."""
        self._spider = cast("_FrontierSpider", spider)

    def has_pending_requests(self) -> bool:
        """Tell whether anything is left to be fetched."""
        return bool(self._handed_in) or bool(self._sites()) or self._are_requisites_waiting

    def enqueue_request(self, request: Request) -> bool:
        """Take a request that is to be made at once."""
        self._handed_in.append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the next request, or None where nothing is left."""
        if self._handed_in:
            return self._handed_in.popleft()
        assert self._spider is not None  # noqa: S101 - the engine opens a scheduler first
        if (requisite := self._spider.requisites.next_request()) is not None:
            return requisite
        for of_site in () if self._spider.is_busy else self._sites():
            request = self._next_of(of_site, self._spider)
            if request is not None:
                return request
        return None

    def _next_of(self, of_site: str, spider: _FrontierSpider) -> Request | None:
        leased = self._leased.setdefault(of_site, deque())
        while spider.budget.left:
            if not leased:
                with spider.run.noting_faults():
                    leased.extend(spider.run.lease(of_site, self._turn(spider)))
            if not leased or spider.has_to_wait(leased[0], spider.run.under_way(of_site) - len(leased)):
                return None  # The engine asks again when a page has been read.
            visit = leased.popleft()
            if visit.kind != "link" and self._come_last(spider) and self._listings_under_way(spider):
                spider.run.release(visit.url)
            elif (request := spider.request_of(visit)) is not None:
                if visit.kind != "link":
                    self._listings[visit.url] = visit.depth
                return request
        return None

    def _turn(self, spider: _FrontierSpider) -> Turn:
        """Return what is given out next: what feeds and sitemaps list that are under way may be better."""
        under_way, left = self._listings_under_way(spider), spider.budget.left
        deepest = min(under_way.values(), default=None) if spider.run.waiting > left else None
        most = min(_LEASED_AT_ONCE, left)
        if not self._come_last(spider):
            return Turn(most=most, deepest=deepest)
        return Turn(most=most, deepest=deepest, listings="not now" if under_way else "last")

    def _come_last(self, spider: _FrontierSpider) -> bool:
        """Tell whether feeds and sitemaps have had their share."""
        return not spider.budget.has_listings_left

    def _listings_under_way(self, spider: _FrontierSpider) -> dict[str, int]:
        """Return the feeds and sitemaps that are fetched or read now, with how many links they are from a target."""
        self._listings = {url: depth for url, depth in self._listings.items() if spider.run.is_under_way(url)}
        return self._listings

    @property
    def _are_requisites_waiting(self) -> bool:
        return self._spider is not None and self._spider.requisites.are_waiting

    def _sites(self) -> list[str]:
        """Return the sites that have something to fetch, the one with the least under way first."""
        if self._spider is None or self._spider.run.ended or not self._spider.budget.left:
            return []
        run = self._spider.run
        sites = {of for of, leased in self._leased.items() if leased} | set(run.waiting_sites)
        return sorted(sites, key=lambda of: run.under_way(of) - len(self._leased.get(of, ())))
