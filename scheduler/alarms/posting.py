"""One notice, posted to one webhook: signed, to the configured URL and nowhere else, within a bounded time."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Timer
from urllib.parse import urlsplit

import msgspec

from broadsheet.scheduler.alarms.notices import Notice
from broadsheet.scheduler.sources import settings
from broadsheet.scheduler.sources.document import Webhook

SIGNATURE = "Broadsheet-Signature"
TIMESTAMP = "Broadsheet-Timestamp"
NOTICE = "Broadsheet-Notice"
LONGEST = 10.0
"""Seconds for which an answer is waited for, however lively the connection is."""


class NotDeliveredError(Exception):
    """A notice did not arrive, or nobody knows; the message holds nothing of the URL.

    Attributes:
        is_away: Whether nobody answered: then nobody would answer another notice either.
    """

    def __init__(self, message: str, *, is_away: bool) -> None:
        super().__init__(message)
        self.is_away = is_away


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 (RFC 2104) over timestamp, a full stop, and the body."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(webhook: Webhook, notice: Notice, now: datetime, *, longest: float = LONGEST) -> None:
    """Post a notice; return when it has arrived.

    Args:
        webhook: Where to.
        notice: The notice.
        now: The moment that is signed with it.
        longest: Seconds for which an answer is waited for.

    Raises:
        ConfigError: The secret cannot be read.
        NotDeliveredError: It did not arrive, or nobody knows.
    """
    body = msgspec.json.encode(notice)
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": settings.user_agent(None).partition(" ")[0],
        NOTICE: notice.id,
        TIMESTAMP: timestamp,
        SIGNATURE: sign(settings.secret(webhook), timestamp, body),
    }
    parts = urlsplit(webhook.url)
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=longest, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=longest)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _cut_after(longest, connection):
            connection.request("POST", target, body, headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotDeliveredError(f"{host}: {type(error).__name__}", is_away=True) from error
    finally:
        connection.close()
    # A redirect is not followed: what is sent goes to the URL that was configured, and to no other.
    if not 200 <= status < 300:
        raise NotDeliveredError(f"{host}: HTTP {status}", is_away=False)


@contextmanager
def _cut_after(seconds: float, connection: http.client.HTTPConnection) -> Iterator[None]:
    """Cut a connection that lives too long: a timeout of its socket ends only one on which nothing comes at all."""

    def cut() -> None:
        # Looked at once: where its answer comes just now, the connection lets go of it. One that is closed says so.
        connected = connection.sock
        if connected is not None:
            with contextlib.suppress(OSError):
                # Not that of the TLS layer: it would take the session from under the thread that reads.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
