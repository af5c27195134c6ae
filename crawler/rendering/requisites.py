"""What a page is shown with: pictures, styles and scripts, fetched within a budget.

Each is an exchange like any other: recorded, kept to robots.txt and the pace of its host, to no address that is not
public. It counts as no page, leads nowhere and becomes no version.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured
from broadsheet.crawler.courtesy.tdm import IS_REQUISITE
from broadsheet.crawler.errors import CrawlStopped
from broadsheet.crawler.frontier.requisites import Requisite
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.rendering.fetched_requisites import FetchedRequisites, addresses_in
from broadsheet.storage import captures

LONGEST_REQUISITE = 16 * 1024 * 1024
"""The most bytes that one of them may have on the wire."""

_LEASED_AT_ONCE = 32
_MOST_OF_PAGE = 100
_MOST_OF_CRAWL = 20_000
_MOST_BYTES_OF_CRAWL = 1024 * 1024 * 1024


def requisite_request(url: str, *, via: str) -> Request:
    """Return the request for something that the page `via` is shown with, without anybody to call."""
    about = captures.Request(purpose="requisite", via=via)
    return Request(
        url, meta={REQUEST: about, IS_REQUISITE: True, "download_maxsize": LONGEST_REQUISITE}, dont_filter=True
    )


class PageRequisites:
    """Makes the requests for what the articles of a crawl are shown with, each address once.

    A page may have 100 of them; a crawl 20,000, and 1 GiB of them.

    Args:
        run: Where they wait for their turn.
        fetched: What browsers have fetched of it, and keep on fetching.
    """

    def __init__(self, run: Run, fetched: FetchedRequisites) -> None:
        self._run = run
        self._fetched = fetched
        self._leased: deque[Requisite] = deque()

    def add(self, page: str, addresses: Sequence[str]) -> None:
        """Have what a page is shown with fetched, as far as it was not met before."""
        queue = self._run.requisites
        if addresses and queue.met < _MOST_OF_CRAWL and queue.exchanged < _MOST_BYTES_OF_CRAWL:
            queue.add(self._unfetched(addresses, set()), via=page, most=_MOST_OF_PAGE)

    @property
    def are_waiting(self) -> bool:
        """Whether `next_request` has one."""
        return not self._run.ended and (bool(self._leased) or self._run.requisites.waiting > 0)

    def next_request(self) -> Request | None:
        """Return the next request, or None where nothing waits."""
        if not self._leased and self.are_waiting:
            with self._run.noting_faults():
                self._leased.extend(self._run.requisites.lease(_LEASED_AT_ONCE))
        if self._run.ended or not self._leased:
            return None
        url, via = self._leased.popleft()
        return requisite_request(url, via=via).replace(callback=self._arrived, errback=self._missed)

    def _unfetched(self, addresses: Sequence[str], met: set[str]) -> Iterator[str]:
        """Yield those that no browser has fetched, and what those that one has lead to."""
        for url in addresses:
            following = None if url in met else self._fetched.leads_to(url)
            if following is not None:
                met.add(url)
                yield from self._unfetched(following, met)
            elif url not in met:
                yield url

    async def _arrived(self, response: Response) -> None:
        """Go on from a redirect to where it leads, and from a style sheet to what stands in it."""
        assert response.request is not None  # noqa: S101 - Scrapy sets it before the callback
        captured: Captured = response.request.meta.pop(CAPTURED)
        about: captures.Request = response.request.meta[REQUEST]
        self.add(about.via or "", addresses_in(captured))
        self._run.requisites.answered(response.request.url, len(captured.response))

    async def _missed(self, failure: Failure) -> None:
        """Note that nothing came: what arrived of it is recorded, and the page is shown without."""
        request: Request = failure.request  # type: ignore[attr-defined]
        if not isinstance(failure.value, CrawlStopped):
            self._run.requisites.answered(request.url, 0)
