from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages.reading import Read

from broadsheet.crawler.extraction.extract import Extraction, extract
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.storage.model import Article, Hints
from broadsheet.storage.optouts import reserved

CAPTURED_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://paper.example/town/lamps-118"


def extracted(body: bytes, content_type: str | None = "text/html", url: str = URL) -> Extraction:
    return extract(body, url=url, content_type=content_type, captured_at=CAPTURED_AT)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/html"),
        (b"\x00\x01\x02\xff\xfe\xfd" * 50, "text/html"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), None),
        (b"Just a line of text.", "text/plain"),
        (b'<?xml version="1.0"?><rss><channel><item><link>x</link></item></channel></rss>', "text/xml"),
        (b'{"headline": "Lamps"}', "application/json"),
        (b"<!-- nothing but a comment -->", "text/html"),
    ],
)
def test_what_is_no_page_is_no_article_and_says_so(body: bytes, content_type: str | None) -> None:
    extraction = extracted(body, content_type)
    assert extraction.article == Article()
    assert not extraction.is_article
    assert extraction.reason


def test_markup_without_text_is_no_article() -> None:
    extraction = extracted(b"<html><body><div></div></body></html>")
    assert not extraction.is_article
    assert extraction.article.text is None


@pytest.mark.parametrize("character", ["\x0c", "\ufffe", "&#12;", "&#1;", "&#x1B;", "&#xFFFF;", "&#55296;", "&#0;"])
def test_characters_that_no_tree_can_hold_are_taken_out(character: str) -> None:
    body = f"0{character}<meta property='og:title' content='Lamps'>1{character}<p>See also{character}</p>"
    assert extracted(body.encode()).article.title == "Lamps"


def test_a_capture_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        extract(b"", url=URL, content_type=None, captured_at=datetime(2026, 11, 22))  # noqa: DTZ001 - the point


def test_links_are_absolute_without_fragments_and_each_once(read: Read) -> None:
    body = (
        "<a href='/a#top'>1</a><a href='/a'>2</a><a href='b?x=1'>3</a><a href='//cdn.example/c'>4</a>"
        "<a href='HTTPS://other.example/d'>5</a><a href='../e'>6</a><a href=' /f\n'>7</a>"
        "<a href='mailto:a@b.example'>8</a><a href='javascript:void(0)'>9</a><a href='#x'>10</a>"
        "<a href='http://['>11</a><a name='anchor'>12</a><map><area href='/g'></map>"
    )
    assert [link.url for link in read(body, url="https://paper.example/town/x").links] == [
        "https://paper.example/a",
        "https://paper.example/town/b?x=1",
        "https://cdn.example/c",
        "HTTPS://other.example/d",
        "https://paper.example/e",
        "https://paper.example/f",
        "https://paper.example/g",
    ]


def test_a_base_element_moves_relative_links(read: Read) -> None:
    extraction = read("<a href='a'>1</a><a href='/b'>2</a>", head="<base href='https://mirror.example/old/'>")
    assert [link.url for link in extraction.links] == ["https://mirror.example/old/a", "https://mirror.example/b"]


def test_feeds_and_the_canonical_address_are_named(read: Read) -> None:
    head = (
        "<link rel='alternate' type='application/rss+xml' href='/feed'>"
        "<link rel='alternate' type='application/feed+json' href='/feed.json'>"
        "<link rel='alternate' hreflang='fr' href='/fr'><link rel='canonical' href='/town/lamps'>"
    )
    extraction = read("<p>x</p>", head=head)
    assert extraction.feeds == ["https://paper.example/feed", "https://paper.example/feed.json"]
    assert extraction.canonical_url == "https://paper.example/town/lamps"


def test_the_language_is_the_primary_subtag_and_the_tag_is_kept(read: Read, paragraphs: str) -> None:
    article = read(f"<h1>Lamps</h1>{paragraphs}", language="de-AT").article
    assert article.language == "de"
    assert [c.value for c in article.provenance["language"].candidates] == ["de-AT"]


def test_the_section_is_read_from_the_link_above_the_headline(read: Read, paragraphs: str) -> None:
    article = read(f"<p><a href='/town'>Upper town</a></p><h1>Lamps to be counted</h1>{paragraphs}").article
    assert article.section == "Upper town"


def test_pictures_come_with_caption_and_credit(read: Read, paragraphs: str) -> None:
    figure = "<figure><img src='/lamp.jpg'><figcaption>The last lamp. (Photo: Cy Long)</figcaption></figure>"
    first, rest = paragraphs.split("</p>", 1)
    (image,) = read(f"<article><h1>Lamps</h1>{first}</p>{figure}{rest}</article>").article.images
    assert (image.url, image.caption, image.credit) == ("https://paper.example/lamp.jpg", "The last lamp.", "Cy Long")


def test_the_extractor_names_itself_and_trafilatura() -> None:
    assert extractor().name == "broadsheet"
    assert extractor().trafilatura.startswith("2.")


TAGS = "html head body title h1 h2 p div span a ul li article section nav footer form input button table tr td br"
ATTRIBUTES = (
    "", "href='/x'", "class='byline'", "class='related'", "id='comments'", "itemprop='author'", "type='email'",
    "datetime='2024-05-03'", "rel='tag'", "itemscope", "style='display:none'", "hidden", "action='::'",
)  # fmt: skip
TEXT = st.none() | st.text(max_size=20)
ODD_LINKED_DATA = """<script type='application/ld+json'>{"@type": ["NewsArticle", 3], "author": [null, 1, {"name": {}}],
"hasPart": [{"cssSelector": 5}], "datePublished": {}, "image": [[]], "publisher": 7,
"articleBody": "<p>\\u0000"}</script>"""
PIECES = st.one_of(
    st.builds("<{} {}>".format, st.sampled_from(TAGS.split()), st.sampled_from(ATTRIBUTES)),
    st.builds("</{}>".format, st.sampled_from(TAGS.split())),
    st.sampled_from(
        (
            "See also", "Read more: ", "06/10/2016, 09.12", "By Ann Ferrars", "Subscribe to our newsletter updates now",
            "Send to a friend", "“Quoted.” - Osric", "A sentence of running text that goes on for a while. " * 2,
            "<meta property='og:title' content='Lamps'>", "<base href='http://['>", "&#0;&#xD800;", "<!--", "]]>",
            "0\x0c", "&#12;x", "&#x1B;", "&#65535", "\ufffe",
            ODD_LINKED_DATA,
        )
    ),
    st.text(max_size=30),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_any_soup_of_markup_gives_a_result_that_can_be_stored(pieces: list[str]) -> None:
    body = "".join(pieces).encode("utf-8", "replace")
    extraction = extracted(body)
    assert extraction == extracted(body)
    assert extraction.reason
    assert msgspec.json.decode(msgspec.json.encode(extraction), type=Extraction) == extraction


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.none() | st.text(max_size=30))
def test_any_bytes_give_a_result(body: bytes, content_type: str | None) -> None:
    assert extracted(b"<html><body>" + body, content_type).reason
    assert extracted(body, content_type).reason


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.builds(Hints, title=TEXT, published=TEXT, modified=TEXT))
def test_any_address_and_any_hint_are_borne(path: str, hints: Hints) -> None:
    page = b"<html><body><h1>Lamps</h1><a href='x'>y</a><p>06/10/2016</p></body></html>"
    url = f"https://paper.example/{path}"
    extraction = extract(page, url=url, content_type=None, captured_at=CAPTURED_AT, hints=hints)
    assert extraction.article.title
    assert extraction.reason


def test_what_elements_of_a_page_reserve_is_told_wherever_they_stand(read: Read) -> None:
    head = '<meta name="ROBOTS" content="noai, noarchive"><meta name="otherbot" content="nosnippet">'
    extraction = read('<p>Lamps</p><meta http-equiv="tdm-reservation" content="1">', head=head)
    assert reserved(extraction.reservations) == ["noarchive", "noai", "tdm"]
