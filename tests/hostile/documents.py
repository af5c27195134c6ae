"""Cases whose bytes arrive in good order and whose content does not want to be read."""

from __future__ import annotations

import json
import random

from hostile.cases import HTML, TDMREP, TDMREP_TYPE, XML, ZONE, Case, one, sent, whole
from servers.raw_cases import PAGE as BODY

_TEXT = b"Content-Type: text/plain\r\n"
_RSS = b"Content-Type: application/rss+xml\r\n"
_ARTICLE = b"<html><head><title>T</title>%b</head><body><article><h1>T</h1><p>%b</p></article></body></html>"
_PROSE = b"The harbour council opened the bridge. " * 30
_NOISE = random.Random(5).randbytes(200_000)


def _typed(name: str, content_type: bytes, body: bytes = BODY) -> Case:
    return one(name, whole(body, b"Content-Type: " + content_type + b"\r\n"))


def _entities(depth: int, width: int) -> bytes:
    named = [b'<!ENTITY l0 "lol">']
    named += [b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * width) for n in range(1, depth)]
    return b"<!DOCTYPE rss [%b]>" % b"".join(named)


def _feed(name: str, declared: bytes, title: bytes) -> Case:
    body = b"<?xml version='1.0'?>%b<rss><channel><item><title>%b</title><link>/a</link></item></channel></rss>"
    return one(name, whole(body % (declared, title), _RSS))


def _sitemap(name: str, declared: bytes, location: bytes) -> Case:
    body = (
        b"<?xml version='1.0'?>%b<urlset xmlns:xi='http://www.w3.org/2001/XInclude'><url><loc>%b</loc></url></urlset>"
    )
    return Case(name, {"/map.xml": sent(body % (declared, location), XML)}, start="/map.xml")


def _ld(value: bytes) -> bytes:
    return _ARTICLE % (b"<script type='application/ld+json'>%b</script>" % value, _PROSE)


CHARSETS = [
    *(
        _typed(f"charset-{name}", b"text/html; charset=" + name.encode())
        for name in (
            *("idna", "rot13", "undefined", "utf-7", "punycode", "unicode-escape", "hex", "base64", "zlib", "bz2"),
            *("uu", "quopri", "mbcs", "oem", "raw-unicode-escape", "utf-8-sig", "utf-32", "x-user-defined"),
        )
    ),
    _typed("charset-utf-16-without-mark", b"text/html; charset=utf-16", BODY.decode().encode("utf-16-be")),
    _typed("charset-utf-16-unsaid", b"text/html", BODY.decode().encode("utf-16-le")),
    _typed("charset-utf-7-script", b"text/html; charset=utf-7", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    _typed(
        "charset-contradicted",
        b"text/html; charset=utf-8",
        "<meta charset='idna'><title>Tête à tête</title>".encode("latin-1"),
    ),
    _typed("charset-in-xml", b"application/xml", b"<?xml version='1.0' encoding='rot13'?><rss><channel/></rss>"),
    _typed("charset-long", b"text/html; charset=" + b"a" * 50_000),
]

TYPES = [
    _typed("type-binary-as-html", b"text/html", _NOISE),
    _typed("type-picture-as-html", b"text/html", b"\x89PNG\r\n\x1a\n" + _NOISE),
    _typed("type-html-as-picture", b"image/png"),
    _typed("type-html-as-json", b"application/json"),
    _typed("type-html-as-sitemap", b"application/xml"),
    _typed("type-none", b""),
    _typed("type-twice", b"text/html\r\nContent-Type: application/octet-stream"),
    _typed("type-archive-as-html", b"text/html", b"PK\x03\x04" + _NOISE),
    one("coding-unknown", whole(BODY, HTML + b"Content-Encoding: x-magic\r\n")),
    one("coding-noise", whole(_NOISE, HTML + b"Content-Encoding: gzip\r\n")),
    one("coding-noise-br", whole(_NOISE, HTML + b"Content-Encoding: br\r\n")),
    one("coding-noise-deflate", whole(_NOISE, HTML + b"Content-Encoding: deflate\r\n")),
    one("coding-gzip-magic-alone", whole(b"\x1f\x8b", HTML + b"Content-Encoding: gzip\r\n")),
    one("coding-bytes", whole(BODY, HTML + b"Content-Encoding: \xff\xfe, , gzip\r\n")),
    _typed("sitemap-of-noise", b"application/xml", b"<urlset>" + _NOISE),
]

MARKUP = [
    one("nested-tags", whole(b"<div>" * 60_000 + _PROSE)),
    one("nested-tables", whole(b"<table><tr><td>" * 10_000 + _PROSE)),
    one("nested-formatting", whole(b"<b><i><a href=x>" * 5_000 + _PROSE)),
    one("attributes", whole(b"<html><body><p " + b" ".join(b"a%d='1'" % n for n in range(40_000)) + b">x</p>")),
    one("attributes-odd", whole(b"<html><body><p " + b" ".join(b"a%d='<'" % n for n in range(40_000)) + b">x</p>")),
    one("attribute-long", whole(b"<html><body><p title='" + b"t" * 8_000_000 + b"'>x</p>")),
    one("text-long", whole(_ARTICLE % (b"", b"word " * 3_000_000))),
    one("text-one-word", whole(_ARTICLE % (b"", b"w" * 8_000_000))),
    one("title-long", whole(b"<title>" + b"t" * 4_000_000 + b"</title>" + _ARTICLE % (b"", _PROSE))),
    one("paragraphs", whole(_ARTICLE % (b"", b"<p>One of very many paragraphs." * 150_000))),
    one("comments", whole(b"<!--" * 300_000 + _ARTICLE % (b"", _PROSE))),
    one("unclosed", whole(b"<" * 2_000_000)),
    one("entities", whole(_ARTICLE % (b"", b"&amp;&#0;&#x110000;&#xd800;&nosuch;" * 50_000))),
    one("nul-characters", whole(_ARTICLE % (b"", b"a\0b\x01\x02\x1b[0m\xef\xbf\xbe" * 1_000))),
    one(
        "links",
        whole(b"<title>Links</title>" + b"".join(b"<a href='http://127.0.0.1/%d'>n</a>" % n for n in range(150_000))),
    ),
    one("links-long", whole(b"".join(b"<a href='/%b%d'>n</a>" % (b"l" * 8_000, n) for n in range(1_000)))),
    one("base-of-noise", whole(b"<base href='http://[:::'><a href='//[x'>a</a><a href='http://%ff/'>b</a>" + _PROSE)),
    one("selects", whole(b"<select><option>" * 50_000 + _PROSE)),
    one("styles", whole(b"<style>" + b"a{}" * 500_000 + b"</style>" + _ARTICLE % (b"", _PROSE))),
    one(
        "dates", whole(_ARTICLE % (b"<meta property='article:published_time' content='%b'>" % (b"9" * 100_000), _PROSE))
    ),
    one("metas", whole(_ARTICLE % (b"<meta name='author' content='Somebody Else'>" * 50_000, _PROSE))),
]

JSON = [
    one("ld-long", whole(_ld(json.dumps({"@type": "NewsArticle", "articleBody": "word " * 1_000_000}).encode()))),
    one("ld-deep", whole(_ld(b"[" * 100_000 + b"]" * 100_000))),
    one("ld-deep-objects", whole(_ld(b'{"a":' * 50_000 + b"1" + b"}" * 50_000))),
    one("ld-wide", whole(_ld(b"[" + b",".join([b'{"@type":"NewsArticle","headline":"x"}'] * 50_000) + b"]"))),
    one("ld-number", whole(_ld(b'{"@type":"NewsArticle","wordCount":' + b"9" * 200_000 + b"}"))),
    one("ld-not-a-number", whole(_ld(b'{"@type":"NewsArticle","datePublished":NaN,"headline":Infinity}'))),
    one("ld-surrogates", whole(_ld(b'{"@type":"NewsArticle","headline":"\\ud800\\udfff\\u0000"}'))),
    one("ld-many", whole(b"<script type='application/ld+json'>{}</script>" * 30_000 + _PROSE)),
    _typed("json-deep", b"application/json", b"[" * 2_000_000),
    _typed(
        "json-feed-deep",
        b"application/feed+json",
        b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 100_000,
    ),
    _typed(
        "json-feed-odd",
        b"application/feed+json",
        b'{"version":"https://jsonfeed.org/version/1","items":[1,null,{"url":["http://127.0.0.1/"]}]}',
    ),
]

MARKUP_LANGUAGE = [
    _feed("laughs-in-feed", _entities(12, 10), b"&l11;"),
    _sitemap("laughs-in-sitemap", _entities(12, 10).replace(b"rss", b"urlset"), b"&l11;"),
    _feed("quadratic-in-feed", b'<!DOCTYPE rss [<!ENTITY a "%b">]>' % (b"a" * 100_000), b"&a;" * 20_000),
    _feed("file-in-feed", b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>', b"&f;"),
    _feed("canary-in-feed", b'<!DOCTYPE rss [<!ENTITY f SYSTEM "http://127.0.0.1/secret">]>', b"&f;"),
    _feed("parameter-in-feed", b'<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/e.dtd"> %p;]>', b"a"),
    _feed("dtd-in-feed", b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/rss.dtd">', b"a"),
    _sitemap("file-in-sitemap", b'<!DOCTYPE urlset [<!ENTITY f SYSTEM "file:///etc/passwd">]>', b"http://x/&f;"),
    _sitemap("include-in-sitemap", b"", b'<xi:include href="http://127.0.0.1/secret" parse="text"/>'),
    _sitemap("stylesheet-in-sitemap", b"<?xml-stylesheet href='http://127.0.0.1/x.xsl' type='text/xsl'?>", b"/a"),
    _feed("nested-feed", b"", b"<a>" * 200_000),
    _feed("attributes-in-feed", b"", b"<a " + b" ".join(b"a%d='1'" % n for n in range(40_000)) + b"/>"),
    Case(
        "sitemap-large",
        {
            "/map.xml": sent(
                b"<urlset>%b</urlset>" % b"".join(b"<url><loc>/a/%d</loc></url>" % n for n in range(500_000)), XML
            )
        },
        start="/map.xml",
    ),
    Case(
        "sitemap-in-itself",
        {
            "/map.xml": sent(
                b"<sitemapindex><sitemap><loc>/map.xml</loc></sitemap>"
                b"<sitemap><loc>/map.xml?a</loc></sitemap></sitemapindex>",
                XML,
            ),
            "*": sent(b"<sitemapindex><sitemap><loc>/map.xml?b</loc></sitemap></sitemapindex>", XML),
        },
        start="/map.xml",
    ),
    one(
        "xhtml-laughs",
        whole(
            _entities(12, 10).replace(b"rss", b"html") + b"<html><body>&l11;</body></html>",
            b"Content-Type: application/xhtml+xml\r\n",
        ),
    ),
]


def _robots(name: str, body: bytes, headers: bytes = _TEXT) -> Case:
    return Case(f"robots-{name}", {"/robots.txt": sent(body, headers), "/": sent(BODY)}, start="/")


def _tdmrep(name: str, body: bytes) -> Case:
    return Case(f"tdmrep-{name}", {TDMREP: sent(body, TDMREP_TYPE), "/": sent(BODY)}, start="/")


ROBOTS = [
    _robots("noise", _NOISE),
    _robots("html", BODY, HTML),
    _robots("nul", b"User-agent: *\0\nDisallow: /x\0\n"),
    _robots("stars", b"User-agent: *\nDisallow: /" + b"*a" * 200_000 + b"$\n"),
    _robots("star-rules", b"User-agent: *\n" + b"Disallow: /*a*a*a*a*a*a*a*a*b$\n" * 10_000),
    _robots("long-line", b"Disallow: /" + b"x" * 600_000),
    _robots("groups", b"User-agent: a\n" * 60_000 + b"Disallow: /x\n"),
    _robots(
        "sitemaps", b"".join(b"Sitemap: http://robots-sitemaps-%d.%b/m.xml\n" % (n, ZONE.encode()) for n in range(300))
    ),
    _robots("crawl-delay-noise", b"User-agent: *\nCrawl-delay: nan\nCrawl-delay: -1\nCrawl-delay: 1e-400\n"),
    _robots("charset", b"User-agent: *\nDisallow: /x\n", b"Content-Type: text/plain; charset=idna\r\n"),
    _robots("utf-16", "User-agent: *\nDisallow: /x\n".encode("utf-16")),
    _robots("usage", b"User-agent: *\n" + b"Content-Usage: /*a*a*a*a*a*a*b$ train-ai=n\n" * 10_000),
    _robots("usage-long", b"User-agent: *\nContent-Usage: train-ai=n" + b";a=(b;c" * 2_000),
    _tdmrep("noise", _NOISE),
    _tdmrep("html", BODY),
    _tdmrep("nested", b"[" * 200_000),
    _tdmrep("stars", b'[{"location":"/%b$","tdm-reservation":1}]' % (b"*a" * 200_000)),
    _tdmrep("rules", b"[%b]" % b",".join([b'{"location":"/*a*a*a*b$","tdm-reservation":1}'] * 9_000)),
    _tdmrep("values", b'[{"location":"/","tdm-reservation":1e999},{"location":"/","tdm-policy":{"a":[]}}]'),
]
