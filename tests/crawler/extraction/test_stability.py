"""A page on which only what surrounds the article changed gives the same article: no new version begins."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from pages.reading import Read

from broadsheet.storage.versions import content_digest

_WORDS = (
    "river council opens bridge after storm market reports rise lamp prices mayor denies delay harbour plan voters "
    "expect longer winter train stops again museum finds letter"
).split()
_HEADLINE = "<h1>Lamps of the upper town to be counted</h1>"
_LEAD = "<p class='standfirst'>The upper town wants to know how many lamps it has, and sends a man with a ladder.</p>"
_BYLINE = "<p class='byline'>By Ann Ferrars</p><time datetime='2024-05-03T17:05:00+02:00'>3 May 2024, 17:05</time>"


class _Furniture:
    """What stands around an article, as it comes out today: titles, counters, boxes that are there or not."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def title(self) -> str:
        return " ".join(self._random.choice(_WORDS) for _ in range(self._random.randint(5, 9))).capitalize()

    def links(self, heading: str, least: int = 2) -> str:
        entries = "".join(
            f"<li><a href='/story-{self._random.randint(100, 999)}'>{self.title()}</a></li>"
            for _ in range(self._random.randint(least, 7))
        )
        return f"<section><h2>{heading}</h2><ul>{entries}</ul></section>"

    def cards(self) -> str:
        return "".join(
            f"<div class='card'><h3><a href='/c{n}'>{self.title()}</a></h3><p>{self.title()}, it was said.</p></div>"
            for n in range(self._random.randint(2, 9))
        )

    def counters(self) -> str:
        comments, shares = self._random.randint(0, 900), self._random.randint(0, 90)
        return f"<div class='bar'><span>{comments} comments</span> <span>Share ({shares})</span></div>"

    def advert(self) -> str:
        return self._random.choice(("", "<div class='ad'>Advertisement</div>", "<aside>Lamps, lamps, lamps!</aside>"))

    def newsletter(self) -> str:
        box = (
            "<div class='box'><h3>The lamp letter</h3><p>Sign up for our newsletter and get the news in your inbox.</p>"
            "<form action='/n'><input type='email' name='email'><button>Subscribe</button></form></div>"
        )
        return self._random.choice(("", box))


def _plain(furniture: _Furniture, first: str, second: str) -> str:
    around = furniture.links("Related articles") + furniture.links("Most read") + furniture.newsletter()
    article = f"{_HEADLINE}{_LEAD}{_BYLINE}{furniture.counters()}{first}{furniture.advert()}{second}"
    return f"<nav>{furniture.links('Towns')}</nav><article>{article}</article>{around}<footer>The Paper</footer>"


def _side_column(furniture: _Furniture, first: str, second: str) -> str:
    side = f"<aside>{furniture.links('Latest')}{furniture.newsletter()}{furniture.links('Trending')}</aside>"
    column = f"{_HEADLINE}{_BYLINE}{_LEAD}<div class='article-body'>{first}{furniture.newsletter()}{second}</div>"
    return f"<div class='page'><div class='main'>{column}{furniture.counters()}</div>{side}{furniture.cards()}</div>"


def _in_text_links(furniture: _Furniture, first: str, second: str) -> str:
    more = f"<p>Read also: <a href='/other'>{furniture.title()}</a></p>"
    teaser = f"<p><a href='/t'>{furniture.title().upper()}</a></p>"
    return f"<main>{_HEADLINE}{_LEAD}{_BYLINE}<div>{first}{more}{second}{teaser}</div></main>{furniture.cards()}"


def _two_columns(furniture: _Furniture, first: str, second: str) -> str:
    parts = f"<div class='part'>{first}</div>{furniture.advert()}<div class='part'>{second}</div>"
    comments = f"<div class='comments'>{furniture.counters()}<p>{furniture.title()}</p></div>"
    return f"<div class='story'>{_HEADLINE}{_LEAD}{_BYLINE}{parts}</div>{furniture.links('More news')}{comments}"


@pytest.mark.parametrize("seed", range(1, 13))
@pytest.mark.parametrize("page", [_plain, _side_column, _in_text_links, _two_columns])
def test_what_surrounds_an_article_changes_nothing_of_it(
    read: Read, paragraphs: str, page: Callable[[_Furniture, str, str], str], seed: int
) -> None:
    second = paragraphs.replace("lamps", "lanterns").replace("lamplighter", "watchman").replace("laugh", "sing")
    before = read(page(_Furniture(0), paragraphs, second))
    after = read(page(_Furniture(seed), paragraphs, second))
    assert after.is_article
    assert after.article.text == before.article.text
    assert (after.article.text or "").count("\n") == 8
    assert content_digest(after.article, after.canonical_url) == content_digest(before.article, before.canonical_url)
