"""The download handler that keeps every exchange as it was on the wire, and refuses private addresses.

With `connections.py` and `parser.py` it is all that uses private names of Scrapy and Twisted; tests/crawler/wire/
test_handler.py compares what they keep with what a raw-socket server sent and received, byte for byte, and fails when
an upgrade changes them.

One download is one exchange: Twisted's silent retry on a stale connection is off, RetryMiddleware sees it. A
component that wants the exchanges calls `listen`. Its listener is called once for each exchange of which a
byte reached the wire, failed ones included, before the response or the error goes on to the middlewares; an
error that it raises fails the download, so a page that could not be recorded is never acknowledged. A Scrapy
signal would swallow that error, and cost more than the call.
"""
# Private names of Scrapy are this module's reason to be.
# ruff: noqa: SLF001
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urldefrag
from weakref import WeakKeyDictionary

# First: what is imported below leads to it.
import broadsheet.crawler.wire.scrapy_tls  # noqa: F401

# isort: split

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadFailedError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from twisted.python.failure import Failure

from broadsheet.crawler.errors import (
    BlockedAddressError,
    CrawlStopped,
    NoContactError,
    UntrustedCertificateError,
)
from broadsheet.crawler.wire.certificates import refusal
from broadsheet.crawler.wire.connections import RECORDING, WirePool, blocked
from broadsheet.crawler.wire.inflow import Inflow
from broadsheet.crawler.wire.recording import Recording
from broadsheet.crawler.wire.resolver import GuardedResolver
from broadsheet.storage.model import Exchange

Listener = Callable[[Exchange, Request], None]
# Given how many seconds a fetch took, and the status of its answer, or None where no whole one came.
Timed = Callable[[float, int | None], None]

_listeners: WeakKeyDictionary[Crawler, Listener] = WeakKeyDictionary()
_timed: WeakKeyDictionary[Crawler, Timed] = WeakKeyDictionary()
_sent: WeakKeyDictionary[Crawler, Callable[[Request], None]] = WeakKeyDictionary()
_under_way: WeakKeyDictionary[Crawler, set[asyncio.Future[Response]]] = WeakKeyDictionary()


def listen(crawler: Crawler, listener: Listener) -> None:
    """Have every exchange of a crawler handed over, together with the request it was made for.

    Args:
        crawler: Whose exchanges.
        listener: Called synchronously; what it puts into the request's meta, the callback finds in the
            response's, if there is one. It replaces an earlier one.
    """
    _listeners[crawler] = listener


def tell_when_sent(crawler: Crawler, told: Callable[[Request], None]) -> None:
    """Have it told when a request of a crawl begins to go over the wire, its connection being made.

    Args:
        crawler: Whose requests.
        told: Called then; it replaces an earlier one.
    """
    _sent[crawler] = told


def time_fetches(crawler: Crawler, timed: Timed) -> None:
    """Have it told how long each fetch of a crawl took, those that failed included.

    What is refused before anything is asked is no fetch, nor is one that is cut off because the crawl ends.

    Args:
        crawler: Whose fetches.
        timed: Called when one is over; it replaces an earlier one.
    """
    _timed[crawler] = timed


def drop_waiting(crawler: Crawler) -> None:
    """Refuse what waits for its turn at a host, so that a crawl that is ended waits for no delay.

    Scrapy's own stop goes on to fetch all of it, at the pace of each host.
    """
    engine = crawler._engine
    for slot in engine.downloader.slots.values() if engine else ():
        while slot.queue:
            request, waiting = slot.queue.popleft()
            waiting.errback(Failure(CrawlStopped(f"the crawl was ended before {request.url} was fetched")))


def cut_off(crawler: Crawler) -> None:
    """End the fetches that are under way; what arrived of them is recorded as truncated."""
    for fetch in tuple(_under_way.get(crawler, ())):
        fetch.cancel()


class WireDownloadHandler(HTTP11DownloadHandler):
    """Downloads over HTTP/1.1, keeping the bytes.

    Settings: ALLOW_PRIVATE_ADDRESSES (false) lifts the refusal of addresses that are not public;
    ALLOW_PUBLIC_ADDRESSES (true), turned off, refuses those that are;
    PROXY is a `Proxy` that all connections go through, or None;
    FETCH_DEADLINE (55) is the number of seconds a fetch may last in all, name resolution and body included;
    DOWNLOAD_MAXSIZE bounds what is read, head and framing with an allowance.

    Raises, beside what Scrapy's handler raises:
        BlockedAddressError: The host is at an address that is not public.
        NoContactError: The host is at a public address, and those are refused.
        UntrustedCertificateError: The host's certificate is refused.
        CrawlStopped: The crawl was ended while the fetch was under way (`cut_off`).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._deadline = settings.getfloat("FETCH_DEADLINE", 55)
        allow_private = settings.getbool("ALLOW_PRIVATE_ADDRESSES")
        allow_public = settings.getbool("ALLOW_PUBLIC_ADDRESSES", default=True)
        proxy = settings.get("PROXY")
        self._inflow = Inflow(self._pool._reactor, partial(_waiting_to_be_read, crawler))
        self._pool = WirePool(
            self._pool, allowed={True: allow_public, False: allow_private}, proxy=proxy, inflow=self._inflow
        )
        self._under_way = _under_way.setdefault(crawler, set())

    async def download_request(self, request: Request) -> Response:
        """Download, and hand the exchange to the crawler's listener, whatever came of it."""
        begun, timed = time.monotonic(), _timed.get(self._crawler, _tell_nobody)
        try:
            response = await self._download(request)
        except (BlockedAddressError, NoContactError, CrawlStopped):
            raise
        except Exception:
            timed(time.monotonic() - begun, None)
            raise
        timed(time.monotonic() - begun, response.status)
        return response

    async def _download(self, request: Request) -> Response:
        on_wire = partial(_sent.get(self._crawler, _tell_no_one), request)
        recording = Recording(request.meta.get("download_maxsize", self._default_maxsize), on_wire)
        RECORDING.set(recording)
        timeout = request.meta.get("download_timeout") or self._deadline
        request.meta["download_timeout"] = min(timeout, self._deadline)
        fetch = asyncio.ensure_future(super().download_request(request))
        self._under_way.add(fetch)
        fetch.add_done_callback(self._under_way.discard)
        try:
            response = await fetch
        except BaseException as error:
            self._hand_over(recording, request, error)
            self._explain(error, recording, request)
            raise
        finally:
            self._inflow.end(recording)
        self._hand_over(recording, request, None)
        self._explain(None, recording, request)
        return response

    def _hand_over(self, recording: Recording, request: Request, error: BaseException | None) -> None:
        listener = _listeners.get(self._crawler)
        exchange = recording.exchange(urldefrag(request.url).url, error)
        if listener is None or exchange is None:
            return
        known = set(request.meta)
        listener(exchange, request)
        if error is not None:
            # There is no callback that would find it, and with the error it would live for long.
            for key in request.meta.keys() - known:
                del request.meta[key]

    def _explain(self, error: BaseException | None, recording: Recording, request: Request) -> None:
        """Raise what really happened, where Twisted knows it by another name."""
        if isinstance(error, asyncio.CancelledError):
            raise CrawlStopped(f"the crawl was ended while {request.url} was fetched") from error
        if recording.too_long:
            raise DownloadCancelledError(f"{request.url} is longer than is fetched") from error
        if error is None:
            return
        host = urlparse_cached(request).hostname or ""
        if why := refusal(error):
            raise UntrustedCertificateError(f"the certificate of {host} is refused: {why}") from error
        if isinstance(error, DownloadFailedError):
            came = "the answer broke off" if recording.size else "no answer came"
            raise DownloadFailedError(f"{came}: {_said(error)}") from error
        resolver = self._pool._reactor.nameResolver
        guarded = isinstance(error, CannotResolveHostError) and isinstance(resolver, GuardedResolver)
        if guarded and (refused := resolver.refused_address(host)):
            raise blocked(refused) from error


def _said(error: DownloadFailedError) -> str:
    """Return why a fetch failed: Twisted shows the objects that it knows it by, not what they say."""
    reasons: list[Failure] = getattr(error.__cause__, "reasons", None) or []
    said = [str(reason.value) or type(reason.value).__name__ for reason in reasons]
    return "; ".join(dict.fromkeys(said)) or str(error)


def _tell_no_one(_request: Request) -> None:
    pass


def _tell_nobody(_seconds: float, _status: int | None) -> None:
    pass


def _waiting_to_be_read(crawler: Crawler) -> int:
    """How many bytes of responses have been handed to the spider that it has not dealt with."""
    slot = crawler._engine.scraper.slot if crawler._engine else None
    return slot.active_size if slot else 0
