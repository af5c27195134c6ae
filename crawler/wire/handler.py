"""The download handler that keeps every exchange as it was on the wire, and refuses private addresses.

This is the only module that uses private names of Scrapy and Twisted; tests/crawler/wire/test_handler.py compares
what it keeps with what a raw-socket server sent and received, byte for byte, and fails when an upgrade
changes them.

One download is one exchange: Twisted's silent retry on a stale connection is off, RetryMiddleware sees it. A
component that wants the exchanges calls `listen`. Its listener is called once for each exchange of which a
byte reached the wire, failed ones included, before the response or the error goes on to the middlewares; an
error that it raises fails the download, so a page that could not be recorded is never acknowledged. A Scrapy
signal would swallow that error, and cost more than the call.
"""
# The names are Twisted's, private ones are this module's reason to be, and few of either are typed.
# ruff: noqa: N802, N815, SLF001, ANN401, RUF012
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import urldefrag
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError
from twisted.web.client import HTTPConnectionPool
from twisted.web.http import _DataLoss
from twisted.web.http_headers import Headers as TransportHeaders
from twisted.web.http_headers import InvalidHeaderName
from zope.interface import implementer

from broadsheet.crawler.errors import (
    BlockedAddressError,
    CrawlError,
    CrawlStopped,
    NoContactError,
    UntrustedCertificateError,
)
from broadsheet.crawler.wire.addresses import is_public
from broadsheet.crawler.wire.certificates import refusal
from broadsheet.crawler.wire.inflow import Inflow
from broadsheet.crawler.wire.proxy import Proxy
from broadsheet.crawler.wire.recording import Recording
from broadsheet.crawler.wire.resolver import GuardedResolver
from broadsheet.crawler.wire.tunnel import TunnelReactor
from broadsheet.storage.http.chunked import ChunkedDecoder
from broadsheet.storage.http.messages import body_framing, list_values
from broadsheet.storage.model import Exchange

Listener = Callable[[Exchange, Request], None]
# Given how many seconds a fetch took, and the status of its answer, or None where no whole one came.
Timed = Callable[[float, int | None], None]

# As long as Chromium reads; Twisted's 16 KiB break on a Content-Security-Policy.
_MAX_HEADER_LINE = 256 * 1024
_MAX_HEAD = 1024 * 1024
# Each takes time, also whenever the archive is read: a body of 32 MiB in chunks of 32 bytes has as many.
_MAX_CHUNKS = 1024 * 1024

_listeners: WeakKeyDictionary[Crawler, Listener] = WeakKeyDictionary()
_timed: WeakKeyDictionary[Crawler, Timed] = WeakKeyDictionary()
_under_way: WeakKeyDictionary[Crawler, set[asyncio.Future[Response]]] = WeakKeyDictionary()
_recording: ContextVar[Recording] = ContextVar("recording")


def listen(crawler: Crawler, listener: Listener) -> None:
    """Have every exchange of a crawler handed over, together with the request it was made for.

    Args:
        crawler: Whose exchanges.
        listener: Called synchronously; what it puts into the request's meta, the callback finds in the
            response's, if there is one. It replaces an earlier one.
    """
    _listeners[crawler] = listener


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
        self._pool = _WirePool(
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
        recording = Recording(request.meta.get("download_maxsize", self._default_maxsize))
        _recording.set(recording)
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
        host = urlparse_cached(request).hostname or ""
        if why := refusal(error):
            raise UntrustedCertificateError(f"the certificate of {host} is refused: {why}") from error
        resolver = self._pool._reactor.nameResolver
        guarded = isinstance(error, CannotResolveHostError) and isinstance(resolver, GuardedResolver)
        if guarded and (refused := resolver.refused_address(host)):
            raise _blocked(refused) from error


def _tell_nobody(_seconds: float, _status: int | None) -> None:
    pass


def _waiting_to_be_read(crawler: Crawler) -> int:
    """How many bytes of responses have been handed to the spider that it has not dealt with."""
    slot = crawler._engine.scraper.slot if crawler._engine else None
    return slot.active_size if slot else 0


def _blocked(address: str) -> CrawlError:
    if is_public(address):
        return NoContactError(
            f"{address} is a public address, and nothing public is fetched without a contact: "
            "set BROADSHEET_CONTACT to a URL or an e-mail address"
        )
    return BlockedAddressError(f"{address} is not a public address; it is fetched only with --allow-private")


class _WirePool(HTTPConnectionPool):
    # A stale connection fails the download like any other loss; RetryMiddleware tries again, on record.
    retryAutomatically = False

    def __init__(
        self, replaced: HTTPConnectionPool, *, allowed: dict[bool, bool], proxy: Proxy | None, inflow: Inflow
    ) -> None:
        super().__init__(replaced._reactor, replaced.persistent)
        self._inflow = inflow
        self._tunnels = TunnelReactor(replaced._reactor, proxy) if proxy else None
        self.maxPersistentPerHost = replaced.maxPersistentPerHost
        self._factory: Any = partial(_WireFactory, allowed=allowed)

    def getConnection(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        if self._tunnels is not None:
            # Of an endpoint for TLS, the one below it.
            getattr(endpoint, "_wrappedEndpoint", endpoint)._reactor = self._tunnels
        return super().getConnection(key, endpoint).addCallback(_recorded, _recording.get(), self._inflow)


def _recorded(protocol: Any, recording: Recording, inflow: Inflow) -> _WireProtocol:
    connection: _WireProtocol = protocol
    connection.record(recording, inflow)
    return connection


class _WireFactory(_LenientHTTP11ClientFactory):
    def __init__(self, *arguments: Any, allowed: dict[bool, bool]) -> None:
        super().__init__(*arguments)
        self._allowed = allowed

    def buildProtocol(self, addr: Any) -> _WireProtocol:
        # The connected peer: no resolver, redirect or rebinding stands between this check and the bytes.
        if not self._allowed[is_public(addr.host)]:
            raise _blocked(addr.host)
        return _WireProtocol(self._quiescentCallback)


@implementer(IHandshakeListener)
class _WireProtocol(_LenientHTTP11ClientProtocol):
    """Above TLS, below HTTP parsing; one exchange at a time."""

    transport: Any
    _parser: Any
    _recording: Recording | None = None
    _inflow: Inflow
    _tls: tuple[str, str] | None = None

    def record(self, recording: Recording, inflow: Inflow) -> None:
        self._recording = recording
        self._inflow = inflow
        pending = self._tls is None and ISSLTransport.providedBy(self.transport)
        recording.connect(self.transport.getPeer().host, handshake_pending=pending)
        if self._tls:
            recording.secure(*self._tls)

    def handshakeCompleted(self) -> None:
        connection = self.transport.getHandle()
        self._tls = connection.get_protocol_version_name(), connection.get_cipher_name()
        if self._recording is not None:
            self._recording.secure(*self._tls)

    def request(self, request: Any) -> Deferred[Any]:
        write_to, recording = request.writeTo, self._recording
        request.writeTo = lambda transport: write_to(_Tee(transport, recording))
        response = super().request(request)
        # As Scrapy does to put its own parser in the place of Twisted's; it has no further state either.
        self._parser.__class__ = _WireParser
        return response

    def dataReceived(self, data: bytes) -> None:
        if self._recording is not None:
            self._recording.receive(data)
            # Before the body: the interim responses and the head, each line of which becomes objects.
            if self._recording.size > _MAX_HEAD and self._parser is not None and self._parser.is_excessive():
                self._recording.too_long = True
            if self._recording.too_long:
                self.transport.abortConnection()
                return
            self._inflow.grow(self._recording, self.transport)
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._recording is not None and self._parser is not None:
            self._recording.closed = "cleanly" if reason.check(ConnectionDone) else "abruptly"
        super().connectionLost(reason)

    def _finishResponse(self, rest: bytes) -> None:
        if self._recording is not None:
            # A body that ends with its connection is whole only if the connection was closed in order.
            self._recording.complete = self._recording.closed != "abruptly"
            self._recording = None
        if rest and self._currentRequest is not None:
            # Whatever else the server sends would be taken for the answer to the next request.
            self._currentRequest.persistent = False
        super()._finishResponse(rest)


class _Tee:
    """The transport as a request sees it while it is written."""

    def __init__(self, transport: Any, recording: Any) -> None:
        self._transport = transport
        self._recording = recording
        self.registerProducer = transport.registerProducer
        self.unregisterProducer = transport.unregisterProducer

    def write(self, data: bytes) -> None:
        self._recording.send(data)
        self._transport.write(data)

    def writeSequence(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))


class _ChunkedBody:
    """Our reading of the chunked coding, as a transfer decoder of Twisted's parser."""

    def __init__(self, data_callback: Callable[[bytes], None], finish_callback: Callable[[bytes], None]) -> None:
        self._decoder = ChunkedDecoder()
        self._data_callback = data_callback
        self._finish_callback = finish_callback

    @property
    def chunks(self) -> int:
        return self._decoder.chunks

    def dataReceived(self, data: bytes) -> None:
        if body := self._decoder.feed(data):
            self._data_callback(body)
        if self._decoder.broken:
            raise ParseError(self._decoder.broken, data[:80])
        if self._decoder.finished:
            self._finish_callback(self._decoder.rest)

    def noMoreData(self) -> None:
        if not self._decoder.finished:
            raise _DataLoss("the connection was lost within a chunked body")


class _WireParser(_LenientHTTPClientParser):
    MAX_LENGTH = _MAX_HEADER_LINE

    def is_excessive(self) -> bool:
        """Tell whether more than a MiB is no body yet, or all framing."""
        return self.state != "BODY" or getattr(self.bodyDecoder, "chunks", 0) > _MAX_CHUNKS

    _transferDecoders: Any = {b"chunked": _ChunkedBody}

    def lineLengthExceeded(self, line: bytes) -> None:
        raise ParseError(f"a line of the head is longer than {_MAX_HEADER_LINE} bytes", line[:80])

    def headerReceived(self, name: bytes, value: bytes) -> None:
        # Twisted gives up a response for a name that is no token; browsers pass over that line.
        with suppress(InvalidHeaderName):
            super().headerReceived(name.rstrip(b" \t"), value)

    def allHeadersReceived(self) -> None:
        _settle(self.connHeaders, self.response.version)
        super().allHeadersReceived()


def _settle(headers: TransportHeaders, version: tuple[bytes, int, int]) -> None:
    """Leave only the headers that decide how the body ends, by the rules that the archive reads it with."""
    stated = [
        (name, value.decode("latin-1"))
        for name in ("Transfer-Encoding", "Content-Length", "Connection")
        for value in headers.getRawHeaders(name.encode(), ())
    ]
    framing = body_framing(stated)
    headers.removeHeader(b"Transfer-Encoding")
    headers.removeHeader(b"Content-Length")
    if framing == "chunked":
        headers.setRawHeaders(b"Transfer-Encoding", [b"chunked"])
    elif framing is not None:
        headers.setRawHeaders(b"Content-Length", [str(framing).encode()])
    options = list_values(stated, "Connection")
    if "close" in options or (version < (b"HTTP", 1, 1) and "keep-alive" not in options):
        headers.setRawHeaders(b"Connection", [b"close"])
