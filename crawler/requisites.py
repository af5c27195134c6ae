"""What a page is shown with: pictures, styles, scripts and what scripts ask for, fetched within a budget.

Each is an exchange like any other: recorded, kept to robots.txt and the pace of its host, to no address that is not
public. It counts as no page, leads nowhere and becomes no version.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

import scrapy
from msgspec import Struct
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, IgnoreRequest
from scrapy.http import Response

from broadsheet.crawler.errors import CrawlError
from broadsheet.crawler.recorder import CAPTURED, REQUEST, Captured
from broadsheet.storage import captures
from broadsheet.storage.errors import InvalidURLError, MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.urls import normalise
from broadsheet.storage.versions import redirect_location

Download = Callable[[scrapy.Request], Awaitable[Response]]

_MOST_REDIRECTS = 5
_KEPT_BYTES = 32 * 1024 * 1024
_LONGEST = 16 * 1024 * 1024
_FAILURES = (CrawlError, DownloadCancelledError, DownloadFailedError, IgnoreRequest, OSError)


class Requisite(Struct, frozen=True, kw_only=True):
    """An answer as a browser reads it: headers as sent, the body without codings."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Budget(Struct, kw_only=True):
    """What a page may still be shown with: so many requests, and so many bytes of bodies without codings."""

    requests: int = 200
    size: int = 32 * 1024 * 1024

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be fetched for the page."""
        return self.requests <= 0 or self.size <= 0


class Requisites:
    """Fetches requisites; what may be asked for again soon is kept in memory for the crawl, up to 32 MiB.

    Args:
        download: Makes a request of the crawl and returns its response.
    """

    def __init__(self, download: Download) -> None:
        self._download = download
        self._kept: OrderedDict[str, Requisite] = OrderedDict()
        self._kept_bytes = 0

    async def fetch(
        self, url: str, budget: Budget, *, via: str, headers: Mapping[str, str] | None = None, keep: bool = False
    ) -> Requisite | None:
        """Return a requisite, wherever redirects lead; None where it cannot be had or the budget is spent.

        Args:
            url: Its address.
            budget: What is left for the page; what is fetched is taken from it.
            via: The page.
            headers: What to ask with, beside what every request has.
            keep: Whether one answer does for the whole crawl.
        """
        kept = self._kept.get(url)
        if kept is not None:
            self._kept.move_to_end(url)
            return kept
        requisite = await self._follow(url, budget, via, headers or {})
        if requisite is not None and keep and requisite.status == 200:
            self._keep(url, requisite)
        return requisite

    async def _follow(self, url: str, budget: Budget, via: str, headers: Mapping[str, str]) -> Requisite | None:
        for _ in range(_MOST_REDIRECTS + 1):
            if budget.is_spent:
                return None
            budget.requests -= 1
            captured = await self._ask(url, via, headers)
            if captured is None:
                return None
            location = redirect_location(captured.capture)
            if location is None:
                return _read(captured, budget)
            url = location
        return None

    async def _ask(self, url: str, via: str, headers: Mapping[str, str]) -> Captured | None:
        try:
            request = scrapy.Request(
                normalise(url),
                headers=dict(headers),
                meta={REQUEST: captures.Request(purpose="requisite", via=via), "download_maxsize": _LONGEST},
                dont_filter=True,
            )
            response = await self._download(request)
        except (InvalidURLError, *_FAILURES):
            return None  # What arrived of it is recorded; a page is shown without.
        assert response.request is not None  # noqa: S101 - Scrapy sets it
        captured: Captured | None = response.request.meta.get(CAPTURED)
        return captured

    def _keep(self, url: str, requisite: Requisite) -> None:
        self._kept[url] = requisite
        self._kept_bytes += len(requisite.body)
        while self._kept_bytes > _KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped.body)


def _read(captured: Captured, budget: Budget) -> Requisite | None:
    try:
        message = parse_response(captured.response)
        body = decoded_body(message, limit=_LONGEST)
    except MessageError:
        return None
    budget.size -= len(body)
    return Requisite(status=message.status, headers=message.headers, body=body)
