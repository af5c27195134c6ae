"""What passes over a connection during one exchange, kept as it passes."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal

from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError

from broadsheet.crawler.wire.cipher_suites import registered_name
from broadsheet.storage.model import Exchange

Truncation = Literal["length", "time", "disconnect", "unspecified"]

# What a head and the framing of a body may need beside the body itself, in bytes.
_OVERHEAD = 256 * 1024


class Recording:
    """The bytes of one exchange, above TLS, and how it ended.

    Args:
        maximum: The longest body in bytes that is fetched; 0 for any.
        on_wire: Called when the request begins to go out.

    Attributes:
        closed: How the peer closed the connection before the response was known to be whole.
        complete: The response is whole.
        too_long: More bytes came than are fetched.
        size: How many bytes of the response have come.
    """

    def __init__(self, maximum: int, on_wire: Callable[[], None] = lambda: None) -> None:
        self._on_wire = on_wire
        self.closed: Literal["cleanly", "abruptly"] | None = None
        self.complete = False
        self.too_long = False
        self._limit = maximum + _OVERHEAD if maximum else None
        self._started_at: datetime | None = None
        self._ip: str | None = None
        self._tls: tuple[str, str] | None = None
        self._handshake_pending = False
        self._sent: list[bytes] = []
        self._received = BytesIO()
        self.size = 0

    def connect(self, ip: str, *, handshake_pending: bool) -> None:
        """Note the peer; what is written before the TLS handshake is done is not on the wire yet."""
        self._ip = ip
        self._handshake_pending = handshake_pending

    def secure(self, version: str, cipher: str) -> None:
        """Note that TLS protects the exchange: ``TLSv1.3`` and OpenSSL's name of the cipher suite."""
        self._handshake_pending = False
        self._tls = version, cipher
        if self._started_at is not None:
            self._on_wire()

    def send(self, data: bytes) -> None:
        """Keep bytes of the request."""
        if self._started_at is None:
            self._started_at = datetime.now(UTC)
            if not self._handshake_pending:
                self._on_wire()
        self._sent.append(data)

    def receive(self, data: bytes) -> None:
        """Keep bytes of the response."""
        self._received.write(data)
        self.size += len(data)
        self.too_long = self._limit is not None and self.size > self._limit

    def exchange(self, url: str, error: BaseException | None) -> Exchange | None:
        """The exchange, or None if nothing of it reached the wire.

        Args:
            url: The target URI, without a fragment.
            error: What the fetch failed with, or None.
        """
        if self._started_at is None or self._handshake_pending:
            return None
        response = self._received.getvalue()
        # Without this the bytes would live as long as the task that fetched them.
        self._received = BytesIO()
        return Exchange(
            url=url,
            started_at=self._started_at,
            request=b"".join(self._sent),
            response=response,
            ip=self._ip,
            protocols=self._protocols(response),
            cipher_suite=registered_name(self._tls[1]) if self._tls else None,
            truncated=None if self.complete else self._truncation(error),
        )

    def _protocols(self, response: bytes) -> list[str]:
        protocol = "http/1.0" if response[:8].upper() == b"HTTP/1.0" else "http/1.1"
        return [protocol, self._tls[0].lower().replace("v", "/")] if self._tls else [protocol]

    def _truncation(self, error: BaseException | None) -> Truncation:
        if isinstance(error, CancelledError):
            return "unspecified"
        if self.too_long or isinstance(error, DownloadCancelledError):
            return "length"
        if isinstance(error, DownloadTimeoutError):
            return "time"
        return "disconnect" if self.closed else "unspecified"
