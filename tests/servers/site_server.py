"""A small web site on loopback: fixed answers by path, and a note of when each request came."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What a path is answered with, after `hang` seconds.

    With `drop` the connection is closed without a word, with `cut` after half of the body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    cut: bool = False
    hang: float = 0


@dataclass
class SiteServer:
    """A running server.

    Attributes:
        url: Where it listens, without a trailing slash.
        answers: What each path is answered with: one `Answer` for always, or a list of which each is given
            once and the last for ever.
        requests: Path and time (monotonic seconds) of every request, in order of arrival.
    """

    url: str
    answers: dict[str, Answer | list[Answer]]
    requests: list[tuple[str, float]] = field(default_factory=list)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.requests]

    def times(self, *prefixes: str) -> list[float]:
        """When paths with one of the prefixes were asked for."""
        return [moment for path, moment in self.requests if path.startswith(prefixes)]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a crawl that was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def site_server(
    answers: dict[str, Answer | list[Answer]] | Callable[[str], dict[str, Answer | list[Answer]]],
    address: str = "127.0.0.1",
) -> Iterator[SiteServer]:
    """Serve answers on a free port; a function of the server's URL may make them."""
    site = SiteServer(url="", answers={})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.requests.append((self.path, time.monotonic()))
            prepared = site.answers.get(self.path, Answer(b"not here", status=404))
            if isinstance(prepared, list):
                prepared = prepared.pop(0) if len(prepared) > 1 else prepared[0]
            self._answer(prepared)

        def _answer(self, answer: Answer) -> None:
            time.sleep(answer.hang)
            if answer.drop:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "text/html"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
            self.close_connection |= answer.cut

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = _Server((address, 0), Handler)
    site.url = f"http://{address}:{server.server_address[1]}"
    site.answers = answers(site.url) if callable(answers) else answers
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
