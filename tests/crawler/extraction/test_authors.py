from __future__ import annotations

import json

import pytest
from pages.reading import Read

from broadsheet.crawler.extraction.names import split_names


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Ferrars", ["Ann Ferrars"]),
        ("Von Henrike Moosleitner und Balthasar Üxküll, Grünau", ["Henrike Moosleitner", "Balthasar Üxküll"]),
        ("Par Solenn Le Guivarc'h", ["Solenn Le Guivarc'h"]),
        ("di Ginevra Passalacqua, inviata a Valtorta", ["Ginevra Passalacqua"]),
        ("Por Inés Caldas y Tomé Ruibal", ["Inés Caldas", "Tomé Ruibal"]),
        ("Автор: Аглая Ветрова", ["Аглая Ветрова"]),
        ("By Ann Ferrars, Bob Weller and Cy Long", ["Ann Ferrars", "Bob Weller", "Cy Long"]),
        ("Ann Ferrars, senior harbour correspondent", ["Ann Ferrars"]),
        ("Ann Ferrars (ann@paper.example) @annferrars", ["Ann Ferrars"]),
        ("ANN FERRARS", ["Ann Ferrars"]),
        ("高瀬みなと記者", ["高瀬みなと"]),
        ("admin", []),
        ("By", []),
        ("12 May 2024", []),
    ],
)
def test_names_are_freed_of_what_stands_around_them(byline: str, names: list[str]) -> None:
    assert split_names(byline) == names


def test_a_visible_byline_signs_where_markup_does_not(read: Read, paragraphs: str) -> None:
    body = f"<h1>Lamps to be counted</h1><p>By <a rel='author' href='/people/ann'>Ann Ferrars</a></p>{paragraphs}"
    (author,) = read(body).article.authors
    assert (author.name, author.url) == ("Ann Ferrars", "https://paper.example/people/ann")


def test_names_in_elements_side_by_side_are_kept_apart(read: Read, paragraphs: str) -> None:
    byline = "<div class='byline'><span>Ann Ferrars</span><span>Cy Long</span></div>"
    body = f"<h1>Lamps to be counted</h1>{byline}{paragraphs}"
    assert [author.name for author in read(body).article.authors] == ["Ann Ferrars", "Cy Long"]


def test_the_publisher_is_no_author(read: Read, paragraphs: str) -> None:
    data = {
        "@type": "NewsArticle",
        "author": {"@type": "Organization", "name": "The Paper"},
        "publisher": {"@type": "Organization", "name": "The Paper"},
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script><meta name="author" content="The Paper">'
    assert read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article.authors == []


def test_an_agency_signs_where_nobody_else_does(read: Read, paragraphs: str) -> None:
    data = {"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Estuary News Agency"}}
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article
    assert [author.name for author in article.authors] == ["Estuary News Agency"]


def test_people_beat_the_agency(read: Read, paragraphs: str) -> None:
    data = {
        "@type": "NewsArticle",
        "author": [
            {"@type": "Organization", "name": "Estuary News Agency"},
            {"@type": "Person", "name": "Ann Ferrars"},
        ],
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article
    assert [author.name for author in article.authors] == ["Ann Ferrars"]


def test_whoever_took_the_picture_did_not_write_the_text(read: Read, paragraphs: str) -> None:
    body = (
        "<h1>Lamps to be counted</h1><figure itemscope itemtype='https://schema.org/ImageObject'><img src='/l.jpg'>"
        f"<span itemprop='author'>Cy Long</span></figure>{paragraphs}"
    )
    assert read(body).article.authors == []
