"""Scripts for `servers.raw_server`: what servers on the web send, to the grief of readers."""

from __future__ import annotations

import gzip
import zlib

import brotli
from servers.raw_server import Script

PAGE = b"<!DOCTYPE html><title>Tide tables</title><p>High water at noon, low water at dusk.</p>" * 40
MAXIMUM_BODY = 512 * 1024
_OVERSIZE = b"x" * (2 * 1024 * 1024)
_OK = b"HTTP/1.1 200 OK\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n"


def chunked(body: bytes, size: int = 700, line_end: bytes = b"\r\n", extension: bytes = b"") -> bytes:
    """A body in chunks of `size` bytes, up to and without the end of the trailer section."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    framed = [b"%x%b%b%b%b" % (len(piece), extension, line_end, piece, line_end) for piece in pieces]
    return b"".join(framed) + b"0" + line_end


def _with_length(body: bytes, headers: bytes = _HTML, status: bytes = _OK) -> bytes:
    return status + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _coded(name: bytes, body: bytes) -> Script:
    return Script((_with_length(body, _HTML + b"Content-Encoding: " + name + b"\r\n"),))


_CHUNKED = _OK + _HTML + b"Transfer-Encoding: chunked\r\n\r\n"
_GZIPPED = gzip.compress(PAGE, mtime=0)

WHOLE: dict[str, Script] = {
    "/plain": Script((_with_length(PAGE),)),
    "/in-pieces": Script(tuple(bytes([byte]) for byte in _with_length(PAGE[:200])), pause=0.001),
    "/empty": Script((_with_length(b""),)),
    "/chunked": Script((_CHUNKED + chunked(PAGE) + b"\r\n",)),
    "/chunked-in-pieces": Script(
        tuple(bytes([byte]) for byte in _CHUNKED + chunked(PAGE[:150], 40) + b"\r\n"), pause=0.001
    ),
    "/chunk-extensions-and-trailers": Script(
        (_CHUNKED + chunked(PAGE, extension=b';sig="a;b"') + b"X-Checksum: 1234\r\nX-Late: yes\r\n\r\n",)
    ),
    "/chunks-with-bare-line-feeds": Script((_CHUNKED + chunked(PAGE, line_end=b"\n") + b"\n",)),
    "/gzip": _coded(b"gzip", _GZIPPED),
    "/br": _coded(b"br", brotli.compress(PAGE)),
    "/deflate": _coded(b"deflate", zlib.compress(PAGE)),
    "/mislabelled-gzip": _coded(b"gzip", PAGE),
    "/gzip-in-chunks": Script(
        (_OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(_GZIPPED, 60) + b"\r\n",)
    ),
    "/transfer-coding-gzip": Script(
        (_OK + _HTML + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(_GZIPPED, 60) + b"\r\n",)
    ),
    "/bad-header-lines": Script(
        (_with_length(PAGE, _HTML + b"this line has no colon\r\n: no name\r\nX-After: kept\r\n"),)
    ),
    "/folded-header": Script((_with_length(PAGE, _HTML + b"X-Folded: one\r\n  two\r\n\tthree\r\n"),)),
    "/duplicate-headers": Script(
        (_with_length(PAGE, _HTML + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nVary: a\r\nVary: b\r\n"),)
    ),
    "/odd-case-and-spacing": Script(
        (_with_length(PAGE, b"cOnTeNt-TyPe:text/html\r\nX-Spaced  :   padded  \r\nX-TAB:\tvalue\t\r\n"),)
    ),
    "/headers-in-latin-1": Script((_with_length(PAGE, _HTML + b"X-Ville: Orl\xe9ans \xff\xfe\r\n"),)),
    "/long-header": Script((_with_length(PAGE, _HTML + b"X-Policy: " + b"p" * 60_000 + b"\r\n"),)),
    "/odd-reason": Script((_with_length(PAGE, status=b"HTTP/1.1 200 Tr\xe8s   bien: (oui)\r\n"),)),
    "/no-reason": Script((_with_length(PAGE, status=b"HTTP/1.1 200\r\n"),)),
    "/interim-100": Script((b"HTTP/1.1 100 Continue\r\n\r\n" + _with_length(PAGE),)),
    "/interim-103": Script(
        (b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", _with_length(PAGE)),
        pause=0.05,
    ),
    "/204": Script((b"HTTP/1.1 204 No Content\r\nX-Empty: yes\r\n\r\n",)),
    "/304": Script((b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nContent-Length: 999\r\n\r\n',)),
    "/404": Script((_with_length(b"gone", status=b"HTTP/1.1 404 Not Found\r\n"),)),
    "/head": Script((_OK + _HTML + b"Content-Length: 123456\r\n\r\n",)),
    "/post": Script((_with_length(b"thank you"),)),
    "/connection-close": Script((_with_length(PAGE, b"Connection: Close\r\n"),), "close"),
    "/until-close": Script((_OK + _HTML + b"\r\n", PAGE), "close", pause=0.05),
    "/http-1.0": Script((_with_length(PAGE, status=b"HTTP/1.0 200 OK\r\n"),), "close"),
    "/bare-line-feeds": Script((_with_length(PAGE).replace(b"\r\n", b"\n"),)),
    "/length-too-short": Script((_with_length(PAGE)[:-1] + b">surplus bytes",)),
    "/conflicting-lengths": Script((_with_length(PAGE, b"Content-Length: 7\r\n"),), "close"),
    "/redirect": Script((b"HTTP/1.1 302 Found\r\nLocation: /redirected\r\nContent-Length: 5\r\n\r\nmoved",)),
    "/redirected": Script((_with_length(PAGE),)),
    "/unavailable": Script((_with_length(b"later", status=b"HTTP/1.1 503 Service Unavailable\r\n"),)),
    "/robots.txt": Script((_with_length(b"User-agent: *\nAllow: /\n", b"Content-Type: text/plain\r\n"),)),
}
"""Responses that are whole, however odd."""

DISCONNECTED: dict[str, Script] = {
    "/cut-off-head": Script((_OK + b"Content-Ty",), "close"),
    "/cut-off-body": Script((_with_length(PAGE)[:-700],), "close"),
    "/cut-off-chunk": Script((_CHUNKED + chunked(PAGE)[:-100],), "close"),
    "/no-last-chunk": Script((_CHUNKED + chunked(PAGE).removesuffix(b"0\r\n"),), "close"),
    "/reset-in-body": Script((_with_length(PAGE)[:-700],), "reset"),
    "/reset-until-close": Script((_OK + _HTML + b"\r\n" + PAGE,), "reset"),
    "/nothing": Script((), "close"),
}
"""Responses that end because the server goes away."""

BROKEN: dict[str, Script] = {
    "/garbage": Script((b"\x16\x03\x01\x02 this is not HTTP\r\n\r\n",), "close"),
    "/bad-chunk-size": Script((_CHUNKED + b"5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n",)),
}
"""Responses whose end cannot be found, because they make no sense."""

OVERSIZE: dict[str, Script] = {
    "/oversize-stated": Script((_with_length(_OVERSIZE),), "close"),
    "/oversize-chunked": Script((_CHUNKED + chunked(_OVERSIZE, 60_000) + b"\r\n",), "close"),
    "/oversize-until-close": Script((_OK + b"\r\n" + _OVERSIZE,), "close"),
    "/oversize-head": Script((_OK + b"X-More: and more\r\n" * 100_000,), "close"),
}
"""Responses longer than `MAXIMUM_BODY` with the allowance for head and framing."""

SLOW: dict[str, Script] = {
    "/slow-body": Script((_with_length(PAGE)[:300], *(b"drip " for _ in range(600))), pause=0.1),
    "/slow-head": Script((_OK, *(b"X-Drip: drip\r\n" for _ in range(600))), pause=0.1),
}
"""Responses that do not end within any test's patience."""
