"""Pages that need JavaScript, shown by a real Chromium (scrapy-playwright, in the extra ``javascript``).

The browser has no network. The page itself it gets as it was captured; whatever the page asks for, the crawl fetches
and records (`BrowserRequests`), so that the address guard, robots.txt and the pace of each host hold for scripts too,
and the archive has every byte that the document was made of. Each page has a context of its own, without cookies or
storage of another: a site counts no reader across pages.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from broadsheet.crawler.capturing.shown_page import ShownPage
from broadsheet.crawler.errors import RenderingError
from broadsheet.crawler.rendering.browser_requests import BrowserAnswer, BrowserRequests, Budget
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

_log = logging.getLogger(__name__)

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_AT_ONCE = 2
_SECONDS = 50.0
_QUIET_SECONDS = 15.0
_MOST_BYTES = 32 * 1024 * 1024
# What makes up the document; pictures, films and fonts only change how it looks.
_NEEDED = frozenset({"document", "script", "stylesheet", "xhr", "fetch"})
_KEPT = frozenset({"script", "stylesheet"})
_PASSED_ON = ("accept", "origin", "x-requested-with")
# They tell of the body as it was sent; the browser gets it without codings.
_OF_THE_WIRE = frozenset(
    {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "set-cookie"}
)


def find_browser() -> str | None:
    """Return the Chromium that ``$BROADSHEET_CHROMIUM`` names, else the first on the path; None where there is none."""
    return os.environ.get("BROADSHEET_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def add_browser(settings: Settings) -> None:
    """Have the settings of a crawl say how a Chromium is started that reaches nothing by itself.

    Raises:
        RenderingError: The extra ``javascript`` is not installed, or no Chromium is.
    """
    if find_spec("scrapy_playwright") is None:
        raise RenderingError(
            "pages are to be shown by a browser, and the extra `javascript` is not installed: "
            "pip install 'broadsheet[javascript]'"
        )
    program = find_browser()
    if program is None:
        raise RenderingError(
            "pages are to be shown by a browser, and none is there: "
            "install Chromium, or set BROADSHEET_CHROMIUM to its path"
        )
    launch: dict[str, Any] = {
        "executable_path": program,
        # Chromium's own sandbox cannot be had as root.
        "chromium_sandbox": os.geteuid() != 0,
        # Nothing listens there: what no route answers has nowhere to go, loopback included.
        "proxy": {"server": "http://127.0.0.1:9", "bypass": "<-loopback>"},
        "args": [
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-quic",
            "--disable-sync",
            "--no-first-run",
        ],
    }
    settings.set("PLAYWRIGHT_LAUNCH_OPTIONS", launch, priority="cmdline")
    settings.set("PLAYWRIGHT_MAX_CONTEXTS", _AT_ONCE, priority="cmdline")


def renderer_name() -> str:
    """Return what shows the pages, as the archive says it: the versions that one can know before it runs."""
    return f"Chromium through Playwright/{version('playwright')} and scrapy-playwright/{version('scrapy-playwright')}"


class Renderer:
    """Shows captured pages, two at a time, and returns what their scripts made of them.

    Args:
        crawler: The crawl, with `add_browser` in its settings.
        requests: Fetches what a page asks for.
    """

    def __init__(self, crawler: Crawler, requests: BrowserRequests) -> None:
        from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

        logging.getLogger("scrapy-playwright").setLevel(logging.CRITICAL)
        self._requests = requests
        self._handler = ScrapyPlaywrightDownloadHandler(crawler)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._shown = 0
        self._starting: asyncio.Task[None] | None = None

    async def render(self, page: ShownPage, response: bytes) -> bytes:
        """Return the document that a page's scripts made of it, in UTF-8.

        Args:
            page: The page.
            response: The response as received.

        Raises:
            RenderingError: The browser does not start, fails, or is not done within 50 s.
        """
        async with self._room:
            try:
                return await asyncio.wait_for(self._show(page, response), _SECONDS)
            except TimeoutError as error:
                raise RenderingError(f"the browser was not done with {page.url} within {_SECONDS:.0f} s") from error
            except MessageError as error:
                raise RenderingError(f"{page.url} cannot be shown: {error}") from error
            except Exception as error:
                if isinstance(error, RenderingError) or not _is_of_playwright(error):
                    raise
                first_line = str(error).partition("\n")[0]
                raise RenderingError(f"the browser failed at {page.url}: {first_line}") from error

    async def close(self) -> None:
        """End the browser."""
        await self._handler.close()

    async def _show(self, page: ShownPage, response: bytes) -> bytes:
        await self._start()
        shown = _Shown(page, response, self._requests)
        self._shown += 1
        request = scrapy.Request(
            page.url,
            meta={
                "playwright": True,
                "playwright_context": f"page-{self._shown}",
                "playwright_context_kwargs": {"service_workers": "block", "accept_downloads": False},
                "playwright_include_page": True,
                "playwright_page_init_callback": shown.prepare,
                "playwright_page_methods": [_settling()],
                "playwright_page_goto_kwargs": {"wait_until": "domcontentloaded"},
            },
        )
        try:
            made = await self._handler.download_request(request)
        finally:
            opened = request.meta.get("playwright_page")
            if opened is not None:
                await opened.context.close()
        document: bytes = made.text.encode("utf-8", "replace")
        if len(document) > _MOST_BYTES:
            raise RenderingError(f"the scripts of {page.url} made a document of more than {_MOST_BYTES >> 20} MiB")
        return document

    async def _start(self) -> None:
        """Start what drives the browser; Scrapy would, with the first signal, for a handler of its own."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._handler._launch())  # noqa: SLF001 - it has no other way
        await asyncio.shield(self._starting)


class _Shown:
    """One page on show: answers what it asks for."""

    def __init__(self, page: ShownPage, response: bytes, requests: BrowserRequests) -> None:
        message = parse_response(response)
        self._page = page
        self._document: BrowserAnswer | None = BrowserAnswer(
            status=message.status, headers=message.headers, body=decoded_body(message, limit=_MOST_BYTES)
        )
        self._requests = requests
        self._budget = Budget()

    async def prepare(self, page: Page, _request: scrapy.Request) -> None:
        """Have the page ask us and nobody else."""
        await page.route_web_socket("**", lambda socket: socket.close())
        await page.route("**", self._answer)

    async def _answer(self, route: Route) -> None:
        asked = route.request
        answer: BrowserAnswer | None = None
        if asked.is_navigation_request() and asked.frame.parent_frame is None:
            # The page, once. Where a script leads elsewhere, that is another page.
            answer, self._document = self._document, None
        elif asked.method == "GET" and asked.resource_type in _NEEDED and not asked.is_navigation_request():
            headers = {name: asked.headers[name] for name in _PASSED_ON if name in asked.headers}
            answer = await self._requests.fetch(
                asked.url, self._budget, page=self._page, headers=headers, keep=asked.resource_type in _KEPT
            )
        try:
            if answer is None:
                await route.abort()
            else:
                await route.fulfill(status=answer.status, headers=_headers(answer), body=answer.body)
        except Exception as error:
            # The page was closed while we fetched for it.
            if not _is_of_playwright(error):
                raise


def _headers(answer: BrowserAnswer) -> dict[str, str]:
    """Several headers of a name become one (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for name, value in answer.headers:
        lowered = name.lower()
        if lowered not in _OF_THE_WIRE:
            headers[lowered] = f"{headers[lowered]}, {value}" if lowered in headers else value
    return headers


def _settling() -> Any:  # noqa: ANN401 - a type of scrapy-playwright, which may not be there
    from scrapy_playwright.page import PageMethod

    return PageMethod(_settle)


async def _settle(page: Page) -> None:
    """Wait until the page asks for nothing any more; one that never ceases is taken as it is."""
    from playwright.async_api import TimeoutError as QuietTimeoutError

    try:
        await page.wait_for_load_state("networkidle", timeout=_QUIET_SECONDS * 1000)
    except QuietTimeoutError:
        _log.debug("%s asks on and on; it is taken as it is", page.url)


def _is_of_playwright(error: Exception) -> bool:
    from playwright.async_api import Error

    return isinstance(error, Error)
