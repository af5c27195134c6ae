"""Connections through a proxy, as Twisted's endpoints make them: they ask for an address and get a tunnel to it."""
# The names are Twisted's, and few are typed.
# ruff: noqa: N802, N803, N815, ANN401
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure

from broadsheet.crawler.errors import ProxyError
from broadsheet.crawler.wire.proxy import Proxy


class TunnelReactor:
    """A reactor whose connections go through a proxy; everything else is the reactor's.

    Args:
        reactor: The reactor.
        proxy: The proxy. It may be at any address: who runs the crawl has named it.
    """

    def __init__(self, reactor: Any, proxy: Proxy) -> None:
        self._reactor = reactor
        self._proxy = proxy
        self._address = proxy.address()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: tuple[str, int] | None = None
    ) -> Any:
        """Connect to an address by way of the proxy."""
        tunnels = _TunnelFactory(self._proxy, host, port, factory)
        return self._reactor.connectTCP(self._address, self._proxy.port, tunnels, timeout, bindAddress)


class _TunnelFactory(ClientFactory):
    noisy = False

    def __init__(self, proxy: Proxy, host: str, port: int, factory: Any) -> None:
        self._proxy = proxy
        self._host = host
        self._port = port
        self._factory = factory
        self._connector: Any = None

    def startedConnecting(self, connector: Any) -> None:
        self._connector = _TunnelConnector(connector)
        self._factory.startedConnecting(self._connector)

    def buildProtocol(self, addr: Any) -> Protocol | None:  # noqa: ARG002 - the proxy's
        # The guard decides here on the address at the far end, before the proxy hears of it.
        target = (IPv6Address if ":" in self._host else IPv4Address)("TCP", self._host, self._port)
        inner = self._factory.buildProtocol(target)
        if inner is None:
            return None
        self._connector.tunnel = tunnel = _Tunnel(self, inner, target, self._proxy)
        return tunnel

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        error = ProxyError(f"the proxy {self._proxy} cannot be reached: {reason.getErrorMessage()}")
        self._factory.clientConnectionFailed(connector, Failure(error))

    def failed(self, error: ProxyError) -> None:
        self._factory.clientConnectionFailed(self._connector, Failure(error))

    def registerProtocol(self, protocol: Any) -> None:
        """Asked for by `ProtocolWrapper`."""

    def unregisterProtocol(self, protocol: Any) -> None:
        """Asked for by `ProtocolWrapper`."""


class _TunnelConnector:
    """A connector that can be stopped until a tunnel is open; Twisted's can until the proxy is connected."""

    def __init__(self, connector: Any) -> None:
        self._connector = connector
        self.tunnel: _Tunnel | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def stopConnecting(self) -> None:
        if self.tunnel is None:
            self._connector.stopConnecting()
        else:
            self.tunnel.give_up()


class _Tunnel(ProtocolWrapper):
    transport: Any
    wrappedProtocol: Any

    def __init__(self, factory: _TunnelFactory, inner: Any, target: Any, proxy: Proxy) -> None:
        super().__init__(factory, inner)  # type: ignore[arg-type] # it needs no more of a factory than this one has
        self._tunnels = factory
        self._target = target
        self._proxy = proxy
        self._handshake = proxy.handshake(target.host, target.port)
        self._opened = self._over = False

    def makeConnection(self, transport: Any) -> None:
        Protocol.makeConnection(self, transport)
        transport.write(next(self._handshake))

    def give_up(self) -> None:
        """Close the connection: nobody waits for the tunnel any more."""
        if not self._over and not self._opened:
            self._fail(ProxyError(f"the proxy {self._proxy} opened no tunnel in time"))

    def getPeer(self) -> Any:
        return self._target

    def dataReceived(self, data: bytes) -> None:
        if self._opened:
            self.wrappedProtocol.dataReceived(data)
            return
        if self._over:
            return
        try:
            self.transport.write(self._handshake.send(data))
        except StopIteration as end:
            self._open(end.value)
        except ProxyError as error:
            self._fail(error)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._opened:
            self.wrappedProtocol.connectionLost(reason)
        elif not self._over:
            self._fail(ProxyError(f"the proxy {self._proxy} closed the connection before it opened a tunnel"))

    def _open(self, rest: bytes) -> None:
        self._opened = True
        ProtocolWrapper.makeConnection(self, self.transport)
        if rest:
            self.wrappedProtocol.dataReceived(rest)

    def _fail(self, error: ProxyError) -> None:
        self._over = True
        self.transport.abortConnection()
        self._tunnels.failed(error)
