from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages.reading import Read

from broadsheet.crawler.extraction.structured import parse_json_ld

BODY = "<h1>Lamps to be counted</h1>"


@pytest.mark.parametrize(
    "source",
    [
        '{"headline": "Lamps"}',
        '<!-- {"headline": "Lamps"} -->',
        '//<![CDATA[\n{"headline": "Lamps"}\n//]]>',
        '{"headline": "Lamps",}',
        '{"headline": "Lamps"};',
        "{&quot;headline&quot;: &quot;Lamps&quot;}",
        '{"headline": "Lamps", "text": "broken\nline"}',
    ],
)
def test_json_ld_is_read_in_the_shapes_it_comes_in(source: str) -> None:
    (document,) = parse_json_ld(source)
    assert document["headline"] == "Lamps"


def test_documents_that_follow_each_other_in_one_script_are_all_read() -> None:
    assert list(parse_json_ld('{"a": 1}\n{"b": 2}')) == [{"a": 1}, {"b": 2}]


def test_what_cannot_be_read_is_left_out() -> None:
    assert list(parse_json_ld("window.data = {}")) == []


@given(st.text(max_size=200))
def test_any_script_can_be_tried(source: str) -> None:
    assert list(parse_json_ld(source)) == list(parse_json_ld(source))


def test_an_author_given_by_reference_is_resolved(read: Read, paragraphs: str) -> None:
    graph = {
        "@graph": [
            {"@type": "Person", "@id": "#ann", "name": "Ann Ferrars"},
            {"@type": "NewsArticle", "headline": "Lamps to be counted", "author": {"@id": "#ann"}},
        ]
    }
    head = f'<script type="application/ld+json">{json.dumps(graph)}</script>'
    assert [a.name for a in read(BODY + paragraphs, head=head).article.authors] == ["Ann Ferrars"]


def test_the_object_of_this_page_is_chosen_among_those_of_others(read: Read, paragraphs: str) -> None:
    objects = [
        {
            "@type": "NewsArticle",
            "headline": "Another story",
            "url": "https://paper.example/x",
            "datePublished": "2001-01-02",
        },
        {
            "@type": "NewsArticle",
            "headline": "Lamps",
            "url": "https://www.paper.example/town/lamps-to-be-counted-118/",
            "datePublished": "2024-05-03",
        },
    ]
    head = f'<script type="application/ld+json">{json.dumps(objects)}</script>'
    published = read(BODY + paragraphs, head=head).article.published
    assert published is not None
    assert published.value == "2024-05-03"


def test_strings_that_no_document_can_hold_are_cleaned(read: Read, paragraphs: str) -> None:
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "articleSection": "To\\u0000wn\\ud800"}</script>'
    )
    assert read(BODY + paragraphs, head=head).article.section == "Town"


def test_microdata_is_read_where_nothing_better_is_stated(read: Read, paragraphs: str) -> None:
    body = (
        '<article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">Lamps to be counted</h1>'
        '<span itemprop="author" itemscope><span itemprop="name">Ann Ferrars</span></span>'
        '<meta itemprop="datePublished" content="2024-05-03T06:30:00Z"><meta itemprop="articleSection" content="Town">'
        f"{paragraphs}</article>"
    )
    article = read(body).article
    assert article.provenance["published"].source == "microdata"
    assert article.section == "Town"
    assert [author.name for author in article.authors] == ["Ann Ferrars"]
