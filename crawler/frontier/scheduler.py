"""Scrapy's scheduler, out of the frontier: requests are made when their turn comes, never before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler

from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.visits import Visit

# How many URLs are taken from the database at a time.
_LEASED_AT_ONCE = 128


class _FrontierSpider(Protocol):
    run: Run
    request_of: Callable[[Visit], Request]


class FrontierScheduler(BaseScheduler):
    """Gives out the URLs of a run: site by site the fewest links away first, and the site first that has least to do.

    What the engine hands in is a URL's that is under way already: a retry, or where a redirect leads. It goes first.
    The spider has a `run`, and `request_of`, which makes a request of a visit.
    """

    def __init__(self) -> None:
        self._handed_in: deque[Request] = deque()
        self._leased: dict[str, deque[Visit]] = {}
        self._spider: _FrontierSpider | None = None

    def open(self, spider: Spider) -> None:
        """Begin with a spider."""
        self._spider = cast("_FrontierSpider", spider)

    def has_pending_requests(self) -> bool:
        """Tell whether anything is left to be fetched."""
        return bool(self._handed_in) or bool(self._sites())

    def enqueue_request(self, request: Request) -> bool:
        """Take a request that is to be made at once."""
        self._handed_in.append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the next request, or None where nothing is left."""
        if self._handed_in:
            return self._handed_in.popleft()
        assert self._spider is not None  # noqa: S101 - the engine opens a scheduler first
        for of_site in self._sites():
            leased = self._leased.setdefault(of_site, deque())
            if not leased:
                with self._spider.run.noting_faults():
                    leased.extend(self._spider.run.lease(of_site, _LEASED_AT_ONCE))
            if leased:
                return self._spider.request_of(leased.popleft())
        return None

    def _sites(self) -> list[str]:
        """Return the sites that have something to fetch, the one with the least under way first."""
        if self._spider is None or self._spider.run.ended:
            return []
        run = self._spider.run
        sites = {of for of, leased in self._leased.items() if leased} | set(run.waiting_sites)
        return sorted(sites, key=lambda of: run.under_way(of) - len(self._leased.get(of, ())))
