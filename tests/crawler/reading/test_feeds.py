from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.reading.feeds import read_feed, read_json_feed
from broadsheet.storage.model import Hints

URL = "https://news.example/feeds/all.xml"


def read(body: bytes, content_type: str | None = None) -> list[Entry]:
    return list(read_feed(body, url=URL, content_type=content_type))


def json_feed(*items: object) -> bytes:
    return msgspec.json.encode({"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": items})


def test_an_rss_item_gives_its_link_and_what_it_says_of_it() -> None:
    feed = b"""<?xml version="1.0"?>
    <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
      <link>https://news.example/</link>
      <item><title><![CDATA[Harbour <b>closed</b> &amp; guarded]]></title>
        <link>https://news.example/harbour</link><guid isPermaLink="false">h-17</guid>
        <pubDate>Fri, 10 Jun 2016 09:12:00 +0200</pubDate>
        <dc:creator>Ada Berg</dc:creator><dc:creator>Jo Lind</dc:creator></item>
    </channel></rss>"""
    assert read(feed) == [
        Entry(
            url="https://news.example/harbour",
            hints=Hints(
                title="Harbour closed & guarded",
                published="Fri, 10 Jun 2016 09:12:00 +0200",
                authors=["Ada Berg", "Jo Lind"],
                guid="h-17",
            ),
        )
    ]


def test_an_atom_entry_without_an_author_has_those_of_its_feed() -> None:
    feed = b"""<feed xmlns="http://www.w3.org/2005/Atom"><author><name>The Desk</name></author>
      <entry><title type="html">Sea &amp;amp; sky</title><id>tag:1</id>
        <link rel="self" href="/self"/><link rel="alternate" href="/sea"/>
        <published>2016-06-10T09:12:00Z</published><updated>2016-06-11T10:00:00Z</updated></entry>
      <entry><link href="/sky"/><author><name>Ada Berg</name></author></entry>
      <entry><link href="/sun"/></entry></feed>"""
    sea, sky, sun = read(feed)
    assert sea.url == "https://news.example/sea"
    assert sea.hints == Hints(
        title="Sea & sky",
        published="2016-06-10T09:12:00Z",
        modified="2016-06-11T10:00:00Z",
        authors=["The Desk"],
        guid="tag:1",
    )
    assert [entry.hints.authors for entry in (sky, sun) if entry.hints] == [["Ada Berg"], ["The Desk"]]


def test_rss_1_0_is_read() -> None:
    feed = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>News</title></channel>
      <item rdf:about="y"><title>One</title><link>/one</link><dc:date>2016-06-10</dc:date></item></rdf:RDF>"""
    assert read(feed) == [Entry(url="https://news.example/one", hints=Hints(title="One", published="2016-06-10"))]


def test_xml_base_is_what_relative_links_rest_on() -> None:
    feed = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example/blog/">
      <entry xml:base="2016/"><link href="one"/></entry><entry><link href="two"/></entry></feed>"""
    assert [entry.url for entry in read(feed)] == [
        "https://other.example/blog/2016/one",
        "https://other.example/blog/two",
    ]


def test_an_xml_base_that_is_no_web_address_leads_nowhere() -> None:
    assert read(b"<rss xml:base='file:///etc/'><item><link>passwd</link></item></rss>") == []


def test_a_permanent_guid_stands_in_for_a_missing_link() -> None:
    feed = b"""<rss><item><guid>https://news.example/a</guid></item><item><guid>https:</guid></item>
      <item><guid isPermaLink="false">https://news.example/b</guid></item></rss>"""
    assert [entry.url for entry in read(feed)] == ["https://news.example/a"]


def test_the_original_link_wins_over_that_of_a_feed_service() -> None:
    feed = b"""<rss xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"><item><link>https://feeds.example/~r/1</link>
      <f:origLink>https://news.example/a</f:origLink></item></rss>"""
    assert [entry.url for entry in read(feed)] == ["https://news.example/a"]


def test_the_name_is_taken_out_of_an_rss_author_and_a_bare_address_is_nobody() -> None:
    feed = b"""<rss><item><link>/a</link><author>desk@news.example (Ada Berg)</author>
      <author>x@news.example</author></item></rss>"""
    assert [entry.hints.authors for entry in read(feed) if entry.hints] == [["Ada Berg"]]


def test_bare_ampersands_in_links_are_kept_and_those_in_cdata_are_not_touched() -> None:
    feed = b"""<rss><item><link>/a?page=1&copy=2&x</link></item>
      <item><link><![CDATA[/b?page=1&copy=2&amp=3]]></link></item></rss>"""
    assert [entry.url for entry in read(feed)] == [
        "https://news.example/a?page=1&copy=2&x",
        "https://news.example/b?page=1&copy=2&amp=3",
    ]


def test_an_undefined_entity_costs_no_text() -> None:
    feed = b"<rss><item><title>Sea&nbsp;and &eacute;t&eacute;</title><link>/a</link></item></rss>"
    assert [entry.hints.title for entry in read(feed) if entry.hints] == ["Sea and \u00e9t\u00e9"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<rss><item><title>Été à Nîmes</title><link>/a</link></item></rss>".encode("utf-16"), None),
        ("<rss><item><title>Été à Nîmes</title><link>/a</link></item></rss>".encode("latin-1"), None),
        (
            (
                "<?xml version='1.0' encoding='utf-8'?>"
                "<rss><item><title>Été à Nîmes</title><link>/a</link></item></rss>"
            ).encode("cp1252"),
            "text/xml; charset=windows-1252",
        ),
        ("\ufeff\n<rss><item><title>\x01Été à\x00 Nîmes</title><link>/a</link></item></rss>".encode(), None),
    ],
    ids=["utf-16", "undeclared latin-1", "a wrong declaration", "byte order mark and control characters"],
)
def test_text_is_read_in_whatever_encoding_it_is(body: bytes, content_type: str | None) -> None:
    assert [entry.hints.title for entry in read(body, content_type) if entry.hints] == ["Été à Nîmes"]


def test_a_cut_off_feed_gives_the_items_before_the_cut() -> None:
    feed = b"<rss><channel><item><link>/a</link></item><item><link>/b</link></item><item><link>/c"
    assert [entry.url for entry in read(feed)][:2] == ["https://news.example/a", "https://news.example/b"]


def test_a_json_feed_is_read_item_by_item() -> None:
    feed = json_feed(
        {
            "id": "1",
            "url": "/a",
            "title": "A",
            "date_published": "2016-06-10T09:12:00Z",
            "authors": [{"name": "Ada"}],
        },
        {"id": 2, "external_url": "https://other.example/b", "author": {"name": "Jo"}},
        {"id": "3", "url": ["of the wrong shape"]},
        {"id": "4"},
    )
    found = read_json_feed(b"\xef\xbb\xbf" + feed, url=URL)
    assert found is not None
    assert list(found) == [
        Entry(
            url="https://news.example/a",
            hints=Hints(title="A", published="2016-06-10T09:12:00Z", authors=["Ada"], guid="1"),
        ),
        Entry(url="https://other.example/b", hints=Hints(authors=["Jo"], guid="2")),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"version": "2.0", "items": []}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_other_json_is_no_feed(body: bytes) -> None:
    assert read_json_feed(body, url=URL) is None


@given(st.binary(max_size=300))
def test_whatever_bytes_an_item_holds_only_addresses_come_of_it(noise: bytes) -> None:
    found = [*read(b"<rss><channel><item><link>" + noise + b"</link></item></channel></rss>"), *read(noise)]
    assert all(entry.url.startswith(("http://", "https://")) for entry in found)
