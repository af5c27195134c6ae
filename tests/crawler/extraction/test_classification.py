from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pages.reading import Read

from broadsheet.crawler.extraction.extract import extract

TEASERS = [
    (
        f"/town/story-number-{n}-of-the-day",
        f"Story number {n} of the day, told in a headline",
        f"A sentence about story {n}.",
    )
    for n in range(14)
]
LONG = "It goes on for a while, as summaries do on pages that want to be read, and stops before the end."


def cards(*, tag: str = "h2", long: bool = False) -> str:
    return "".join(
        f"<article><{tag}><a href='{path}'>{title}</a></{tag}><p>{summary} {LONG if long else ''}</p></article>"
        for path, title, summary in TEASERS
    )


def list_items() -> str:
    items = (f"<li><a href='{path}'>{title}</a> {summary} {LONG}</li>" for path, title, summary in TEASERS)
    return f"<ul>{''.join(items)}</ul>"


def described_one_by_one() -> str:
    entries = [{"@type": "NewsArticle", "headline": title, "url": path} for path, title, _ in TEASERS]
    return f'<script type="application/ld+json">{json.dumps(entries)}</script>'


ARTICLE_CLAIM = '<meta property="og:type" content="article">'
INTRODUCTION = f"<h1>Lamps</h1><p>Everything about lamps. {LONG} {LONG}</p>"
LOG_IN = (
    "<h1>Log in</h1><form><label>Mail</label><input type=email><input type=password><button>Log in</button></form>"
    "<p>No account yet? <a href='/register'>Register here</a></p>"
)
INDEX_PAGES = {
    "front page": ("/", "<h1>The Paper</h1>" + cards(), ""),
    "front page that calls itself an article": ("/", cards(long=True), ARTICLE_CLAIM),
    "front page of one language": ("/en/", cards(long=True), ""),
    "section with long teasers": ("/town", "<h1>Town</h1>" + cards(tag="h3", long=True), ""),
    "section as a plain list": ("/town", "<h1>Town</h1>" + list_items(), ""),
    "section whose entries are described one by one": ("/town/", cards(), described_one_by_one()),
    "tag page with an introduction": ("/tag/lamps", INTRODUCTION + cards(long=True), ""),
    "search results": ("/search?q=lamps", "<h1>14 results for lamps</h1>" + list_items(), ""),
    "search without results": ("/search?q=xyzzy", "<h1>No results</h1><p>Try other words.</p>", ""),
    "log-in page": ("/account", LOG_IN, ""),
    "empty page": ("/town/nothing-here-77", "", ""),
}


@pytest.mark.parametrize("name", INDEX_PAGES)
def test_an_index_is_no_article(read: Read, name: str) -> None:
    path, body, head = INDEX_PAGES[name]
    extraction = read(
        f"<nav><a href='/town'>Town</a> <a href='/coast'>Coast</a></nav>{body}",
        head=head,
        url=f"https://paper.example{path}",
    )
    assert not extraction.is_article, extraction.reason
    assert extraction.reason


def test_long_text_without_any_markup_is_an_article(read: Read, paragraphs: str) -> None:
    body = f"<h1>Counting lamps</h1>{paragraphs}<h2>Ladders</h2>{paragraphs.replace('town', 'village')}"
    extraction = read(body, url="https://docs.example/lamps/counting.html")
    assert extraction.is_article
    assert "paragraphs" in extraction.reason


def test_documentation_with_a_long_table_of_contents_is_an_article(read: Read, paragraphs: str) -> None:
    toc = (
        "<div class='sphinxsidebar'><ul>"
        + "".join(f"<li><a href='c{n}.html'>Chapter {n}: how the lamps are lit</a></li>" for n in range(30))
        + "</ul></div>"
    )
    assert read(f"{toc}<h1>Counting lamps</h1>{paragraphs}", url="https://docs.example/lamps/c7.html").is_article


def test_an_article_among_many_teasers_is_an_article(read: Read, paragraphs: str) -> None:
    extraction = read(
        f"<article><h1>Lamps to be counted</h1>{paragraphs}</article><aside>{cards()}</aside>{cards(tag='h4')}"
    )
    assert extraction.is_article


def test_a_short_piece_that_says_what_it_is_is_an_article(read: Read) -> None:
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Lamps out"}</script>'
    extraction = read("<h1>Lamps out</h1><p>All lamps of the upper town were out on Monday night.</p>", head=head)
    assert extraction.is_article
    assert extraction.reason.startswith("json-ld NewsArticle")


def test_the_reason_counts_what_it_saw(read: Read) -> None:
    reason = read(cards(long=True), url="https://paper.example/town").reason
    assert "of the visible text in links" in reason


def test_a_short_report_in_an_article_element_of_its_own_is_an_article() -> None:
    page = (
        b"<html><body><article><h1>Harbour reopens</h1><p>The harbour reopened on Monday after two weeks.</p>"
        b"<p>Ships had waited outside the bar for the tide.</p></article></body></html>"
    )
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert extract(page, url="https://news.example/a2.html", content_type=None, captured_at=now).is_article
    assert not extract(page, url="https://news.example/", content_type=None, captured_at=now).is_article


def excerpts(count: int, paragraph: str) -> str:
    return "".join(f"<div><h2><a href='/{n}'>Story {n}</a></h2><p>{paragraph}</p></div>" for n in range(count))


def test_long_excerpts_below_headings_that_are_links_are_a_list(read: Read) -> None:
    extraction = read(f"<h1>Coast</h1>{excerpts(6, LONG * 5)}", url="https://paper.example/coast")
    assert extraction.kind == "index"
    assert "divided among 6 entries" in extraction.reason


def test_headings_that_are_links_to_their_own_sections_divide_no_article(read: Read) -> None:
    sections = "".join(f"<h2><a href='#s{n}'>Section {n}</a></h2><p>{LONG * 4}</p>" for n in range(6))
    assert read(f"<h1>Lamps</h1>{sections}", url="https://docs.example/lamps.html").is_article


def test_several_articles_that_are_described_and_none_of_them_the_page_make_a_list(read: Read) -> None:
    extraction = read(cards(long=True), head=described_one_by_one(), url="https://paper.example/coast")
    assert extraction.kind == "index"


def test_a_page_with_a_dialogue_for_cookies_beside_its_text_is_an_article(read: Read, paragraphs: str) -> None:
    dialogue = f"<div><p>We and our partners store cookies. {LONG}</p><button>Accept all</button></div>"
    log_in = "<form><h3>Log in</h3><input type=email><input type=password></form>"
    assert read(f"{dialogue}{log_in}<h1>Lamps to be counted</h1>{paragraphs}").is_article


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/account", LOG_IN, "login wall: headed 'Log in'"),
        ("/consent", f"<p>Cookies: {LONG} {LONG}</p><button>Accept</button>", "consent wall: its address"),
        ("/town/story-7", "<h1>Oops</h1><p>This page could not be found.</p>", "page not found"),
    ],
    ids=["log-in", "consent", "not found"],
)
def test_what_stands_in_place_of_a_page_is_named(read: Read, path: str, body: str, reason: str) -> None:
    extraction = read(body, url=f"https://paper.example{path}")
    assert (extraction.kind, extraction.reason.startswith(reason)) == ("other", True), extraction.reason
