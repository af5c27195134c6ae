"""What a browser asks for: fetched once for the crawl where it is the same, within a bound of memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import scrapy
from scrapy.http import Response

from broadsheet.crawler.capturing.open_segment import OpenSegment
from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured
from broadsheet.crawler.capturing.shown_page import ShownPage
from broadsheet.crawler.rendering.browser_requests import BrowserRequests, Budget
from broadsheet.crawler.rendering.fetched_requisites import FetchedRequisites
from broadsheet.storage.captures import Capture
from broadsheet.storage.publishing.batch import Batch

_MIB = 1024 * 1024
SCRIPT = "https://news.example/app.js"


def captured(request: scrapy.Request, body: bytes) -> Captured:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: {len(body)}\r\n\r\n"
    capture = Capture(
        url=request.url,
        captured_at=datetime(2026, 11, 26, tzinfo=UTC),
        status=200,
        record_id="urn:uuid:0",
        request=request.meta[REQUEST],
    )
    return Captured(capture=capture, response=head.encode() + body, awaited_by=None)


def shown(place: Path) -> ShownPage:
    return ShownPage("https://news.example/", OpenSegment(Batch(place / "batch"), "urn:uuid:1"), is_obeyed=False)


def test_pages_that_ask_for_the_same_at_once_have_it_fetched_once(tmp_path: Path) -> None:
    fetched: list[str] = []

    async def download(request: scrapy.Request) -> Response:
        fetched.append(request.url)
        await asyncio.sleep(0)
        request.meta[CAPTURED] = captured(request, b"x" * 12 * _MIB)
        return Response(request.url, request=request)

    async def ask() -> None:
        requests, page = BrowserRequests(download, FetchedRequisites()), shown(tmp_path)
        together = [requests.fetch(SCRIPT, Budget(), page=page, keep=True) for _ in range(5)]
        assert all(await asyncio.gather(*together))
        assert len(fetched) == 1
        assert await requests.fetch(SCRIPT, Budget(), page=page, keep=True) is not None
        assert len(fetched) == 1, "it is still kept"

    asyncio.run(ask())
