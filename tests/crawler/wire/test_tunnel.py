from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure

from broadsheet.crawler.wire.proxy import Proxy
from broadsheet.crawler.wire.tunnel import TunnelReactor


def turn(reactor: Any, done: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until
        reactor.iterate(0.01)


def received(connection: socket.socket) -> bytes | None:
    """What has come, nothing where the connection is closed, None where nothing has come."""
    try:
        return connection.recv(4096)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("accepted", [True, False], ids=["connected", "connecting"])
def test_waiting_for_a_proxy_that_never_answers_can_be_given_up(kind: str, *, accepted: bool) -> None:
    reactor: Any = SelectReactor()
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        tunnels = TunnelReactor(reactor, Proxy.parse(f"{kind}://127.0.0.1:{proxy.getsockname()[1]}"))
        factory: Any = Factory.forProtocol(Protocol)
        connecting = TCP4ClientEndpoint(tunnels, "192.0.2.1", 80).connect(factory)
        failures: list[Failure] = []
        connecting.addErrback(failures.append)
        if accepted:
            turn(reactor, lambda: bool(select.select([proxy], [], [], 0)[0]))
            connection, _ = proxy.accept()
            connection.settimeout(0)
            turn(reactor, lambda: bool(received(connection)))

        connecting.cancel()
        if accepted:
            turn(reactor, lambda: received(connection) == b"")
            connection.close()

        assert [failure.type for failure in failures] == [ConnectingCancelledError]
        turn(reactor, lambda: not set(reactor.getReaders()) - reactor._internalReaders)
        assert reactor.getWriters() == []
