"""A server that says exactly what it is told to, byte by byte, and keeps what it read and wrote.

No HTTP library stands between a test and the wire: a case is a `Script` of bytes, chosen by the path that is
asked for. Scripts for the ways in which servers misbehave are in `servers.raw_cases`.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

Ending = Literal["keep", "close", "reset"]

# Long enough for a peer to have read what was sent before the connection is torn down under it.
_SETTLING = 0.3


@dataclass(frozen=True)
class Script:
    """What a server does when it is asked for a path.

    Attributes:
        pieces: What it sends; each piece is one write.
        ending: Whether it then keeps the connection, closes it in order, or resets it.
        pause: How long it waits before each further piece, in seconds.
    """

    pieces: Iterable[bytes]
    ending: Ending = "keep"
    pause: float = 0.0

    @property
    def response(self) -> bytes:
        """Everything that it sends."""
        return b"".join(self.pieces)

    def send(self, connection: socket.socket, wait: Callable[[float], object] = time.sleep) -> Iterator[bytes]:
        """Send piece by piece, yielding each that was sent; after a pause that `wait` tells to be the last, no more."""
        for index, piece in enumerate(self.pieces):
            if index and self.pause and wait(self.pause):
                return
            connection.sendall(piece)
            yield piece


@dataclass
class LoggedExchange:
    """What the server read and wrote for one request."""

    path: str
    connection: int
    request: bytes
    response: bytearray = field(default_factory=bytearray)


class RawServer:
    """Serves scripts on a free port of a loopback address, one thread a connection.

    Args:
        scripts: What to do for each path; other paths are answered with 404.
        context: A server-side TLS context, to speak TLS.
        host: The address.
    """

    def __init__(
        self, scripts: Mapping[str, Script], context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1"
    ) -> None:
        self._scripts = scripts
        self._context = context
        self._host = host
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._listener.getsockname()[1]
        self.log: list[LoggedExchange] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._acceptor = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        # Closing a listener does not wake a thread that waits in accept(): a last connection does.
        with suppress(OSError):
            socket.create_connection((self._host, self.port), timeout=1).close()
        self._acceptor.join()
        self._listener.close()

    def exchanges(self, path: str) -> list[LoggedExchange]:
        """What was read and written for a path, in the order of the requests."""
        return [exchange for exchange in self.log if exchange.path == path]

    def _accept(self) -> None:
        workers = []
        while True:
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                break
            self.connections += 1
            workers.append(threading.Thread(target=self._serve, args=(connection, self.connections)))
            workers[-1].start()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join()

    def _serve(self, plain: socket.socket, number: int) -> None:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = plain
        self._open.add(plain)
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_side=True)
                self._open.add(connection)
            while self._answer(connection, number):
                pass
        except OSError:
            # The peer went away, which some cases are about; what was written until then is in the log.
            pass
        finally:
            self._open -= {plain, connection}
            connection.close()
            plain.close()

    def _answer(self, connection: socket.socket, number: int) -> bool:
        request = read_request(connection)
        if not request:
            return False
        path = request.split(b" ", 2)[1].decode("ascii")
        script = self._scripts.get(path, NOT_FOUND)
        exchange = LoggedExchange(path, number, request)
        self.log.append(exchange)
        for piece in script.send(connection, self._stopping.wait):
            exchange.response += piece
        if self._stopping.is_set():
            return False
        if script.ending == "reset":
            reset_at_close(connection)
        elif script.ending == "close" and isinstance(connection, ssl.SSLSocket):
            with suppress(OSError):
                connection.unwrap()
        return script.ending == "keep"


NOT_FOUND = Script((b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",))


def reset_at_close(connection: socket.socket) -> None:
    """Have a connection reset instead of closed in order, once its peer has read what was sent."""
    time.sleep(_SETTLING)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_request(connection: socket.socket) -> bytes:
    """Read a request, its body included; nothing where the peer has closed the connection."""
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(65536)
        if not data:
            return b""
        request += data
    head, _, body = request.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        data = connection.recv(65536)
        body += data
        request += data
    return request
