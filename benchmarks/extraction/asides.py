"""Pages that are no articles, made up: front and section pages, lists of all kinds, walls, forms, legal notices.

Every page is made in every language of `benchmarks/crawl/languages.toml`, of words without meaning; what walls and
notices say is in `asides.toml`.
"""

import json
import random
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from benchmarks.crawl.language import Language, Vocabulary, Writer, languages

_TEXTS = Path(__file__).with_name("asides.toml")
_ORIGIN = "https://paper.example"

Body = tuple[str, str, str]
"""Path, markup of the head, markup between menu and footer."""


@dataclass(frozen=True)
class Aside:
    """One page that is no article.

    Attributes:
        name: Which layout, and in which language.
        group: `index` or `other`.
        url: Where it would stand.
        html: The page.
    """

    name: str
    group: str
    url: str
    html: str


class Desk:
    """Writes what stands on one page."""

    def __init__(self, language: Language, seed: str) -> None:
        chance = random.Random(seed)
        self.language = language
        self.writer = Writer(Vocabulary(language, chance), chance)
        self.texts: dict[str, dict[str, str]] = _texts()[language.code]
        self._count = 0

    def link(self, low: int = 6, high: int = 11) -> str:
        """A link with a headline."""
        return f'<a href="{self.address()}">{self.headline(low, high)}</a>'

    def address(self) -> str:
        """The address of another article."""
        self._count += 1
        return f"/2026/11/{self._count:02}/story-{self._count * 37}"

    def headline(self, low: int = 6, high: int = 11) -> str:
        """A headline."""
        return escape(self.writer.phrase(low, high))

    def prose(self, sentences: int) -> str:
        """Running text."""
        return escape(self.writer.sentences(sentences))

    def heading(self, name: str | None = None) -> str:
        """The heading of the page."""
        return f"<h1>{escape(name or self.language.sections[1])}</h1>"


def _cards(desk: Desk, count: int, sentences: int, *, tag: str = "article", heading: str = "h2") -> str:
    return "".join(
        f"<{tag} class='card'><{heading}>{desk.link()}</{heading}><p>{desk.prose(sentences)}</p></{tag}>"
        for _ in range(count)
    )


def _json_ld(document: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(document)}</script>'


def front_of_cards(desk: Desk) -> Body:
    """Front of cards."""
    return "/", '<meta property="og:type" content="website">', desk.heading("The Paper") + _cards(desk, 24, 1)


def front_that_claims_to_be_an_article(desk: Desk) -> Body:
    """Front that claims to be an article."""
    return "/", '<meta property="og:type" content="article">', _cards(desk, 20, 3)


def front_of_a_language(desk: Desk) -> Body:
    """Front of a language."""
    return f"/{desk.language.code}/", "", _cards(desk, 16, 2, tag="div", heading="h3")


def front_with_a_long_lead(desk: Desk) -> Body:
    """Front with a long lead."""
    return "/", "", f"<div><h2>{desk.link()}</h2><p>{desk.prose(8)}</p></div>" + _cards(desk, 18, 1, tag="div")


def section_as_a_list(desk: Desk) -> Body:
    """Section as a list."""
    return "/politics", "", desk.heading() + f"<ul>{''.join(f'<li>{desk.link()}</li>' for _ in range(30))}</ul>"


def section_with_excerpts(desk: Desk) -> Body:
    """Section with excerpts."""
    return "/politics/", "", desk.heading() + _cards(desk, 12, 4, tag="div")


def section_with_few_long_excerpts(desk: Desk) -> Body:
    """Section with few long excerpts."""
    return "/politics/", "", desk.heading() + _cards(desk, 5, 5, tag="div")


def section_with_an_introduction(desk: Desk) -> Body:
    """Section with an introduction."""
    return "/science", "", desk.heading() + f"<p>{desk.prose(4)}</p>" + _cards(desk, 14, 2)


def section_described_as_a_list(desk: Desk) -> Body:
    """Section described as a list."""
    entries = [{"@type": "ListItem", "position": n, "url": f"{_ORIGIN}/story-{n}"} for n in range(12)]
    head = _json_ld({"@context": "https://schema.org", "@type": "ItemList", "itemListElement": entries})
    return "/culture", head, desk.heading() + _cards(desk, 12, 3)


def section_whose_entries_are_articles(desk: Desk) -> Body:
    """Section whose entries are articles."""
    body = desk.heading() + _cards(desk, 12, 2)
    entries = [{"@type": "NewsArticle", "headline": desk.writer.phrase(6, 9)} for _ in range(12)]
    return "/culture", _json_ld(entries), body


def section_in_tables(desk: Desk) -> Body:
    """Section in tables."""
    rows = "".join(f"<tr><td>{n}.11.</td><td>{desk.link()}<br>{desk.prose(1)}</td></tr>" for n in range(1, 20))
    return "/rubrik.php?id=4", "", f"<table>{rows}</table>"


def section_of_cards_that_are_links(desk: Desk) -> Body:
    """Section of cards that are links."""
    cards = "".join(
        f'<a href="{desk.address()}"><h3>{desk.headline()}</h3><p>{desk.prose(2)}</p></a>' for _ in range(12)
    )
    return "/sport", "", desk.heading() + cards


def section_with_read_more(desk: Desk) -> Body:
    """Section with read more."""
    entries = "".join(
        f'<div><h2>{desk.headline()}</h2><p>{desk.prose(3)}</p><a href="{desk.address()}">&raquo;&raquo;</a></div>'
        for _ in range(10)
    )
    return "/business", "", desk.heading() + entries


def second_page_of_a_section(desk: Desk) -> Body:
    """Second page of a section."""
    return "/politics/page/2", "", desk.heading() + _cards(desk, 10, 3, tag="section")


def blog_with_excerpts(desk: Desk) -> Body:
    """Blog with excerpts."""
    head = _json_ld({"@type": "Blog", "name": "Notes"})
    return "/blog", head, desk.heading("Notes") + _cards(desk, 8, 6)


def tag_page(desk: Desk) -> Body:
    """Tag page."""
    return "/tag/harbour", '<meta property="og:type" content="article">', desk.heading() + _cards(desk, 20, 2)


def topic_with_a_long_introduction(desk: Desk) -> Body:
    """Topic with a long introduction."""
    head = _json_ld({"@type": "CollectionPage", "name": "Harbour"})
    return "/topic/harbour", head, desk.heading() + f"<p>{desk.prose(6)}</p>" + _cards(desk, 15, 1, heading="h3")


def author_with_a_biography(desk: Desk) -> Body:
    """Author with a biography."""
    name = desk.writer.name()
    head = _json_ld({"@type": "ProfilePage", "mainEntity": {"@type": "Person", "name": name}})
    return "/author/wilma", head, desk.heading(name) + f"<p>{desk.prose(5)}</p>" + _cards(desk, 12, 1)


def author_with_few_articles(desk: Desk) -> Body:
    """Author with few articles."""
    name = desk.writer.name()
    head = '<meta property="og:type" content="profile">'
    return "/people/wilma", head, desk.heading(name) + f"<p>{desk.prose(4)}</p>" + _cards(desk, 4, 1)


def search_results(desk: Desk) -> Body:
    """Search results."""
    found = "".join(f"<li>{desk.link()}<br>... {desk.prose(2)} ...</li>" for _ in range(15))
    return "/search?q=harbour", "", f"<h1>harbour: 15</h1><ol>{found}</ol>"


def search_without_results(desk: Desk) -> Body:
    """Search without results."""
    return "/search?q=xyzzy", "", f"<h1>xyzzy: 0</h1><p>{desk.prose(1)}</p><form><input name='q'></form>"


def gallery_of_galleries(desk: Desk) -> Body:
    """Gallery of galleries."""
    figures = "".join(
        f'<figure><a href="{desk.address()}"><img src="/{n}.jpg"></a>'
        f"<figcaption>{desk.link()} {desk.prose(1)}</figcaption></figure>"
        for n in range(14)
    )
    return "/pictures", "", desk.heading() + figures


def ticker(desk: Desk) -> Body:
    """Ticker."""
    posts = "".join(f"<li><time>{n % 24:02}:15</time> {desk.link(8, 14)}</li>" for n in range(40))
    return "/live", "", desk.heading() + f"<ul>{posts}</ul>"


def ticker_with_texts(desk: Desk) -> Body:
    """Ticker with texts."""
    posts = "".join(
        f"<div><time>{n % 24:02}:15</time><h3>{desk.link()}</h3><p>{desk.prose(2)}</p></div>" for n in range(20)
    )
    return "/newsticker", "", desk.heading() + posts


def archive_of_a_day(desk: Desk) -> Body:
    """Archive of a day."""
    return "/archive/2026/11/22", "", "<h1>22.11.2026</h1>" + "".join(f"<p>{desk.link()}</p>" for _ in range(40))


def videos(desk: Desk) -> Body:
    """Videos."""
    return "/video", "", desk.heading() + _cards(desk, 16, 1, tag="div", heading="h4")


def podcasts(desk: Desk) -> Body:
    """Podcasts."""
    return "/podcasts", "", desk.heading() + _cards(desk, 6, 3, tag="li", heading="h3")


def quotations(desk: Desk) -> Body:
    """Quotations."""
    rows = "".join(f"<tr><td>{desk.writer.name()}</td><td>{n * 3.7:.2f}</td></tr>" for n in range(60))
    return "/markets", "", desk.heading() + f"<table>{rows}</table>"


def empty_application(_: Desk) -> Body:
    """Empty application."""
    return "/app", "", '<div id="root"></div><script src="/app.js"></script>'


def _said(desk: Desk, key: str) -> tuple[str, str, str]:
    said = desk.texts[key]
    return escape(said["title"]), escape(said.get("text", "")), escape(said.get("button", ""))


def log_in(desk: Desk) -> Body:
    """Log in."""
    title, text, button = _said(desk, "login")
    form = f"<form><input type=email><input type=password><button>{button}</button></form>"
    return "/2026/11/22/story", "", f"<h1>{title}</h1><p>{text}</p>{form}"


def log_in_by_address_first(desk: Desk) -> Body:
    """Log in by address first."""
    title, text, button = _said(desk, "login")
    return "/login?next=/story", "", f"<h2>{title}</h2><p>{text}</p><form><input type=email><button>{button}</button>"


def log_in_that_describes_the_article(desk: Desk) -> Body:
    """Log in that describes the article."""
    title, text, button = _said(desk, "login")
    head = f'<meta property="og:type" content="article"><meta property="og:title" content="{desk.headline()}">'
    form = f"<form><input type=email><input type=password><button>{button}</button></form>"
    return "/2026/11/22/story", head, f"<main><h1>{title}</h1><p>{text} {text} {text}</p>{form}</main>"


def consent(desk: Desk) -> Body:
    """Consent."""
    title, text, button = _said(desk, "consent")
    return "/2026/11/22/story", "", f"<h1>{title}</h1><p>{text}</p><button>{button}</button>"


def consent_at_length(desk: Desk) -> Body:
    """Consent at length."""
    title, text, button = _said(desk, "consent")
    return "/consent?r=1", "", f"<h1>{title}</h1>{f'<p>{text}</p>' * 8}<button>{button}</button>"


def consent_in_an_article_element(desk: Desk) -> Body:
    """Consent in an article element."""
    title, text, button = _said(desk, "consent")
    head = '<meta property="og:type" content="article">'
    return "/2026/11/22/story", head, f"<article><h1>{title}</h1>{f'<p>{text}</p>' * 3}</article><a>{button}</a>"


def absent(desk: Desk) -> Body:
    """Absent."""
    title, text, _ = _said(desk, "absent")
    return "/2026/11/22/story", "", f"<h1>{title}</h1><p>{text}</p>"


def absent_with_suggestions(desk: Desk) -> Body:
    """Absent with suggestions."""
    title, text, _ = _said(desk, "absent")
    return "/2026/11/22/story", "", f"<article><h1>{title}</h1><p>{text}</p></article>" + _cards(desk, 10, 1)


def imprint(desk: Desk) -> Body:
    """Imprint."""
    title, _, _ = _said(desk, "imprint")
    lines = "".join(f"<p>{escape(desk.writer.name())}, {desk.headline(2, 4)}<br>+49 30 {n}4711</p>" for n in range(9))
    return f"/{desk.texts['imprint']['path']}", "", f"<h1>{title}</h1>{lines}"


def privacy_policy(desk: Desk) -> Body:
    """Privacy policy."""
    title, _, _ = _said(desk, "privacy")
    text = "".join(f"<h2>{desk.headline(2, 4)}</h2><p>{desk.prose(5)}</p>" for _ in range(12))
    return f"/{desk.texts['privacy']['path']}", "", f"<h1>{title}</h1>{text}"


_INDEX: tuple[Callable[[Desk], Body], ...] = (
    front_of_cards, front_that_claims_to_be_an_article, front_of_a_language, front_with_a_long_lead, section_as_a_list,
    section_with_excerpts, section_with_few_long_excerpts, section_with_an_introduction, section_described_as_a_list,
    section_whose_entries_are_articles, section_in_tables, section_of_cards_that_are_links, section_with_read_more,
    second_page_of_a_section, blog_with_excerpts, tag_page, topic_with_a_long_introduction, author_with_a_biography,
    author_with_few_articles, search_results, search_without_results, gallery_of_galleries, ticker, ticker_with_texts,
    archive_of_a_day, videos, podcasts, quotations,
)  # fmt: skip
_OTHER: tuple[Callable[[Desk], Body], ...] = (
    empty_application, log_in, log_in_by_address_first, log_in_that_describes_the_article, consent, consent_at_length,
    consent_in_an_article_element, absent, absent_with_suggestions, imprint, privacy_policy,
)  # fmt: skip


def asides() -> Iterator[Aside]:
    """Every layout in every language."""
    for group, layouts in (("index", _INDEX), ("other", _OTHER)):
        for layout in layouts:
            for language in languages():
                name = f"{layout.__name__.replace('_', ' ')}, {language.code}"
                desk = Desk(language, name)
                yield Aside(name, group, *_page(desk, layout))


def _page(desk: Desk, layout: Callable[[Desk], Body]) -> tuple[str, str]:
    path, head, body = layout(desk)
    language = desk.language
    menu = "".join(f'<li><a href="/s{n}">{escape(name)}</a></li>' for n, name in enumerate(language.sections))
    html = (
        f'<!DOCTYPE html><html lang="{language.code}" dir="{language.direction}"><head><meta charset="utf-8">'
        f"<title>The Paper</title>{head}</head><body><nav><ul>{menu}</ul></nav>{body}"
        f"<footer><p>&copy; The Paper</p></footer></body></html>"
    )
    return f"{_ORIGIN}{path}", html


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
