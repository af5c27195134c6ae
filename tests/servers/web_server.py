"""The web application behind a real HTTP server on loopback, and a client that sees answers as they are."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from threading import Thread
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from broadsheet.scheduler.web.serving import Limits, Serving

_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """An answer: no redirect is followed, nothing is decoded."""

    status: int
    headers: Message
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON document in it."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """What is in it, as people see it."""
        return self.body.decode()


@dataclass(frozen=True)
class Web:
    """A running service."""

    port: int

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path, written as it goes over the wire."""
        return self.ask("GET", path, headers)

    def post(self, path: str, document: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a JSON document."""
        fields = {"Content-Type": "application/json", **(headers or {})}
        return self.ask("POST", path, fields, json.dumps(document).encode())

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Make any request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())


@contextlib.contextmanager
def served(app: ASGIApp, limits: Limits | None = None) -> Iterator[Web]:
    """Serve an application on a free port, as the service does, until the end of the block."""
    # Only of sockets whose protocol is named does asyncio turn Nagle's algorithm off, which costs 40 ms an answer.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who asks before the server has started waits here
        server = uvicorn.Server(Serving(app, behind_proxy=False, seconds_to_end=5, limits=limits))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="web")
        thread.start()
        try:
            yield Web(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
