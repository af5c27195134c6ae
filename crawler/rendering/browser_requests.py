"""What a browser asks for while it shows a page, fetched by the crawl within a budget for the page."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

import scrapy
from msgspec import Struct
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, IgnoreRequest
from scrapy.http import Response

from broadsheet.crawler.capturing.recorder import CAPTURED, Captured
from broadsheet.crawler.capturing.shown_page import SHOWN, ShownPage
from broadsheet.crawler.errors import CrawlError
from broadsheet.crawler.rendering.fetched_requisites import FetchedRequisites
from broadsheet.crawler.rendering.requisites import LONGEST_REQUISITE, requisite_request
from broadsheet.storage.errors import InvalidURLError, MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.urls import normalise
from broadsheet.storage.versions import redirect_location

Download = Callable[[scrapy.Request], Awaitable[Response]]

_MOST_REDIRECTS = 5
_KEPT_BYTES = 32 * 1024 * 1024
_FAILURES = (CrawlError, DownloadCancelledError, DownloadFailedError, IgnoreRequest, OSError)


class BrowserAnswer(Struct, frozen=True, kw_only=True):
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


class BrowserRequests:
    """Fetches what a browser asks for; what may be asked for again soon is kept in memory for the crawl, up to 32 MiB.

    Args:
        download: Makes a request of the crawl and returns its response.
        fetched: Told of all that was recorded.
    """

    def __init__(self, download: Download, fetched: FetchedRequisites) -> None:
        self._download = download
        self._fetched = fetched
        self._under_way: dict[str, asyncio.Task[BrowserAnswer | None]] = {}
        self._kept: OrderedDict[str, BrowserAnswer] = OrderedDict()
        self._kept_bytes = 0

    async def fetch(
        self, url: str, budget: Budget, *, page: ShownPage, headers: Mapping[str, str] | None = None, keep: bool = False
    ) -> BrowserAnswer | None:
        """Return an answer, wherever redirects lead; None where it cannot be had or the budget is spent.

        Args:
            url: Its address.
            budget: What is left for the page; what is fetched is taken from it.
            page: The page that asks.
            headers: What to ask with, beside what every request has.
            keep: Whether one answer does for the whole crawl.
        """
        kept = self._kept.get(url)
        if kept is not None:
            self._kept.move_to_end(url)
            page.reused.append(url)
            return kept
        if not keep:
            return await self._follow(url, budget, page, headers or {})
        task = self._under_way.get(url)
        if task is None:
            task = asyncio.ensure_future(self._follow(url, budget, page, headers or {}))
            self._under_way[url] = task
            task.add_done_callback(lambda done: self._ended(url, done))
        else:
            page.reused.append(url)
        # Shielded: the page that asked first may be closed, and others wait for the same.
        return await asyncio.shield(task)

    def _ended(self, url: str, task: asyncio.Task[BrowserAnswer | None]) -> None:
        del self._under_way[url]
        if task.cancelled() or task.exception() is not None:
            return
        answer = task.result()
        if answer is not None and answer.status == 200:
            self._keep(url, answer)

    async def _follow(
        self, url: str, budget: Budget, page: ShownPage, headers: Mapping[str, str]
    ) -> BrowserAnswer | None:
        for _ in range(_MOST_REDIRECTS + 1):
            if budget.is_spent:
                return None
            budget.requests -= 1
            captured = await self._ask(url, page, headers)
            if captured is None:
                return None
            location = redirect_location(captured.capture)
            if location is None:
                return _read(captured, budget)
            url = location
        return None

    async def _ask(self, url: str, page: ShownPage, headers: Mapping[str, str]) -> Captured | None:
        try:
            request = requisite_request(normalise(url), via=page.url)
            request.meta[SHOWN] = page
            request.headers.update(headers)
            response = await self._download(request)
        except (InvalidURLError, *_FAILURES):
            return None  # What arrived of it is recorded; a page is shown without.
        assert response.request is not None  # noqa: S101 - Scrapy sets it
        captured: Captured | None = response.request.meta.get(CAPTURED)
        if captured is not None:
            self._fetched.note(captured, page)
        return captured

    def _keep(self, url: str, answer: BrowserAnswer) -> None:
        self._kept[url] = answer
        self._kept_bytes += len(answer.body)
        while self._kept_bytes > _KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped.body)


def _read(captured: Captured, budget: Budget) -> BrowserAnswer | None:
    try:
        message = parse_response(captured.response)
        body = decoded_body(message, limit=LONGEST_REQUISITE)
    except MessageError:
        return None
    budget.size -= len(body)
    return BrowserAnswer(status=message.status, headers=message.headers, body=body)
