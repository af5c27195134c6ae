"""Cases that break the rules of HTTP; the misbehaviour that `servers.raw_cases` knows already is taken from there."""

from __future__ import annotations

from hostile.cases import HTML, OK, PAGE, ZONE, Case, one, sent, whole
from servers import raw_cases
from servers.raw_server import Script

_BODY = raw_cases.PAGE
_CHUNKED = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
# Their ends are another matter where nothing listens for them with patience; they are among the bombs.
_KNOWN = {**raw_cases.WHOLE, **raw_cases.DISCONNECTED, **raw_cases.BROKEN}


def _status(name: str, line: bytes, headers: bytes = HTML, *, truncated: bool | None = False) -> Case:
    return one(f"status-{name}", whole(_BODY, headers, line + b"\r\n"), truncated=truncated)


def _cut(name: str, response: bytes, at: int) -> Case:
    return Case(f"reset-{name}-{at}", {PAGE: Script((response[:at],), "reset")}, truncated=True, archived=at > 0)


FROM_THE_WIRE = [
    Case(
        f"wire{path.replace('/', '-').replace('.', '-')}",
        {PAGE: script, "/redirected": raw_cases.WHOLE["/redirected"]},
        truncated=path not in raw_cases.WHOLE,
        archived=bool(script.pieces),
    )
    for path, script in _KNOWN.items()
    # These answer to requests that no crawl makes.
    if path not in {"/head", "/post", "/robots.txt", "/redirected"}
]

STATUS = [
    one("status-0-9", _BODY, truncated=True),
    _status("http-2", b"HTTP/2.0 200 OK", truncated=None),
    _status("http-3", b"HTTP/3 200", truncated=None),
    _status("999", b"HTTP/1.1 999 Denied"),
    _status("000", b"HTTP/1.1 000 Nothing", truncated=None),
    _status("negative", b"HTTP/1.1 -1 Less", truncated=None),
    _status("four-digits", b"HTTP/1.1 2000 More", truncated=None),
    _status("words", b"HTTP/1.1 OK 200", truncated=None),
    _status("digits-of-others", "HTTP/1.1 ٢٠٠ OK".encode(), truncated=None),
    _status("other-protocol", b"ICY 200 OK", truncated=None),
    _status("lower-case", b"http/1.1 200 ok", truncated=None),
    _status("empty", b"", truncated=None),
    _status("206", b"HTTP/1.1 206 Partial Content", HTML + b"Content-Range: bytes 0-99/100000\r\n"),
    _status("206-of-nothing", b"HTTP/1.1 206 Partial Content"),
    _status("300", b"HTTP/1.1 300 Multiple Choices"),
    _status("305", b"HTTP/1.1 305 Use Proxy", HTML + b"Location: http://127.0.0.1:8080/\r\n"),
    _status("302-without-location", b"HTTP/1.1 302 Found"),
    _status("302-of-noise", b"HTTP/1.1 302 Found", HTML + b"Location: http://[\xff\xfe:::\r\n"),
    _status("302-of-nothing", b"HTTP/1.1 302 Found", HTML + b"Location: \r\n"),
    _status("302-overlong", b"HTTP/1.1 302 Found", HTML + b"Location: /" + b"a" * 60_000 + b"\r\n"),
    _status("401", b"HTTP/1.1 401 Unauthorized", HTML + b'WWW-Authenticate: Basic realm="x"\r\n'),
    _status("407", b"HTTP/1.1 407 Proxy Authentication Required", HTML + b"Proxy-Authenticate: Basic\r\n"),
    _status("402", b"HTTP/1.1 402 Payment Required"),
    _status("451", b"HTTP/1.1 451 Unavailable For Legal Reasons"),
    _status("100-only", b"HTTP/1.1 100 Continue", truncated=None),
    _status("205", b"HTTP/1.1 205 Reset Content", truncated=None),
    _status("101", b"HTTP/1.1 101 Switching Protocols", HTML + b"Upgrade: websocket\r\n", truncated=None),
]

FRAMING = [
    one("chunk-size-huge", _CHUNKED + b"ffffffffffffffffffffffff\r\nx", truncated=True),
    one("chunk-size-negative", _CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", truncated=True),
    one("chunk-size-underscore", _CHUNKED + b"1_0\r\nhello\r\n0\r\n\r\n", truncated=True),
    one("chunk-size-empty", _CHUNKED + b"\r\nhello\r\n0\r\n\r\n", truncated=True),
    one("chunk-without-end", _CHUNKED + b"5\r\nhelloXX0\r\n\r\n", truncated=True),
    one(
        "chunked-twice",
        whole(b"5\r\nhello\r\n0\r\n\r\n", HTML + b"Transfer-Encoding: chunked, chunked\r\n"),
        truncated=None,
    ),
    Case("length-negative", {PAGE: Script((OK + HTML + b"Content-Length: -5\r\n\r\n" + _BODY,), "close")}),
    Case("length-of-words", {PAGE: Script((OK + HTML + b"Content-Length: many\r\n\r\n" + _BODY,), "close")}),
    Case(
        "length-huge",
        {PAGE: Script((OK + HTML + b"Content-Length: %b\r\n\r\n" % (b"9" * 400) + _BODY,), "close")},
        truncated=None,
    ),
    Case(
        "length-too-long",
        {PAGE: Script((OK + HTML + b"Content-Length: 99999\r\n\r\n" + _BODY,), "close")},
        truncated=True,
    ),
    Case(
        "length-and-chunks",
        {
            PAGE: Script(
                (OK + HTML + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",)
            )
        },
    ),
    one("two-answers", whole(_BODY) + whole(b"the answer to a question that nobody asked")),
    one("interim-thousand", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000 + whole(_BODY)),
    one("headers-many", whole(_BODY, HTML + b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(5_000)))),
    one("headers-one-name", whole(_BODY, HTML + b"X-Again: again\r\n" * 5_000)),
    one("headers-nul", whole(_BODY, HTML + b"X-Nul: a\0b\r\nX-\0: c\r\n")),
    one("headers-control", whole(_BODY, HTML + b"X-Escape: \x1b[31mred\x1b]0;title\x07\r\n")),
    one("cookies-many", whole(_BODY, HTML + b"Set-Cookie: a=%b; Path=/\r\n" % (b"c" * 4_000) * 50)),
    one("cookies-noise", whole(_BODY, HTML + b"Set-Cookie: \xff\xfe=;;;=; Expires=never; Domain=127.0.0.1\r\n" * 50)),
    one("type-noise", whole(_BODY, b"Content-Type: text/html; charset=\xff\xfe; =;;; ,\r\n")),
    one("date-noise", whole(_BODY, HTML + b"Date: the day after\r\nLast-Modified: 99999999999\r\nETag: \xff\r\n")),
    one("retry-after-noise", whole(_BODY, HTML + b"Retry-After: 1e400\r\n")),
    Case("nothing-but-line-ends", {PAGE: Script((b"\r\n" * 1000,), "close")}, truncated=True),
    Case("nul-bytes", {PAGE: Script((bytes(10_000),), "close")}, truncated=True),
    Case("another-protocol", {PAGE: Script((b"SSH-2.0-OpenSSH_9.6\r\n",), "close")}, truncated=True),
    Case("the-request-back", {PAGE: Script((b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n",), "close")}, truncated=True),
    *(_cut("length", whole(_BODY), at) for at in (0, 1, 9, 40, 200, 1_000)),
    *(_cut("chunked", _CHUNKED + raw_cases.chunked(_BODY), at) for at in (40, 90, 800)),
    *(_cut("until-close", OK + HTML + b"\r\n" + _BODY, at) for at in (70, 500)),
]

LOOPS = [
    Case("loop-on-itself", {PAGE: sent(b"again", b"Location: /page\r\n", b"HTTP/1.1 301 Moved\r\n")}),
    Case(
        "loop-of-two",
        {
            PAGE: sent(b"again", b"Location: /other\r\n", b"HTTP/1.1 301 Moved\r\n"),
            "/other": sent(b"again", b"Location: /page\r\n", b"HTTP/1.1 301 Moved\r\n"),
        },
    ),
    Case(
        "chain-of-thirty",
        {
            "/page": sent(b"on", b"Location: /0\r\n", b"HTTP/1.1 301 Moved\r\n"),
            **{f"/{n}": sent(b"on", b"Location: /%d\r\n" % (n + 1), b"HTTP/1.1 308 Moved\r\n") for n in range(30)},
        },
    ),
    Case(
        "loop-of-robots",
        {"/robots.txt": sent(b"again", b"Location: /robots.txt\r\n", b"HTTP/1.1 301 Moved\r\n"), PAGE: sent(_BODY)},
    ),
    Case(
        "session-trap",
        {
            "*": sent(
                b"<title>Trap</title>" + b"".join(b"<a href='?s=%d'>n</a><a href='a/b/'>d</a>" % n for n in range(9))
            )
        },
    ),
    Case("calendar-trap", {"*": sent(b"<title>Trap</title><a href='next/'>next</a><a href='../../up/'>up</a>")}),
    Case(
        "elsewhere-and-back",
        {PAGE: sent(b"go", b"Location: http://back.%b/page\r\n" % ZONE.encode(), b"HTTP/1.1 302 F\r\n")},
    ),
    Case(
        "back",
        {PAGE: sent(b"go", b"Location: http://elsewhere-and-back.%b/page\r\n" % ZONE.encode(), b"HTTP/1.1 302 F\r\n")},
    ),
]

TLS = [
    Case("tls-trusted", {PAGE: sent(_BODY)}, tls="trusted"),
    Case("tls-self-signed", {PAGE: sent(_BODY)}, tls="self-signed", archived=False),
    Case("tls-expired", {PAGE: sent(_BODY)}, tls="expired", archived=False),
    Case("tls-wrong-host", {PAGE: sent(_BODY)}, tls="wrong-host", archived=False),
    Case("tls-no-tls", {PAGE: sent(_BODY)}, tls="no-tls", archived=False),
    Case("tls-closed", {PAGE: sent(_BODY)}, tls="closed", archived=False),
    Case(
        "tls-to-private",
        {PAGE: sent(b"m", b"Location: https://127.0.0.1/secret\r\n", b"HTTP/1.1 302 F\r\n")},
        tls="trusted",
    ),
]
