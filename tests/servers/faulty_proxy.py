"""An HTTP server in front of another one: it passes requests on, except where it is told to do harm."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import deque
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

# A status: answer so and pass nothing on. "refuse": close the connection at once. "lose": pass the request on
# and close without an answer. "cut": pass it on and close in the middle of the answer's body.
Fault = int | Literal["refuse", "lose", "cut"]


class SeenRequest(NamedTuple):
    """What a client asked for."""

    method: str
    path: str
    headers: Message


class FaultyProxy:
    """Passes requests on to `target`; the next ones meet the faults in `faults`, one each.

    Attributes:
        endpoint: The URL to use instead of the target's.
        faults: What happens to the next requests, first to last; None passes a request on.
        fault_for_all: What happens to every request after those.
        requests: Every request that came in, in its order.
    """

    def __init__(self, target: str) -> None:
        self.faults: deque[Fault | None] = deque()
        self.fault_for_all: Fault | None = None
        self.requests: list[SeenRequest] = []
        host = urlsplit(target)
        self.target = (host.hostname or "", host.port or 80)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def next_fault(self) -> Fault | None:
        """Return what is to happen to the request at hand."""
        try:
            return self.faults.popleft()
        except IndexError:
            return self.fault_for_all


@contextlib.contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """Run a proxy in front of the server at a URL."""
    proxy = FaultyProxy(target)
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
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
        self.proxy.requests.append(SeenRequest(self.command, self.path, self.headers))
        fault = self.proxy.next_fault()
        if fault == "refuse":
            self.close_connection = True
        elif isinstance(fault, int):
            self._answer(fault, [], b"<Error><Code>Fault</Code><Message>on purpose</Message></Error>")
        else:
            self._pass_on(body, fault)

    def _pass_on(self, body: bytes, fault: Fault | None) -> None:
        connection = http.client.HTTPConnection(*self.proxy.target)
        with contextlib.closing(connection):
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        if fault == "lose":
            self.close_connection = True
            return
        self._answer(response.status, response.getheaders(), answer, cut=fault == "cut")

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        stated = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        if "content-length" not in stated:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = cut

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - names that the base class looks for
