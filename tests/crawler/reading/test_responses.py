from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.crawler.reading.page import MAXIMUM_ENTRIES, CapturedPage, HtmlPage, Reading
from broadsheet.crawler.reading.responses import MAXIMUM_BODY, Tell, read_capture, read_html
from broadsheet.storage.model import Hints

URL = "https://news.example/2016/harbour.html"
AT = datetime(2016, 6, 12, tzinfo=UTC)
ARTICLE = (
    """<!DOCTYPE html><html lang="en"><head><title>Harbour closed</title>
    <meta property="og:type" content="article"><meta property="og:title" content="Harbour closed">
    <link rel="canonical" href="/harbour">
    <link rel="alternate" type="application/rss+xml" href="/feed"></head>
    <body><article><h1>Harbour closed</h1>"""
    + "".join(
        f"<p>On day {day} the harbour of the town stayed closed, and the boats stayed where they were.</p>"
        for day in range(20)
    )
    + """<a href="sea.html">Sea</a><a href="#top">Top</a><a href="mailto:a@b.example">Write</a></article>"""
).encode()
RSS = b"<rss><channel><item><link>/a</link></item><item><link>/b</link></item></channel></rss>"


def capture(
    body: bytes, content_type: str | None = "text/html", *headers: str, status: str = "200 OK", tell: Tell | None = None
) -> Reading:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return read_capture(CapturedPage(url=URL, captured_at=AT, response=head + body), tell)


def test_an_article_is_read_with_the_links_on_its_page() -> None:
    reading = capture(ARTICLE, "text/html; charset=utf-8")
    assert reading.kind == "article"
    assert reading.article is not None
    assert reading.article.title == "Harbour closed"
    assert reading.article.text is not None
    assert "day 19" in reading.article.text
    assert reading.canonical_url == "https://news.example/harbour"
    assert [(entry.kind, entry.url) for entry in reading.entries] == [
        ("feed", "https://news.example/feed"),
        ("link", "https://news.example/2016/sea.html"),
    ]
    assert reading.failure is None


@pytest.mark.parametrize(
    "header",
    [
        'Link: </only-here>; rel="alternate"; type="application/rss+xml"',
        'Link: <https://api.example/>; rel=api, </only-here> ; title="a, b"; REL=Alternate; type=application/atom+xml',
        'link: <https://news.example/only-here>;rel="home sitemap"',
    ],
)
def test_a_feed_that_only_a_link_header_names_is_an_entry(header: str) -> None:
    entries = capture(ARTICLE, "text/html", header).entries
    assert ("https://news.example/only-here", "feed") in [(entry.url, entry.kind) for entry in entries]


def test_the_next_page_may_be_named_by_a_link_header() -> None:
    entries = capture(ARTICLE, "text/html", "Link: <?page=2>; rel=next").entries
    assert ("https://news.example/2016/harbour.html?page=2", "link") in [(entry.url, entry.kind) for entry in entries]


@pytest.mark.parametrize(
    "header",
    [
        "Link: </style.css>; rel=preload; as=style",
        "Link: </feed-of-another>; rel=alternate; type=application/rss+xml; anchor=/another",
        "Link: </de>; rel=alternate; hreflang=de",
        "Link: <ftp://news.example/feed>; rel=sitemap",
        "Link: </broken; rel=next",
    ],
)
def test_what_else_a_link_header_names_is_no_entry(header: str) -> None:
    assert capture(ARTICLE, "text/html", header).entries == capture(ARTICLE).entries


@settings(deadline=None)
@given(st.text(st.sampled_from('<>;,="\\ relnxtahf*'), max_size=200))
def test_any_link_header_leaves_the_page_as_it_is(value: str) -> None:
    page = b"<!DOCTYPE html><title>Harbour</title><p>The harbour."
    assert capture(page, "text/html", f"Link: {value}").kind == capture(page).kind


def test_a_page_of_links_is_an_index() -> None:
    reading = capture(b"<html><body><a href='/a'>A</a> <a href='/b'>B</a></body></html>")
    assert reading.kind == "index"
    assert [entry.url for entry in reading.entries] == ["https://news.example/a", "https://news.example/b"]


def test_a_capture_and_its_html_alone_mean_the_same() -> None:
    page = HtmlPage(url=URL, captured_at=AT, html=ARTICLE, content_type="text/html")
    assert read_html(page) == capture(ARTICLE)


def test_hints_reach_the_extractor() -> None:
    page = HtmlPage(url=URL, captured_at=AT, html=ARTICLE, hints=Hints(published="2016-06-10T09:12:00+02:00"))
    article = read_html(page).article
    assert article is not None
    assert article.published is not None
    assert article.published.value.startswith("2016-06-10")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip"])
def test_wire_bytes_are_decoded_first(coding: str) -> None:
    body = zlib.compress(RSS) if coding == "deflate" else gzip.compress(RSS)
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    reading = read_capture(CapturedPage(url=URL, captured_at=AT, response=head + chunked))
    assert reading.kind == "feed"
    assert len(reading.entries) == 2


@pytest.mark.parametrize(
    "content_type",
    ["application/rss+xml", "text/xml; charset=utf-8", "application/xml", "text/html", "text/plain", None],
)
def test_a_feed_is_known_by_its_first_element_whatever_it_is_called(content_type: str | None) -> None:
    reading = capture(RSS, content_type)
    assert (reading.kind, reading.reason) == ("feed", "feed of 2 URLs")


def test_a_json_feed_is_a_feed() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1", "items": [{"url": "/a"}]}'
    assert capture(body, "application/feed+json").kind == "feed"
    assert capture(body, "application/json").kind == "feed"


@pytest.mark.parametrize("content_type", ["application/x-gzip", "application/xml", "application/octet-stream"])
def test_a_sitemap_may_be_a_gzip_file(content_type: str) -> None:
    body = gzip.compress(b"<urlset><url><loc>https://news.example/a</loc></url></urlset>")
    reading = capture(body, content_type)
    assert reading.kind == "sitemap"
    assert [entry.url for entry in reading.entries] == ["https://news.example/a"]


def test_a_sitemap_index_is_a_sitemap_whose_entries_are_sitemaps() -> None:
    reading = capture(b"<sitemapindex><sitemap><loc>/1.xml</loc></sitemap></sitemapindex>", "text/xml")
    assert [(entry.kind, entry.url) for entry in reading.entries] == [("sitemap", "https://news.example/1.xml")]


def test_all_urls_of_a_sitemap_over_the_limit_are_told_in_parts_and_in_their_order() -> None:
    urls = b"".join(b"<url><loc>/%d</loc></url>" % number for number in range(2 * MAXIMUM_ENTRIES + 3))
    parts: list[list[str]] = []
    reading = capture(
        b"<urlset>" + urls + b"</urlset>", "text/xml", tell=lambda part: parts.append([entry.url for entry in part])
    )
    assert [url.rpartition("/")[2] for part in parts for url in part] == [*map(str, range(2 * MAXIMUM_ENTRIES + 3))]
    assert max(map(len, parts)) < MAXIMUM_ENTRIES
    assert len(reading.entries) == MAXIMUM_ENTRIES
    assert reading.reason == "sitemap of 100,003 URLs, of which the first 50,000 are remembered"


def test_a_url_listed_twice_is_one_entry() -> None:
    assert len(capture(b"<rss><item><link>/a</link></item><item><link>/a#x</link></item></rss>").entries) == 1


def test_xhtml_without_the_right_content_type_is_a_page() -> None:
    assert capture(ARTICLE, "application/xml").kind == "article"
    assert capture(ARTICLE, None).kind == "article"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/jpeg", b"\xff\xd8"),
        ("application/pdf", b"%PDF"),
        ("text/plain", b"<html>shown as text</html>"),
        ("application/json", b'{"a": 1}'),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (None, b""),
    ],
)
def test_anything_else_is_other_with_a_reason(content_type: str | None, body: bytes) -> None:
    reading = capture(body, content_type)
    assert reading.kind == "other"
    assert reading.reason
    assert reading.failure is None


@pytest.mark.parametrize("status", ["203 Non-Authoritative Information", "250 Fine", "299 Whatever"])
def test_a_success_that_nobody_knows_is_read_like_200(status: str) -> None:
    """RFC 9110, section 15."""
    assert capture(ARTICLE, status=status) == capture(ARTICLE)


@pytest.mark.parametrize(
    "status",
    [
        *("202 Accepted", "206 Partial Content", "226 IM Used"),
        *("301 Moved", "304 Not Modified", "404 Not Found", "503 Busy"),
    ],
)
def test_an_answer_without_the_page_is_other(status: str) -> None:
    reading = capture(ARTICLE, status=status)
    assert (reading.kind, reading.reason, reading.failure) == ("other", f"HTTP {status[:3]}", None)


def test_bytes_that_are_no_response_are_a_failure() -> None:
    reading = read_capture(CapturedPage(url=URL, captured_at=AT, response=b"SSH-2.0-OpenSSH\r\n"))
    assert reading.kind == "other"
    assert reading.failure is not None


def test_a_decompression_bomb_is_a_failure() -> None:
    bomb = gzip.compress(gzip.compress(bytes(MAXIMUM_BODY + 1)))
    reading = capture(bomb, "text/html", "Content-Encoding: gzip")
    assert reading.failure is not None
    assert str(MAXIMUM_BODY) in reading.failure


def test_a_content_coding_that_is_not_read_is_a_failure() -> None:
    reading = capture(b"\x28\xb5\x2f\xfd", "text/html", "Content-Encoding: zstd")
    assert reading.failure == "the content coding zstd is not read"


@settings(max_examples=60)
@given(
    st.sampled_from(["text/html", "text/xml", "application/json", "application/gzip", "?;charset=rot13", None]),
    st.sampled_from([b"", b"<rss>", b"<urlset>", b"<html>", b"\x1f\x8b\x08", b"{", b"\xff\xfe<"]),
    st.binary(max_size=200),
)
def test_any_body_has_a_reading(content_type: str | None, beginning: bytes, noise: bytes) -> None:
    reading = capture(beginning + noise, content_type)
    assert reading.reason
    assert reading == capture(beginning + noise, content_type)


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "application/octet-stream", None])
def test_a_list_of_addresses_in_plain_text_is_a_sitemap(content_type: str | None) -> None:
    reading = capture(b"\xef\xbb\xbfhttps://news.example/a\r\n\r\n http://news.example/b?c=d \n", content_type)
    assert reading.kind == "sitemap"
    assert [entry.url for entry in reading.entries] == ["https://news.example/a", "http://news.example/b?c=d"]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"https://news.example/a\nand so on", b"a https://news.example/a"])
def test_other_plain_text_is_no_sitemap(text: bytes) -> None:
    assert capture(text, "text/plain").kind == "other"
