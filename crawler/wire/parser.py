"""The parser of responses, stricter than Twisted's about what ends a body and more lenient about heads.

What ends a body is decided by the rules that the archive reads it with (`broadsheet.storage.http`), so that a crawl
and whoever reads its records see the same.
"""
# The names are Twisted's, private ones are and few of either are typed.
# ruff: noqa: N802, N815, D102, RUF012
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from scrapy.core.downloader.handlers.http11 import _LenientHTTPClientParser
from twisted.web._newclient import ParseError
from twisted.web.http import _DataLoss
from twisted.web.http_headers import Headers as TransportHeaders
from twisted.web.http_headers import InvalidHeaderName

from broadsheet.storage.http.chunked import ChunkedDecoder
from broadsheet.storage.http.messages import body_framing, list_values

# As long as Chromium reads; Twisted's 16 KiB break on a Content-Security-Policy.
_MAX_HEADER_LINE = 256 * 1024
# Each takes time, also whenever the archive is read: a body of 32 MiB in chunks of 32 bytes has as many.
_MAX_CHUNKS = 1024 * 1024


class _ChunkedBody:
    """Our reading of the chunked coding, as a transfer decoder of Twisted's parser."""

    def __init__(self, data_callback: Callable[[bytes], None], finish_callback: Callable[[bytes], None]) -> None:
        self._decoder = ChunkedDecoder()
        self._data_callback = data_callback
        self._finish_callback = finish_callback

    @property
    def chunks(self) -> int:
        return self._decoder.chunks

    def dataReceived(self, data: bytes) -> None:
        if body := self._decoder.feed(data):
            self._data_callback(body)
        if self._decoder.broken:
            raise ParseError(self._decoder.broken, data[:80])
        if self._decoder.finished:
            self._finish_callback(self._decoder.rest)

    def noMoreData(self) -> None:
        if not self._decoder.finished:
            raise _DataLoss("the connection was lost within a chunked body")


class WireParser(_LenientHTTPClientParser):
    """Takes the place of Scrapy's, without any further state."""

    MAX_LENGTH = _MAX_HEADER_LINE

    def is_excessive(self) -> bool:
        """Tell whether more than a MiB is no body yet, or all framing."""
        return self.state != "BODY" or getattr(self.bodyDecoder, "chunks", 0) > _MAX_CHUNKS

    _transferDecoders: Any = {b"chunked": _ChunkedBody}

    def lineLengthExceeded(self, line: bytes) -> None:
        raise ParseError(f"a line of the head is longer than {_MAX_HEADER_LINE} bytes", line[:80])

    def headerReceived(self, name: bytes, value: bytes) -> None:
        # Twisted gives up a response for a name that is no token; browsers pass over that line.
        with suppress(InvalidHeaderName):
            super().headerReceived(name.rstrip(b" \t"), value)

    def allHeadersReceived(self) -> None:
        _settle(self.connHeaders, self.response.version)
        super().allHeadersReceived()


def _settle(headers: TransportHeaders, version: tuple[bytes, int, int]) -> None:
    """Leave only the headers that decide how the body ends, by the rules that the archive reads it with."""
    stated = [
        (name, value.decode("latin-1"))
        for name in ("Transfer-Encoding", "Content-Length", "Connection")
        for value in headers.getRawHeaders(name.encode(), ())
    ]
    framing = body_framing(stated)
    headers.removeHeader(b"Transfer-Encoding")
    headers.removeHeader(b"Content-Length")
    if framing == "chunked":
        headers.setRawHeaders(b"Transfer-Encoding", [b"chunked"])
    elif framing is not None:
        headers.setRawHeaders(b"Content-Length", [str(framing).encode()])
    options = list_values(stated, "Connection")
    if "close" in options or (version < (b"HTTP", 1, 1) and "keep-alive" not in options):
        headers.setRawHeaders(b"Connection", [b"close"])
