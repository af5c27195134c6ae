"""Connections that take their time, or say what no request is, over real sockets."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from archiving.writer import Writer, shows
from servers.web_server import Web, served
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.scheduler.web.serving import Limits
from broadsheet.storage.stores.folder import FolderStore

_QUICK = Limits(
    connections=4, head_seconds=0.6, body_seconds=0.6, stalled_seconds=0.6, answer_seconds=1.5, idle_seconds=1
)
_URL = "https://news.example/story"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("serving")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(shows(_URL, 0, "one"))
    writer.spool.close()
    return str(folder / "archive")


@pytest.fixture
def web(archive: str) -> Iterator[Web]:
    parts = Parts(archive=OpenedArchive(archive), tokens=Tokens(), sources=dict)
    with served(make_app(parts), _QUICK) as running:
        yield running


@contextlib.contextmanager
def _connected(web: Web) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connection:
        yield connection


def _rest(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed; it has to be closed, however."""
    came = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            came += piece
    return came


def _said(web: Web, request: bytes) -> bytes:
    with _connected(web) as connection:
        connection.sendall(request)
        return _rest(connection)


@pytest.mark.parametrize("begun", [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_waited_for_no_longer_than_it_may_take(web: Web, begun: bytes) -> None:
    with _connected(web) as connection:
        connection.sendall(begun)
        said = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(50):
                connection.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    said = connection.recv(4096)
                    break
                if begun:
                    connection.sendall(b"x")
            else:
                pytest.fail("the connection is still open after 5 s")
    assert said.startswith(b"HTTP/1.1 408 ") is bool(begun)


def test_a_body_that_does_not_come_is_waited_for_no_longer_than_it_may_take(web: Web) -> None:
    head = (
        b"POST /api/crawl HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    assert b" 401 " in _said(web, head), "who may not is told so at once"

    async def reads(request: Request) -> Response:
        return Response(await request.body())

    with served(Starlette(routes=[Route("/", reads, methods=["POST"])]), _QUICK) as reading:
        said = _said(reading, head.replace(b"/api/crawl", b"/"))
    assert said.startswith(b"HTTP/1.1 408 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"] == "request_timeout"


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    async def much(_: Request) -> Response:
        return Response(bytes(32 * 1024 * 1024))

    with served(Starlette(routes=[Route("/", much)]), _QUICK) as web, _connected(web) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(2)
        assert len(_rest(connection)) < 32 * 1024 * 1024


def test_who_has_waited_longest_makes_room_where_there_are_too_many_connections(web: Web) -> None:
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(_connected(web)) for _ in range(_QUICK.connections)]
        for connection in held:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert web.get("/healthz").status == 200
        assert _rest(held[0]) == b""


def test_where_every_connection_is_being_answered_another_one_is_told_to_come_again() -> None:
    waiting = threading.Event()

    async def waits(request: Request) -> Response:
        waiting.set()
        await request.receive()
        return Response()

    with (
        served(Starlette(routes=[Route("/", waits, methods=["POST"])]), _QUICK) as web,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(_QUICK.connections):
            connection = stack.enter_context(_connected(web))
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
            assert waiting.wait(10)
            waiting.clear()
        said = _said(web, b"")
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 5" in said


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 150_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x3\r\n\r\nabc", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_or_could_be_two_is_refused(
    web: Web, caplog: pytest.LogCaptureFixture, request_: bytes, status: int
) -> None:
    with caplog.at_level(logging.WARNING):
        said = _said(web, request_ + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert said.count(b"HTTP/1.1 ") == 1, "what follows is not taken for a request"
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"nosniff" in head
    assert json.loads(body)["status"] == status
    assert caplog.records == []


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"FFFFFFFFFFFFFFFFFFFFFF\r\nx", b"5\r\nabcdefgh"])
def test_a_broken_body_ends_the_connection_and_leaves_no_trace(
    web: Web, caplog: pytest.LogCaptureFixture, chunk: bytes
) -> None:
    head = b"POST /api/crawl HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with caplog.at_level(logging.WARNING), _connected(web) as connection:
        connection.sendall(head)
        time.sleep(0.2)
        connection.sendall(chunk)
        said = _rest(connection)
    assert said.startswith(b"HTTP/1.1 40")
    assert caplog.records == []
    assert web.get("/healthz").status == 200


def test_who_asks_for_another_protocol_is_answered_in_this_one(web: Web) -> None:
    for name in (b"websocket", b"h2c"):
        said = _said(
            web,
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: " + name + b"\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        assert said.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://localhost/healthz", "evil.example", 200),
        ("HTTP://127.0.0.1:8080/healthz?", "localhost", 200),
        ("http://[::1]/healthz", "localhost", 200),
        ("http://evil.example/healthz", "localhost", 421),
        ("http://localhost.evil.example/healthz", "localhost", 421),
        ("http://localhost@evil.example/healthz", "localhost", 421),
        ("http:///healthz", "localhost", 421),
        ("/healthz", "localhost:8080", 200),
        ("/healthz", "LOCALHOST", 200),
        ("/healthz", "[::1]:1", 200),
        *(("/healthz", host, 421) for host in ("", "evil.example", "localhost.", "127.1", "0", "localhost:x", "[::1")),
        *(("/healthz", host, 421) for host in ("[localhost]", "localhost:80:80", "localhost, x", "x@localhost")),
    ],
)
def test_who_addresses_the_service_by_another_name_is_refused(web: Web, target: str, host: str, status: int) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert _said(web, request.encode()).startswith(f"HTTP/1.1 {status} ".encode())


def test_an_address_of_8192_characters_can_be_asked_for_percent_encoded(web: Web) -> None:
    address = "https%3A%2F%2Fnews.example" + "%2F" * 8_000
    assert web.get(f"/api/versions?url={address}").status == 404
