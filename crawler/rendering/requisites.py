"""What a page is shown with: pictures, styles and scripts, fetched within a budget.

Each is an exchange like any other: recorded, kept to robots.txt and the pace of its host, to no address that is not
public. It counts as no page, leads nowhere and becomes no version.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured
from broadsheet.crawler.rendering.fetched_requisites import FetchedRequisites, addresses_in
from broadsheet.storage import captures

LONGEST_REQUISITE = 16 * 1024 * 1024
"""The most bytes that one of them may have on the wire."""

_MOST_OF_PAGE = 100
_MOST_OF_CRAWL = 20_000
_MOST_BYTES_OF_CRAWL = 1024 * 1024 * 1024


def requisite_request(url: str, *, via: str) -> Request:
    """Return the request for something that the page `via` is shown with, without anybody to call."""
    about = captures.Request(purpose="requisite", via=via)
    return Request(url, meta={REQUEST: about, "download_maxsize": LONGEST_REQUISITE}, dont_filter=True)


class PageRequisites:
    """Makes the requests for what the articles of a crawl are shown with, each address once.

    A page may have 100 of them; a crawl 20,000, and 1 GiB of them.

    Args:
        fetched: What browsers have fetched of it, and keep on fetching.
    """

    def __init__(self, fetched: FetchedRequisites) -> None:
        self._fetched = fetched
        self._met: set[str] = set()
        self._left_of_page: dict[str, int] = {}
        self._bytes = 0

    def of_page(self, page: str, addresses: Iterable[str]) -> Iterator[Request]:
        """Yield the requests for what a page is shown with, as far as nobody has made them."""
        self._left_of_page[page] = _MOST_OF_PAGE
        yield from self._requests(page, addresses)

    def _requests(self, page: str, addresses: Iterable[str]) -> Iterator[Request]:
        for url in addresses:
            if len(self._met) >= _MOST_OF_CRAWL or self._bytes >= _MOST_BYTES_OF_CRAWL or not self._left_of_page[page]:
                return
            if url not in self._met:
                self._met.add(url)
                following = self._fetched.leads_to(url)
                if following is not None:
                    yield from self._requests(page, following)
                    continue
                self._left_of_page[page] -= 1
                yield requisite_request(url, via=page).replace(callback=self._arrived, errback=self._missed)

    async def _arrived(self, response: Response) -> AsyncIterator[Request]:
        """Go on from a redirect to where it leads, and from a style sheet to what stands in it."""
        assert response.request is not None  # noqa: S101 - Scrapy sets it before the callback
        captured: Captured = response.request.meta.pop(CAPTURED)
        self._bytes += len(captured.response)
        about: captures.Request = response.request.meta[REQUEST]
        for request in self._requests(about.via or "", addresses_in(captured)):
            yield request

    async def _missed(self, failure: Failure) -> None:
        """Note nothing: what arrived of it is recorded, and the page is shown without."""
