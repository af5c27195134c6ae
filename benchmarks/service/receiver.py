"""A webhook that checks signatures, and is not always well."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from benchmarks.service.serving import served

_EVERY_FIFTH, _EVERY_ELEVENTH = 5, 11
# Longer than anybody waits for an answer.
_HANGS_SECONDS = 12.0


class Receiver:
    """What a webhook was sent.

    Args:
        secret: What notices are signed with.
        is_dead: Whether it never answers at all.

    Attributes:
        url: Its address.
        notices: The notices by id.
        arrivals: How often each was taken, by id.
        refused: How many requests were answered 503 on purpose.
        hung: How many were left without an answer.
        forged: How many were not signed as they have to be; these are refused.
    """

    def __init__(self, secret: str, *, is_dead: bool = False) -> None:
        self.notices: dict[str, dict[str, Any]] = {}
        self.arrivals: Counter[str] = Counter()
        self.refused = self.hung = self.forged = 0
        self.url = ""
        self._secret = secret.encode()
        self._is_dead = is_dead
        self._asked = 0
        self._counting = threading.Lock()

    def answer(self, headers: dict[str, str], body: bytes) -> int | None:
        """Take a request; return the status of the answer, or None for none."""
        with self._counting:
            self._asked += 1
            signed = headers.get("Broadsheet-Timestamp", "").encode() + b"." + body
            expected = "sha256=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(expected, headers.get("Broadsheet-Signature", "")):
                self.forged += 1
                return 401
            if self._is_dead or self._asked % _EVERY_ELEVENTH == 0:
                self.hung += 1
                return None
            if self._asked % _EVERY_FIFTH == 0:
                self.refused += 1
                return 503
            notice = json.loads(body)
            self.notices[notice["id"]] = notice
            self.arrivals[notice["id"]] += 1
            return 204


@contextmanager
def receiving(secret: str, *, is_dead: bool = False) -> Iterator[Receiver]:
    """Run a webhook on loopback."""
    receiver = Receiver(secret, is_dead=is_dead)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answer(dict(self.headers), body)
            if status is None:
                time.sleep(_HANGS_SECONDS)
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as port:
        receiver.url = f"http://127.0.0.1:{port}/hook"
        yield receiver
