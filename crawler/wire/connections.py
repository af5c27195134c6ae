"""Connections to allowed addresses alone, whose bytes are kept: above TLS, below HTTP parsing."""
# The names are Twisted's, private ones are this module's reason to be, and few of either are typed.
# ruff: noqa: N802, N815, SLF001, ANN401, D102
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Hashable
from contextvars import ContextVar
from functools import partial
from typing import Any

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer

from broadsheet.crawler.errors import BlockedAddressError, CrawlError, NoContactError
from broadsheet.crawler.wire.addresses import is_public
from broadsheet.crawler.wire.inflow import Inflow
from broadsheet.crawler.wire.parser import WireParser
from broadsheet.crawler.wire.proxy import Proxy
from broadsheet.crawler.wire.recording import Recording
from broadsheet.crawler.wire.tunnel import TunnelReactor

RECORDING: ContextVar[Recording] = ContextVar("recording")
"""What keeps the exchange for which a connection is asked for."""

_MAX_HEAD = 1024 * 1024


def blocked(address: str) -> CrawlError:
    """Return why an address is not connected to."""
    if is_public(address):
        return NoContactError(
            f"{address} is a public address, and nothing public is fetched without a contact: "
            "set BROADSHEET_CONTACT to a URL or an e-mail address"
        )
    return BlockedAddressError(f"{address} is not a public address; it is fetched only with --allow-private")


class WirePool(HTTPConnectionPool):
    """Takes the place of Scrapy's pool.

    Args:
        replaced: Scrapy's.
        allowed: Whether public addresses (True) and others (False) are connected to.
        proxy: What all connections go through, or None.
        inflow: How much of all answers is in memory.
    """

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
        return super().getConnection(key, endpoint).addCallback(_recorded, RECORDING.get(), self._inflow)


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
            raise blocked(addr.host)
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
        self._parser.__class__ = WireParser
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
