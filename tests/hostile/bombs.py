"""Cases that are small on the wire and large behind it, or have no end, or take their time."""

from __future__ import annotations

import gzip
import zlib
from functools import cache

import brotli
from hostile.cases import HTML, OK, PAGE, TDMREP, TDMREP_TYPE, XML, ZONE, Case, Repeated, one, sent, whole
from servers.raw_cases import chunked
from servers.raw_server import Script

_MIB = 1024 * 1024
_BEHIND = 1024
_TEXT = b"Content-Type: text/plain\r\n"


@cache
def _gzip_members() -> bytes:
    return gzip.compress(bytes(16 * _MIB), 9, mtime=0) * (_BEHIND // 16)


@cache
def _gzip_stream() -> bytes:
    """One member: the same flushed block of 16 MiB over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(16 * _MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + block * (_BEHIND // 16)


@cache
def _deflate() -> bytes:
    packer = zlib.compressobj(9)
    block = packer.compress(bytes(16 * _MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block + block[2:] * (_BEHIND // 16 - 1)


@cache
def _brotli() -> bytes:
    packer = brotli.Compressor(quality=3)
    piece = bytes(16 * _MIB)
    return b"".join(packer.process(piece) for _ in range(_BEHIND // 16)) + bytes(packer.finish())


@cache
def _many_codings() -> bytes:
    """4 MiB behind 200 layers that compress nothing."""
    body = b"<p>layers</p>" * (4 * _MIB // 13)
    for _ in range(200):
        body = gzip.compress(body, 0, mtime=0)
    return body


def _coded(coding: bytes, body: bytes, headers: bytes = HTML) -> Script:
    return sent(body, headers + b"Content-Encoding: " + coding + b"\r\n")


def _bomb(name: str, coding: bytes, body: bytes, headers: bytes = HTML) -> Case:
    return Case(name, {PAGE: _coded(coding, body, headers)})


def bombs() -> list[Case]:
    """Compressed a thousandfold and more. They take a second to make."""
    members, stream, brotli_stream = _gzip_members(), _gzip_stream(), _brotli()
    # RFC 8878: a frame with a window of 2 MiB, then blocks of 128 KiB that say one byte each.
    zstd = b"\x28\xb5\x2f\xfd\x00\x58" + b"\x02\x00\x10\x00" * (_BEHIND * 8 - 1) + b"\x03\x00\x10\x00"
    url = f"http://bomb-in-sitemap-file.{ZONE}/map.xml.gz"
    by_transfer = OK + HTML + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(stream, 60_000) + b"\r\n"
    return [
        _bomb("bomb-gzip-members", b"gzip", members),
        _bomb("bomb-gzip-stream", b"gzip", stream),
        _bomb("bomb-deflate", b"deflate", _deflate()),
        _bomb("bomb-br", b"br", brotli_stream),
        _bomb("bomb-zstd", b"zstd", zstd),
        _bomb("bomb-gzip-in-gzip", b"gzip, gzip", gzip.compress(stream)),
        _bomb("bomb-gzip-in-br", b"gzip, br", brotli.compress(stream)),
        _bomb("bomb-gzip-in-a-file", b"gzip", gzip.compress(stream), XML),
        _bomb("bomb-many-codings", b", ".join([b"gzip"] * 200), _many_codings()),
        _bomb("bomb-empty-members", b"gzip", gzip.compress(b"") * 200_000),
        _bomb("bomb-in-sitemap", b"gzip", stream, XML),
        _bomb("bomb-in-feed", b"br", brotli_stream, b"Content-Type: application/rss+xml\r\n"),
        Case(
            "bomb-in-sitemap-file",
            {
                "/": sent(b"<title>A front page</title>"),
                "/robots.txt": sent(f"Sitemap: {url}\n".encode(), _TEXT),
                "/map.xml.gz": sent(stream, b"Content-Type: application/gzip\r\n"),
            },
            start="/",
        ),
        Case("bomb-in-robots", {"/robots.txt": _coded(b"gzip", stream, _TEXT), PAGE: sent(b"hidden")}, archived=False),
        Case(
            "bomb-in-robots-br",
            {"/robots.txt": _coded(b"br", brotli_stream, _TEXT), PAGE: sent(b"hidden")},
            archived=False,
        ),
        Case(
            "bomb-in-robots-many-codings",
            {
                "/robots.txt": _coded(b", ".join([b"gzip"] * 200), _many_codings(), _TEXT),
                PAGE: sent(b"hidden"),
            },
            archived=False,
        ),
        Case("bomb-in-tdmrep", {TDMREP: _coded(b"gzip", stream, TDMREP_TYPE), PAGE: sent(b"<p>A page</p>")}),
        one("bomb-by-transfer-coding", by_transfer),
        one("bomb-in-an-error", whole(stream, HTML + b"Content-Encoding: gzip\r\n", b"HTTP/1.1 404 Not Found\r\n")),
    ]


_FILLER = b"<p>and so on and so forth</p>" * 36_000
_CHUNK = b"%x\r\n%b\r\n" % (len(_FILLER), _FILLER)
_CHUNKED = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"


def _endless(name: str, beginning: bytes, piece: bytes, pause: float = 0.0) -> Case:
    return Case(name, {PAGE: Script(Repeated(beginning, piece), "close", pause)}, truncated=True)


def _endless_robots(name: str, beginning: bytes, piece: bytes, pause: float = 0.0) -> Case:
    return Case(name, {"/robots.txt": Script(Repeated(beginning, piece), "close", pause)}, archived=False)


def _endless_tdmrep(name: str, beginning: bytes, piece: bytes, pause: float = 0.0) -> Case:
    return Case(name, {TDMREP: Script(Repeated(beginning, piece), "close", pause), PAGE: sent(b"<p>A page</p>")})


ENDLESS = [
    *(_endless(f"endless-until-close-{number}", OK + HTML + b"\r\n", _FILLER) for number in range(20)),
    _endless("endless-chunks", _CHUNKED, _CHUNK),
    _endless("endless-length", OK + HTML + b"Content-Length: 99999999999999\r\n\r\n", _FILLER),
    _endless("endless-head", OK, b"X-More: and more\r\n" * 1000),
    _endless("endless-short-head-lines", OK, b"a:\r\n" * 4000),
    _endless("endless-header-line", OK + b"X-Long: ", b"x" * 65_536),
    _endless("endless-status-line", b"HTTP/1.1 200 ", b"x" * 65_536),
    _endless("endless-folded-header", OK + b"X-Long: x\r\n", b" x\r\n" * 4_000),
    _endless("endless-interim", b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    _endless("endless-chunk-extension", _CHUNKED + b"5;", b"x" * 65_536),
    _endless("endless-tiny-chunks", _CHUNKED, b"1\r\nx\r\n" * 10_000),
    _endless("endless-trailer", _CHUNKED + b"0\r\n", b"X-More: more\r\n" * 4000),
    _endless("endless-sitemap", OK + XML + b"\r\n<urlset>", b"<url><loc>/a</loc></url>" * 2_000),
    _endless_robots("endless-robots", OK + _TEXT + b"\r\n", b"Disallow: /x\n" * 5_000),
    _endless_tdmrep("endless-tdmrep", OK + TDMREP_TYPE + b"\r\n[", b'{"location":"/x","tdm-reservation":1},' * 5_000),
]

SLOW = [
    _endless("slow-body", OK + HTML + b"\r\n", b"drip ", 0.1),
    _endless("slow-chunks", _CHUNKED, b"4\r\ndrip\r\n", 0.1),
    _endless("slow-head", OK, b"X-Drip: drip\r\n", 0.1),
    _endless("slow-status", b"HTTP/1.1 200 ", b"O", 0.1),
    _endless("slow-interim", b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.1),
    _endless("stalled", OK + HTML + b"Content-Length: 100\r\n\r\nhalf", b"", 1.0),
    _endless_robots("slow-robots", OK + _TEXT + b"\r\n", b"#", 0.1),
    _endless_tdmrep("slow-tdmrep", OK + TDMREP_TYPE + b"\r\n[", b" ", 0.1),
]

# One object: every process that knows the cases holds it.
_NEARLY_WHOLE = OK + HTML + b"Content-Length: 33000000\r\n\r\n" + _FILLER * 31
HEAVY = [_endless(f"heavy-{number}", _NEARLY_WHOLE, b".", 0.5) for number in range(32)]
"""Each as long as is fetched, and none of them ever whole."""
