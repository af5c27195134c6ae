"""The demo newspaper's web server: HTTP/1.1 with keep-alive, on loopback, in threads of this process."""

from __future__ import annotations

import contextlib
import gzip
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import quote, unquote

import brotli
from msgspec import Struct

from broadsheet.scheduler.demo.site import Resource
from broadsheet.scheduler.demo.story import Coding

_CHUNK = 4096
_WITHOUT_BODY = (HTTPStatus.NOT_MODIFIED,)


class LoggedRequest(Struct, frozen=True):
    """A request that was answered: header names in lower case, the last of equal names."""

    method: str
    path: str
    status: int
    headers: dict[str, str]


class PressServer:
    """Serves resources by path until closed.

    Args:
        find: Returns what answers at a path; called for every request.
        port: The port on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, find: Callable[[str], Resource], port: int = 0) -> None:
        self._server = _Server(find, port)
        # A short poll: shutdown() waits for the next one.
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), name="demo-newspaper")

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    @property
    def log(self) -> list[LoggedRequest]:
        """The requests answered so far, in order of their answers."""
        return list(self._server.log)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering, end all connections, and wait for their threads."""
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # close() waits for them: no thread outlives its newspaper
    request_queue_size = 128

    def __init__(self, find: Callable[[str], Resource], port: int) -> None:
        self.find = find
        self.log: list[LoggedRequest] = []
        self._connections: set[socket.socket] = set()
        self._ending = False
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def opened(self, connection: socket.socket) -> None:
        """Note a connection, or end it where it came too late to be served."""
        with self._lock:
            self._connections.add(connection)
            if self._ending:
                _end(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.discard(connection)

    def end_connections(self) -> None:
        """Wake the threads that wait for a next request on a kept-alive connection."""
        with self._lock:
            self._ending = True
            for connection in self._connections:
                _end(connection)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client was quicker
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "TernhavenPress/1.0"
    sys_version = ""
    wbufsize = -1  # head and body leave in one segment
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    # A client that goes away in the middle of an answer is everyday life, not an error of the server.

    def finish(self) -> None:
        self.server.closed(self.connection)
        with contextlib.suppress(ConnectionError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Stay quiet: the log is kept in memory."""

    def _answer(self) -> None:
        path = quote(unquote(self.path.partition("?")[0]))
        resource = self.server.find(path)
        coding = _negotiated(resource.delivery.codings, self.headers.get("Accept-Encoding", ""))
        status = HTTPStatus(resource.status)
        if status == HTTPStatus.OK and self._is_fresh(resource, coding):
            status = HTTPStatus.NOT_MODIFIED
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.log.append(LoggedRequest(self.command, self.path, status, headers))
        self._send(resource, status, coding)

    def _is_fresh(self, resource: Resource, coding: Coding | None) -> bool:
        """Evaluate the conditions of RFC 9110, section 13.2.2: If-None-Match takes precedence."""
        validators = resource.delivery.validators
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return "ETag" in validators and _matches(tags, resource.entity_tag(coding))
        since = _http_date(self.headers.get("If-Modified-Since"))
        if since is None or "Last-Modified" not in validators:
            return False
        return resource.last_modified.replace(microsecond=0) <= since

    def _send(self, resource: Resource, status: HTTPStatus, coding: Coding | None) -> None:
        body = _encoded(resource.body, coding)
        chunked = resource.delivery.chunked and self.request_version == "HTTP/1.1"
        self.send_response(status)
        for name, value in _fields(resource, coding):
            self.send_header(name, value)
        if status not in _WITHOUT_BODY:
            self.send_header("Content-Type", resource.content_type)
            if coding:
                self.send_header("Content-Encoding", coding)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD" or status in _WITHOUT_BODY:
            return
        for piece in _chunks(body) if chunked else (body,):
            self.wfile.write(piece)


def _fields(resource: Resource, coding: Coding | None) -> Iterator[tuple[str, str]]:
    """Return the fields that a 200 and a 304 have in common (RFC 9110, section 15.4.5)."""
    if resource.location is not None:
        yield "Location", resource.location
    yield "Cache-Control", "no-cache"
    if resource.delivery.codings:
        yield "Vary", "Accept-Encoding"
    if "ETag" in resource.delivery.validators:
        yield "ETag", resource.entity_tag(coding)
    if "Last-Modified" in resource.delivery.validators:
        yield "Last-Modified", format_datetime(_utc(resource.last_modified), usegmt=True)


def _negotiated(offered: tuple[Coding, ...], accept_encoding: str) -> Coding | None:
    """Return the first coding on offer that the client lists without a weight of nought, or None."""
    accepted = set()
    for item in accept_encoding.lower().split(","):
        name, _, parameter = (part.strip() for part in item.partition(";"))
        weight = parameter.removeprefix("q=")
        if not parameter or weight.strip("0."):
            accepted.add(name)
    return next((coding for coding in offered if coding in accepted), None)


def _encoded(body: bytes, coding: Coding | None) -> bytes:
    if coding == "gzip":
        return gzip.compress(body, mtime=0)
    if coding == "br":
        return bytes(brotli.compress(body, quality=5))
    return body


def _chunks(body: bytes) -> Iterator[bytes]:
    """Return the body in the chunked transfer coding (RFC 9112, section 7.1)."""
    for start in range(0, len(body), _CHUNK):
        piece = body[start : start + _CHUNK]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _matches(if_none_match: str, entity_tag: str) -> bool:
    """Compare weakly, as If-None-Match asks for (RFC 9110, section 13.1.2); our tags hold no comma."""
    listed = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in listed or entity_tag in listed


def _http_date(value: str | None) -> datetime | None:
    """Return the moment of a date field, or None for anything else: such a condition is ignored."""
    try:
        return None if value is None else _utc(parsedate_to_datetime(value))
    except ValueError:
        return None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
