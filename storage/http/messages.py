"""HTTP/1 messages as they were on the wire: the head, where the body lies, the body without its framing.

Everything that the archive says of a page is derived from the stored bytes by these functions, so they
forgive what browsers forgive: lines that end in a bare LF, header lines without a colon, folded headers,
wrong lengths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.chunked import ChunkedDecoder
from broadsheet.storage.http.codings import DEFAULT_LIMIT, remove_codings

Headers = list[tuple[str, str]]
Framing = int | Literal["chunked"] | None

_STATUS_LINE = re.compile(r"(HTTP/\d+(?:\.\d+)?)[ \t]+(\d{3})(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL)
_REQUEST_LINE = re.compile(r"([^\s]+)[ \t]+(.+?)[ \t]+(HTTP/\d+(?:\.\d+)?)[ \t]*", re.IGNORECASE)
_EMPTY_LINES = re.compile(rb"[\r\n]*")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_MAX_LENGTH_DIGITS = 18
_BLANKS = " \t"


class _Message(Struct, frozen=True, kw_only=True):
    block: bytes
    version: str
    headers: Headers
    header_bytes: tuple[int, int]

    @property
    def body_offset(self) -> int:
        """Where in the block the body begins, framing included."""
        return self.header_bytes[1]

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, compared without case, or None."""
        wanted = name.lower()
        return next((value for header, value in self.headers if header.lower() == wanted), None)


class ResponseMessage(_Message, frozen=True, kw_only=True):
    """The final response of a block; interim (1xx) responses before it are passed over.

    Attributes:
        block: The whole block as received.
        version: As sent, ``HTTP/1.1``.
        status: The status code.
        reason: The reason phrase as sent, often empty.
        headers: Names and values as sent, latin-1 decoded, in order; lines without a colon are left out.
        header_bytes: Start and end of the final head in the block, its empty line included.
    """

    status: int
    reason: str


class RequestMessage(_Message, frozen=True, kw_only=True):
    """A request; `target` is the request target as sent. The other attributes are those of a response."""

    method: str
    target: str


def parse_response(block: bytes) -> ResponseMessage:
    """Read the head of the final response in a block.

    Args:
        block: Bytes as received: any number of interim responses, then the response.

    Raises:
        MessageError: The bytes do not begin like an HTTP/1 response, or end before the head does.
    """
    start = 0
    while True:
        start, end, line, headers = _read_head(block, start)
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise MessageError(f"{line[:60]!r} is no HTTP status line")
        status = int(match[2])
        if status >= 200:
            break
        start = end
    return ResponseMessage(
        block=block,
        version=match[1],
        status=status,
        reason=(match[3] or "").rstrip(_BLANKS),
        headers=headers,
        header_bytes=(start, end),
    )


def parse_request(block: bytes) -> RequestMessage:
    """Read the head of a request.

    Raises:
        MessageError: The bytes do not begin like an HTTP/1 request, or end before the head does.
    """
    start, end, line, headers = _read_head(block, 0)
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise MessageError(f"{line[:60]!r} is no HTTP request line")
    return RequestMessage(
        block=block,
        version=match[3],
        method=match[1],
        target=match[2],
        headers=headers,
        header_bytes=(start, end),
    )


def _read_head(block: bytes, offset: int) -> tuple[int, int, str, Headers]:
    """Start, end, first line and headers of the head at `offset`; empty lines before it are skipped."""
    skipped = _EMPTY_LINES.match(block, offset)
    start = skipped.end() if skipped else offset
    found = _END_OF_HEAD.search(block, start)
    if found is None:
        raise MessageError(
            f"the head of the message is cut off after {len(block) - start} bytes"
            if block[start : start + 5].upper() == b"HTTP/" or start == len(block)
            else f"{block[start : start + 60]!r} is no HTTP message"
        )
    first, _, rest = block[start : found.start()].decode("latin-1").partition("\n")
    return start, found.end(), first.removesuffix("\r"), _headers(rest)


def _headers(lines: str) -> Headers:
    headers: Headers = []
    skipping = True
    for raw in lines.split("\n") if lines else ():
        line = raw.removesuffix("\r")
        if line[:1] in (" ", "\t"):
            # obs-fold (RFC 9112, section 5.2): it continues the line above, or shares its fate.
            if not skipping:
                name, value = headers[-1]
                headers[-1] = (name, " ".join((value, line.strip(_BLANKS))).strip(" "))
            continue
        name, colon, value = line.partition(":")
        name = name.rstrip(_BLANKS)
        skipping = not (colon and name)
        if not skipping:
            headers.append((name, value.strip(" \t\r")))
    return headers


def list_values(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    """The members of a comma-separated header (RFC 9110, section 5.6.1), lower case, without parameters."""
    wanted = name.lower()
    members = (member for header, value in headers if header.lower() == wanted for member in value.split(","))
    return [token for member in members if (token := member.partition(";")[0].strip(_BLANKS).lower())]


def body_framing(headers: Iterable[tuple[str, str]]) -> Framing:
    """How the end of a response body is found (RFC 9112, section 6.3).

    Returns:
        ``"chunked"``, a length in bytes, or None: the body ends with the connection. A length that is no
        number or contradicts another one is no length.
    """
    headers = list(headers)
    codings = [coding for coding in list_values(headers, "Transfer-Encoding") if coding != "identity"]
    if codings:
        return "chunked" if codings[-1] == "chunked" else None
    stated = list_values(headers, "Content-Length")
    if not all(value.isascii() and value.isdigit() and len(value) <= _MAX_LENGTH_DIGITS for value in stated):
        return None
    lengths = {int(value) for value in stated}
    return lengths.pop() if len(lengths) == 1 else None


def entity_body(message: ResponseMessage, *, method: str = "GET", limit: int = DEFAULT_LIMIT) -> bytes:
    """The body of a response without its transfer coding: what a WARC payload digest is computed over.

    Of a cut-off body it returns what is there. Bytes behind a stated length are no part of the body.

    Args:
        message: A parsed response.
        method: The method of the request: the answer to HEAD has no body.
        limit: The largest result in bytes of undoing a compressing transfer coding.

    Raises:
        MessageError: A compressed transfer coding inflates to more than `limit` bytes.
    """
    if method == "HEAD" or message.status in (204, 304):
        return b""
    framing = body_framing(message.headers)
    start = message.body_offset
    if isinstance(framing, int):
        return message.block[start : start + framing]
    body = _dechunk(message.block, start) if framing == "chunked" else message.block[start:]
    codings = [name for name in list_values(message.headers, "Transfer-Encoding") if name != "chunked"]
    return remove_codings(body, codings, limit) if codings else body


def _dechunk(block: bytes, start: int) -> bytes:
    decoder = ChunkedDecoder()
    body = decoder.feed(block, start)
    if not decoder.started:
        # Ends a size line that was cut off.
        decoder.feed(b"\n")
    # Some archives removed the chunks and left the header: then there is no framing to take off.
    return body if decoder.started else block[start:]


def decoded_body(message: ResponseMessage, *, method: str = "GET", limit: int = DEFAULT_LIMIT) -> bytes:
    """The body as a reader sees it: transfer and content codings removed.

    A body that is not coded as its label says is returned as it is, a cut-off one as far as it can be
    decoded; a coding that is not known (zstd, which is never asked for) stays on.

    Args:
        message: A parsed response.
        method: The method of the request.
        limit: The largest size in bytes of the result and of every step to it; enforced while inflating.

    Raises:
        MessageError: The body is longer than `limit` bytes.
    """
    body = entity_body(message, method=method, limit=limit)
    body = remove_codings(body, list_values(message.headers, "Content-Encoding"), limit)
    if len(body) > limit:
        raise MessageError(f"the body has {len(body)} bytes, more than the limit of {limit} bytes")
    return body
