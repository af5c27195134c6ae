"""Cases that lead to addresses and schemes that nobody on the Internet has business with."""

from __future__ import annotations

from functools import partial

from hostile.cases import HTML, PAGE, SITE_IPV4, SITE_IPV6, TDMREP, XML, ZONE, Case, sent
from servers.raw_server import Script

SPELLINGS = {
    "loopback": "http://127.0.0.1/secret",
    "loopback-two": "http://127.0.0.2/secret",
    "short": "http://127.1/secret",
    "decimal": "http://2130706433/secret",
    "hexadecimal": "http://0x7f000001/secret",
    "hexadecimal-parts": "http://0x7f.0x0.0x0.0x1/secret",
    "octal": "http://0177.0.0.1/secret",
    "octal-whole": "http://017700000001/secret",
    "mixed-bases": "http://0x7f.0.1/secret",
    "zero": "http://0/secret",
    "unspecified": "http://0.0.0.0/secret",
    "localhost": "http://localhost/secret",
    "localhost-dot": "http://localhost./secret",
    "localhost-upper": "http://LOCALHOST/secret",
    "localhost-port": "http://localhost:8080/secret",
    "loopback-dot": "http://127.0.0.1./secret",
    "full-width": "http://１２７.０.０.１/secret",
    "circled": "http://①②⑦.⓪.⓪.①/secret",
    "ideographic-stops": "http://127。0。0。1/secret",
    "escaped": "http://%31%32%37.0.0.1/secret",
    "ipv6-loopback": "http://[::1]/secret",
    "ipv6-loopback-long": "http://[0:0:0:0:0:0:0:1]/secret",
    "ipv6-unspecified": "http://[::]/secret",
    "ipv6-mapped": "http://[::ffff:127.0.0.1]/secret",
    "ipv6-mapped-hexadecimal": "http://[::ffff:7f00:1]/secret",
    "ipv6-compatible": "http://[::127.0.0.1]/secret",
    "ipv6-nat64": "http://[64:ff9b::7f00:1]/secret",
    "ipv6-nat64-local": "http://[64:ff9b:1::7f00:1]/secret",
    "ipv6-6to4": "http://[2002:7f00:1::]/secret",
    "ipv6-teredo": "http://[2001:0:5db8:d822:0:0:80ff:fffe]/secret",
    "ipv6-site-local": "http://[fec0::1]/secret",
    "ipv6-link-local": "http://[fe80::1]/secret",
    "ipv6-zone": "http://[fe80::1%25lo]/secret",
    "ipv6-unique-local": "http://[fd00::1]/secret",
    "ipv6-multicast": "http://[ff02::1]/secret",
    "ipv6-isatap": "http://[2606:2800:220:1:0:5efe:7f00:1]/secret",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "ten": "http://10.0.0.1/secret",
    "home": "http://192.168.1.1/secret",
    "twelve": "http://172.16.0.1/secret",
    "carrier": "http://100.64.0.1/secret",
    "benchmark": "http://198.18.0.1/secret",
    "multicast": "http://224.0.0.1/secret",
    "broadcast": "http://255.255.255.255/secret",
    "with-user": "http://editor@127.0.0.1/secret",
    "site-as-user": f"http://{SITE_IPV4}@127.0.0.1/secret",
    "backslash": f"http://127.0.0.1\\@{SITE_IPV4}/secret",
    "no-scheme": "//127.0.0.1/secret",
    "one-slash": "http:/127.0.0.1/secret",
    "no-slash": "http:127.0.0.1/secret",
    "tab": "http://127.0.\t0.1/secret",
    "https": "https://127.0.0.1/secret",
    "punycode": "http://xn--lcalhost-54a/secret",
    "name": f"http://inside.{ZONE}/secret",
    "name-of-metadata": f"http://metadata.{ZONE}/latest/meta-data/",
    "canonical-name": f"http://alias-of-localhost.{ZONE}/secret",
    "file": "file:///etc/passwd",
    "file-host": "file://localhost/etc/passwd",
    "ftp": "ftp://127.0.0.1/secret",
    "data": "data:text/html,<title>Data</title>",
    "s3": "s3://bucket/key",
    "javascript": "javascript:location='http://127.0.0.1/'",
    "gopher": "gopher://127.0.0.1:70/_secret",
    "view-source": "view-source:http://127.0.0.1/secret",
}

_MOVED = b"HTTP/1.1 302 Found\r\n"
PRIVATE = ["127.0.0.1", "10.0.0.1", "::1", "fd00::1"]


def _encoded(url: str) -> bytes:
    return url.encode()


def _location(url: str) -> Script:
    return sent(b"moved", b"Location: " + _encoded(url) + b"\r\n", _MOVED)


def _everywhere(form: str) -> bytes:
    return "".join(
        form.replace("{}", url.replace("&", "&amp;").replace("<", "&lt;")) for url in SPELLINGS.values()
    ).encode()


def _sitemap(entry: str) -> Script:
    return sent(b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>%b</urlset>" % _everywhere(entry), XML)


def _robots(body: bytes) -> Script:
    return sent(body, b"Content-Type: text/plain\r\n")


_ANCHORS = _everywhere("<a href='{}'>a link</a>")
_ARTICLE = b"<!DOCTYPE html><html><head>%b</head><body><article><h1>Hostile</h1><p>%b</p></article>%b</body></html>"
_TEXT = b"The harbour council opened the bridge. " * 30

BY_LOCATION = [
    *(Case(f"location-{name}", {PAGE: _location(url)}) for name, url in SPELLINGS.items()),
    *(
        Case(f"tdmrep-to-{name}", {TDMREP: _location(SPELLINGS[name]), PAGE: sent(_ARTICLE % (b"", _TEXT, b""))})
        for name in ("loopback", "metadata", "name", "file")
    ),
]

BY_PAGE = [
    Case("refresh-header", {PAGE: sent(_ARTICLE % (b"", _TEXT, b""), b"Refresh: 0; url=http://127.0.0.1/secret\r\n")}),
    Case(
        "meta-refresh",
        {PAGE: sent(_ARTICLE % (_everywhere("<meta http-equiv='refresh' content=\"0; url='{}'\">"), _TEXT, b""))},
    ),
    Case("canonical", {PAGE: sent(_ARTICLE % (_everywhere("<link rel='canonical' href='{}'>"), _TEXT, b""))}),
    Case("amp", {PAGE: sent(_ARTICLE % (_everywhere("<link rel='amphtml' href='{}'>"), _TEXT, b""))}),
    Case(
        "feed-links",
        {
            PAGE: sent(
                _ARTICLE % (_everywhere("<link rel='alternate' type='application/rss+xml' href='{}'>"), _TEXT, b"")
            )
        },
    ),
    Case("base", {PAGE: sent(_ARTICLE % (b"<base href='http://127.0.0.1/'>", _TEXT, b"<a href='secret'>a link</a>"))}),
    Case("anchors", {PAGE: sent(_ARTICLE % (b"", _TEXT, _ANCHORS))}),
    Case(
        "images-and-frames",
        {PAGE: sent(_ARTICLE % (b"", _TEXT, _everywhere("<img src='{}'><iframe src='{}'></iframe><script src='{}'>")))},
    ),
    Case(
        "second-hop",
        {PAGE: _location("/hop"), "/hop": _location("/last"), "/last": _location("http://127.0.0.1/secret")},
    ),
    Case(
        "hop-by-another-host",
        {PAGE: _location(f"http://hop.{ZONE}/page")},
    ),
    Case("hop", {PAGE: _location("http://[::ffff:127.0.0.1]/secret")}),
    Case("link-header", {PAGE: sent(_ARTICLE % (b"", _TEXT, b""), b"Link: <http://127.0.0.1/secret>; rel=next\r\n")}),
    Case(
        "content-location",
        {PAGE: sent(_ARTICLE % (b"", _TEXT, b""), b"Content-Location: http://127.0.0.1/secret\r\n")},
    ),
]

BY_LISTING = [
    Case("sitemap-urls", {"/map.xml": _sitemap("<url><loc>{}</loc></url>")}, start="/map.xml"),
    Case(
        "sitemap-index",
        {
            "/": sent(_ARTICLE % (b"", _TEXT, b"")),
            "/robots.txt": _robots(f"Sitemap: http://sitemap-index.{ZONE}/index.xml\n".encode()),
            "/index.xml": sent(
                b"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>%b</sitemapindex>"
                % _everywhere("<sitemap><loc>{}</loc></sitemap>"),
                XML,
            ),
        },
        start="/",
    ),
    Case(
        "robots-sitemaps",
        {"/": sent(_ARTICLE % (b"", _TEXT, b"")), "/robots.txt": _robots(_everywhere("Sitemap: {}\n"))},
        start="/",
    ),
    *(
        Case(f"robots-redirect-{name}", {"/robots.txt": _location(SPELLINGS[name]), PAGE: sent(_TEXT)}, archived=False)
        for name in ("loopback", "decimal", "localhost", "ipv6-mapped", "ipv6-nat64", "ipv6-6to4", "metadata", "file")
    ),
    Case(
        "robots-sitemaps-of-noise",
        {
            "/": sent(_TEXT, HTML),
            "/robots.txt": _robots(
                b"Sitemap: http://[\nSitemap: //[::\nSitemap: http://\xff/\nSitemap: \nSitemap: file:///\n"
            ),
        },
        start="/",
    ),
    Case(
        "robots-second-hop",
        {
            "/robots.txt": _location("/other.txt"),
            "/other.txt": _location("http://127.0.0.1/robots.txt"),
            PAGE: sent(_TEXT),
        },
        archived=False,
    ),
    Case(
        "feed-items",
        {PAGE: sent(b"<rss><channel>%b</channel></rss>" % _everywhere("<item><link>{}</link></item>"), XML)},
    ),
    Case(
        "atom-base",
        {
            PAGE: sent(
                b"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://127.0.0.1/'>"
                b"<entry><link href='secret'/></entry></feed>",
                XML,
            )
        },
    ),
]


def _rebound(turns: int, asked: int) -> list[str]:
    return [SITE_IPV4] if asked < turns else ["127.0.0.1"]


_ANSWER = {PAGE: sent(_ARTICLE % (b"", _TEXT, b"<a href='/more'>more</a>")), "/more": sent(_TEXT)}

BY_NAME = [
    Case("inside", addresses=lambda _: ["127.0.0.1"], archived=False),
    Case("inside-ipv6", addresses=lambda _: ["::1"], archived=False),
    Case("metadata", addresses=lambda _: ["169.254.169.254"], archived=False),
    Case("mapped-by-name", addresses=lambda _: ["::ffff:10.0.0.1"], archived=False),
    Case("nat64-by-name", addresses=lambda _: ["64:ff9b::a00:1"], archived=False),
    Case("all-private", addresses=lambda _: PRIVATE, archived=False),
    Case("alias-of-localhost", addresses=lambda _: ["127.0.0.1"], archived=False),
    Case("mixed", _ANSWER, addresses=lambda _: [*PRIVATE, SITE_IPV4]),
    Case("mixed-families", _ANSWER, addresses=lambda _: [SITE_IPV4, "fd00::1"]),
    Case("mixed-families-other", _ANSWER, addresses=lambda _: ["127.0.0.1", SITE_IPV6]),
    *(
        Case(
            f"rebinding-after-{turns}",
            _ANSWER,
            addresses=partial(_rebound, turns),
            archived=False,
        )
        for turns in range(1, 5)
    ),
    Case(
        "rebinding-by-turns", _ANSWER, addresses=lambda asked: [SITE_IPV4 if asked % 2 else "127.0.0.1"], archived=False
    ),
    Case("no-address", addresses=lambda _: [], archived=False),
    Case("many-addresses", _ANSWER, addresses=lambda _: [*(f"10.0.0.{last}" for last in range(1, 20)), SITE_IPV4]),
]

HAPPY = [
    Case("ipv6-alone", _ANSWER, addresses=lambda _: [SITE_IPV6]),
    Case("both-families", _ANSWER, addresses=lambda _: [SITE_IPV4, SITE_IPV6]),
    Case("ipv4-literal", _ANSWER, target=f"http://{SITE_IPV4}{PAGE}"),
    Case("ipv6-literal", _ANSWER, target=f"http://[{SITE_IPV6}]{PAGE}"),
]
