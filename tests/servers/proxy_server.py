"""A proxy on loopback that opens tunnels, with CONNECT and with SOCKS 5, and notes to where."""

from __future__ import annotations

import base64
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class ProxyServer:
    """A running proxy.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        user: Whom it lets in, or None for everybody.
        password: The password.
        answer: What it says to every request instead of opening a tunnel, or None.
        targets: To where it has opened tunnels, or was asked to.
    """

    port: int
    user: str | None = None
    password: str | None = None
    answer: bytes | None = None
    targets: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, EOFError):
            first = _read(connection, 1)
            if self.answer is not None:
                self._refuse(connection, first, self.answer)
            elif first == b"\x05":
                self._socks(connection)
            else:
                self._connect(connection, _rest_of_head(connection, first))

    def _refuse(self, connection: socket.socket, first: bytes, answer: bytes) -> None:
        """Say something else: to a SOCKS client its beginning first, the rest when it has asked for an address."""
        if first != b"\x05":
            _rest_of_head(connection, first)
            connection.sendall(answer)
            return
        _read(connection, _read(connection, 1)[0])
        connection.sendall(answer[:2])
        _read(connection, 10)
        connection.sendall(answer[2:])

    def _connect(self, connection: socket.socket, head: bytes) -> None:
        _, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        login = base64.b64encode(f"{self.user}:{self.password}".encode())
        if self.user is not None and b"Proxy-Authorization: Basic " + login not in head:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = target.rpartition(":")
        with self._open(host.strip("[]"), int(port)) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
            _relay(connection, far)

    def _socks(self, connection: socket.socket) -> None:
        methods = _read(connection, _read(connection, 1)[0])
        method = 0 if self.user is None else 2
        if method not in methods:
            connection.sendall(b"\x05\xff")
            return
        connection.sendall(bytes((5, method)))
        if self.user is not None:
            _read(connection, 1)
            said = [_read(connection, _read(connection, 1)[0]).decode() for _ in range(2)]
            accepted = said == [self.user, self.password]
            connection.sendall(bytes((1, not accepted)))
            if not accepted:
                return
        kind = _read(connection, 4)[3]
        host = str(ipaddress.ip_address(_read(connection, 4 if kind == 1 else 16)))
        port = int.from_bytes(_read(connection, 2), "big")
        with self._open(host, port) as far:
            connection.sendall(bytes((5, 0, 0, 1, 127, 0, 0, 1, 0, 80)))
            _relay(connection, far)

    def _open(self, host: str, port: int) -> socket.socket:
        self.targets.append(f"{host}:{port}")
        return socket.create_connection((host, port), timeout=10)


@contextmanager
def proxy_server(
    *, user: str | None = None, password: str | None = None, answer: bytes | None = None
) -> Iterator[ProxyServer]:
    """Run a proxy as long as the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ProxyServer(listener.getsockname()[1], user, password, answer)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=server.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def _read(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _rest_of_head(connection: socket.socket, begun: bytes) -> bytes:
    while b"\r\n\r\n" not in begun:
        begun += _read(connection, 1)
    return begun


def _relay(one: socket.socket, other: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
