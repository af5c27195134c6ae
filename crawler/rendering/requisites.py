"""What a page is shown with: pictures, styles and scripts, fetched within a budget.

Each is an exchange like any other: recorded, kept to robots.txt and the pace of its host, to no address that is not
public. It counts as no page, leads nowhere and becomes no version.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured
from broadsheet.crawler.entries import absolute
from broadsheet.storage import captures
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.versions import redirect_location

LONGEST_REQUISITE = 16 * 1024 * 1024
"""The most bytes that one of them may have on the wire."""

_MOST_OF_PAGE = 100
_MOST_OF_CRAWL = 20_000
_MOST_BYTES_OF_CRAWL = 1024 * 1024 * 1024
_LONGEST_STYLE = 1024 * 1024
# CSS Values 4, section 4.5; CSS Cascade 5, section 2.1.
_IN_STYLE = re.compile(r"""url\(\s*["']?([^"')\s]{1,2000})|@import\s+["']([^"']{1,2000})""", re.IGNORECASE)


def requisite_request(url: str, *, via: str) -> Request:
    """Return the request for something that the page `via` is shown with, without anybody to call."""
    about = captures.Request(purpose="requisite", via=via)
    return Request(url, meta={REQUEST: about, "download_maxsize": LONGEST_REQUISITE}, dont_filter=True)


class PageRequisites:
    """Makes the requests for what the articles of a crawl are shown with, each address once.

    A page may have 100 of them; a crawl 20,000, and 1 GiB of them.
    """

    def __init__(self) -> None:
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
                self._left_of_page[page] -= 1
                yield requisite_request(url, via=page).replace(callback=self._arrived, errback=self._missed)

    async def _arrived(self, response: Response) -> AsyncIterator[Request]:
        """Go on from a redirect to where it leads, and from a style sheet to what stands in it."""
        assert response.request is not None  # noqa: S101 - Scrapy sets it before the callback
        captured: Captured = response.request.meta.pop(CAPTURED)
        self._bytes += len(captured.response)
        about: captures.Request = response.request.meta[REQUEST]
        for request in self._requests(about.via or "", _addresses(captured)):
            yield request

    async def _missed(self, failure: Failure) -> None:
        """Note nothing: what arrived of it is recorded, and the page is shown without."""


def _addresses(captured: Captured) -> list[str]:
    capture = captured.capture
    location = redirect_location(capture)
    if location is not None:
        found: list[str | None] = [absolute(location, capture.url)]
    elif capture.mime == "text/css" and capture.status == 200:
        found = [absolute(reference, capture.url) for reference in _in_style(captured.response)]
    else:
        found = []
    return [url for url in found if url is not None]


def _in_style(response: bytes) -> list[str]:
    try:
        style = decoded_body(parse_response(response), limit=_LONGEST_STYLE).decode("utf-8", "replace")
    except MessageError:
        return []
    return [first or second for first, second in _IN_STYLE.findall(style)]
