"""An HTTP server in front of another one: it passes requests on, except where it is told to do harm.

What happens to a request is decided by its number, counted from 0 in the order in which requests come in, so that
a driver can run something once, count, and then harm each of its requests in turn.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

Harm = Literal[
    # The request does not reach the server:
    "refuse",  # the connection is closed in good order, without an answer
    "reset",  # the connection is reset
    "half-close",  # the proxy ends its side of the connection, without an answer, and leaves the other side open
    "stall",  # nothing comes, and the connection stays open
    # The request reaches the server:
    "spoil",  # with one bit of its body flipped
    "lose",  # and the connection is closed before the answer: a lost acknowledgement
    "lose-reset",  # and the connection is reset before the answer
    "lose-stall",  # and nothing of the answer comes, while the connection stays open
    # and so does the answer, but its body
    "cut",  # ends in the middle, and the connection with it
    "dribble",  # comes a byte at a time, and will not be there this century
    "corrupt",  # has one bit flipped
]
BEFORE_THE_SERVER: tuple[Harm, ...] = ("refuse", "reset", "half-close", "stall")
AFTER_THE_SERVER: tuple[Harm, ...] = ("lose", "lose-reset", "lose-stall")


class Refusal(NamedTuple):
    """An answer of the proxy's own; nothing is passed on. One below 400 is a lie."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


Fault = int | Refusal | Harm  # a number is a `Refusal` without headers


class SeenRequest(NamedTuple):
    """What a client asked for."""

    method: str
    path: str
    headers: Message


class FaultyProxy:
    """Passes requests on to `target`, apart from those it is told to harm.

    Args:
        target: The URL of the server, without a path.
        plan: Faults by the number of the request.
        decide: Asked before each request, from the thread that serves it, with its number and what it is; returns
            its fault, or None. It may as well kill the client. Counts where `plan` has nothing.

    Attributes:
        endpoint: The URL to use instead of the target's.
        faults: What happens to the next requests that neither `plan` nor `decide` speaks of, first to last; None
            passes a request on.
        fault_for_all: What happens to every request after those.
        requests: Every request that came in, in its order.
        after_loss: Called when the server has answered a request whose answer the client will not get.
    """

    def __init__(
        self,
        target: str,
        plan: Mapping[int, Fault] | None = None,
        decide: Callable[[int, SeenRequest], Fault | None] | None = None,
    ) -> None:
        self.plan = dict(plan or {})
        self.faults: deque[Fault | None] = deque()
        self.fault_for_all: Fault | None = None
        self.requests: list[SeenRequest] = []
        self.after_loss: Callable[[], None] = lambda: None
        self.ended = threading.Event()
        host = urlsplit(target)
        self.target = (host.hostname or "", host.port or 80)
        self._decide = decide
        self._counting = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def fault_of(self, request: SeenRequest) -> Fault | None:
        """Count a request and return what is to happen to it."""
        with self._counting:
            number = len(self.requests)
            self.requests.append(request)
            decided = self.plan.get(number) or (self._decide(number, request) if self._decide else None)
            if decided is not None:
                return decided
            return self.faults.popleft() if self.faults else self.fault_for_all


@contextlib.contextmanager
def faulty_proxy(
    target: str,
    plan: Mapping[int, Fault] | None = None,
    decide: Callable[[int, SeenRequest], Fault | None] | None = None,
) -> Iterator[FaultyProxy]:
    """Run a proxy in front of the server at a URL: see `FaultyProxy`."""
    proxy = FaultyProxy(target, plan, decide)
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy.server.shutdown()
        thread.join()
        proxy.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the tests look at `FaultyProxy.requests`."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.proxy.fault_of(SeenRequest(self.command, self.path, self.headers))
        if isinstance(fault, int):
            fault = Refusal(fault)
        if isinstance(fault, Refusal):
            self._answer(fault.status, list(fault.headers), _REFUSED if fault.status >= 400 else b"")
        elif fault in BEFORE_THE_SERVER:
            self._break_off(fault)
        else:
            self._pass_on(_flipped(body) if fault == "spoil" else body, fault)

    def _pass_on(self, body: bytes, fault: Harm | None) -> None:
        connection = http.client.HTTPConnection(*self.proxy.target)
        with contextlib.closing(connection):
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        if fault in AFTER_THE_SERVER:
            self.proxy.after_loss()
            self._break_off(fault)
        else:
            self._answer(response.status, response.getheaders(), answer, fault)

    def _break_off(self, how: Fault | None) -> None:
        """Leave the client without an answer."""
        self.close_connection = True
        if how in {"reset", "lose-reset"}:
            # Closed with no time to linger, a connection is reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif how == "half-close":
            self.connection.shutdown(socket.SHUT_WR)
            self._wait_for_client()
        elif how in {"stall", "lose-stall"}:
            self._wait_for_client()

    def _wait_for_client(self) -> None:
        """Return when the client has given up, or the proxy ends."""
        self.connection.settimeout(0.05)
        while not self.proxy.ended.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1):
                    return

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: Harm | None = None) -> None:
        self.send_response_only(status)
        stated = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        if "content-length" not in stated:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self._send(body, fault)

    def _send(self, body: bytes, fault: Harm | None) -> None:
        if fault == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "dribble":
            self._dribble(body)
        else:
            self.wfile.write(_flipped(body) if fault == "corrupt" else body)

    def _dribble(self, body: bytes) -> None:
        self.close_connection = True
        for place in range(len(body)):
            if self.proxy.ended.wait(0.05):
                return
            self.wfile.write(body[place : place + 1])

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - names that the base class looks for


_REFUSED = b"<Error><Code>Fault</Code><Message>on purpose</Message></Error>"


def _flipped(body: bytes) -> bytes:
    """Return a body with a bit in its middle flipped."""
    place = len(body) // 2
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :] if body else body
