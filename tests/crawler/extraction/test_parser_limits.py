from __future__ import annotations

import html
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from broadsheet.crawler.extraction.body_text import as_text_lines
from broadsheet.crawler.extraction.extract import Extraction, extract
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.parser_limits import cut_attributes, flatten

WORDS = "harbour lamp keeper quay storm bridge ferry council mayor baker school train".split()
PARAGRAPHS = [
    f"The {WORDS[i]} and the {WORDS[i + 3]} were counted again on day {i}, said {WORDS[i + 5]} keepers of the town."
    for i in range(7)
]


def extracted(body: str, head: str = "") -> Extraction:
    page = f"<html><head><title>Lamps</title>{head}</head><body><article><h1>Lamps</h1>{body}</article></body></html>"
    return extract(
        page.encode(),
        url="https://paper.example/town/lamps-118",
        content_type="text/html",
        captured_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def text(body: str) -> list[str]:
    return (extracted(body).article.text or "").split("\n")


ARTICLE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


@pytest.mark.parametrize("depth", [250, 270, 3000])
@pytest.mark.parametrize("tag", ["div", "span", "b", "blockquote", "section"])
def test_text_is_read_however_deep_it_is_nested(tag: str, depth: int) -> None:
    assert text(f"<{tag}>" * depth + ARTICLE + f"</{tag}>" * depth) == PARAGRAPHS


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("<ul><li>", "</li></ul>"), ("<table><tr><td>", "</td></tr></table>"), ("<dl><dd>", "</dd></dl>")],
)
def test_lists_and_tables_without_end_stop_nobody(opening: str, closing: str) -> None:
    assert text(opening * 600 + ARTICLE + closing * 600) == PARAGRAPHS


def test_elements_that_are_never_closed_lose_no_text() -> None:
    assert text("<div><font>" * 2000 + ARTICLE) == PARAGRAPHS


def test_deep_nesting_is_told_in_the_reason() -> None:
    reason = extracted("<div>" * 3000 + ARTICLE).reason
    assert "nested deeper than 256 elements" in reason
    assert "nested deeper" not in extracted(ARTICLE).reason


@pytest.mark.parametrize("count", [8_000, 50_000])
def test_a_tag_with_thousands_of_attributes_is_cut_and_the_text_read(count: int) -> None:
    attributes = " ".join(f'a{i}="x > y"' if i % 1000 == 7 else f"a{i}=x" for i in range(count))
    extraction = extracted(f"<div {attributes}>{ARTICLE}</div>")
    assert (extraction.article.text or "").split("\n") == PARAGRAPHS
    assert f"{count - 1000:,} attributes over 1,000 of a tag left out" in extraction.reason


def test_one_long_attribute_and_long_text_are_left_as_they_are() -> None:
    markup = f"<div data-state='{'x = 1; ' * 10_000}'>text</div>".encode()
    assert cut_attributes(markup) == (markup, None)
    page = Page(f'<p title="{"x" * 11_000_000}">{"lamp " * 2_100_000}</p>'.encode(), url="", content_type=None)
    assert page.parser_limit is None
    assert len(page.root.text_content()) > 10_000_000


SHALLOW = st.recursive(
    st.text("ab <>&", max_size=8).map(html.escape),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["div", "p", "b", "ul", "li", "span"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=20,
)


@given(SHALLOW)
def test_what_is_not_deep_is_flattened_to_itself(markup: str) -> None:
    assert flatten(markup.encode()) == markup.encode()


@given(st.lists(st.sampled_from(["<div>", "</div>", "<b>", "</b>", "<p>", "word ", "<!-- <i> -->", "<br/>"])))
def test_flattening_keeps_every_word(pieces: list[str]) -> None:
    markup = "<body>start " + "<div>" * 130 + "".join(pieces) + " end"
    flat = document_fromstring(flatten(markup.encode()))
    assert "".join(map(str, flat.itertext())).count("word") == pieces.count("word ")
    assert max(sum(1 for _ in element.iterancestors()) for element in flat.iter()) < 256


@pytest.mark.parametrize(
    "character", ["1", "a", "@", ".", "x@", "()", "' ", "1 ", "\u00a0", "By ", "Ann Lee and ", ","]
)
def test_statements_of_any_length_cost_no_more_than_their_length(character: str) -> None:
    long = html.escape(character * (200_000 // len(character)))
    extraction = extracted(
        f"<p class='byline'>By {long}</p>{ARTICLE}",
        f'<meta name="author" content="{long}"><meta property="article:published_time" content="{long}">',
    )
    assert PARAGRAPHS[3] in (extraction.article.text or "")
    assert extraction.article.published is None


@contextmanager
def within_seconds_of_cpu(most: int) -> Iterator[None]:
    """Fail what takes hundreds of times as long as it has to."""

    def fail(*_: object) -> None:
        raise AssertionError(f"more than {most} s of CPU")

    before = signal.signal(signal.SIGVTALRM, fail)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


UNENDED = ["<!--", "<script", "<SCRIPT>", "</title ", "<a ", "<p ", "<a '", "<!--<script"]


@pytest.mark.parametrize("piece", UNENDED)
def test_what_is_opened_and_never_ended_costs_no_more_than_its_length(piece: str) -> None:
    unended = piece * (400_000 // len(piece))
    stated = json.dumps({"@type": "NewsArticle", "headline": "Lamps", "description": unended}).replace("<", "\\u003c")
    with within_seconds_of_cpu(6):
        as_text_lines(unended * 3)
        flat = flatten(b"<div>" * 200 + b"<b>words</b>" + unended.encode())
        extraction = extracted(
            f"<div title='{html.escape(unended, quote=True)}'>{ARTICLE}</div>",
            f'<meta name="author" content="{unended}"><script type="application/ld+json">{stated}</script>',
        )
    assert flat.count(b"<div>") == 120
    assert b"<b>" not in flat
    assert PARAGRAPHS[3] in (extraction.article.text or "")


def test_only_what_has_an_end_hides_tags() -> None:
    deep = b"<div>" * 120
    hidden = b"<!-- <i> --><script><i></script ><STYLE><i></style><title><i></title>"
    assert flatten(deep + hidden + b"<i>") == deep + hidden + b" "
    assert flatten(deep + b"<!-- <i>") == deep + b"<!--  "
    assert flatten(deep + b"<script><i>") == deep + b"  "
