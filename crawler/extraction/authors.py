"""Who wrote an article: the people who sign it; where nobody does, the agency or the newsroom that the page names.

Names come from JSON-LD, microdata, meta elements and the visible byline. Byline words, job titles, addresses
and handles are dropped. An organisation, the publisher among them, is an author only of an article without people,
and only where the markup says so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from lxml import html

from broadsheet.crawler.extraction.bylines import BylineReader
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import text_of
from broadsheet.crawler.extraction.names import is_organisation, looks_like_person, split_names
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text, types_of
from broadsheet.storage.model import Author, Candidate, FieldSource, Provenance

_META_NAMES = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dc:creator", "dcterms.creator",
    "dcsext.author", "cxenseparse:author", "citation_author", "byl", "article.author", "authors",
    "article:author_name", "vr:author", "news_author",
)  # fmt: skip
_MAX_AUTHORS = 25
_MAX_ORGANISATION = 60
_A_FEW = 4


class Authors(NamedTuple):
    """The authors with their provenance."""

    authors: list[Author]
    provenance: Provenance | None


class _Claim(NamedTuple):
    source: FieldSource
    author: Author
    organisation: bool


def read_authors(page: Page, structured: Structured, layout: Layout, *, publishers: Iterable[str]) -> Authors:
    """Find the authors.

    Args:
        page: The page.
        structured: What it says for machines.
        layout: Where the headline and the text stand.
        publishers: Names of the site and its publisher.
    """
    own = {_key(name) for name in publishers}
    bylines = BylineReader(page, layout)
    markup = list(_claims(page, structured, own))
    visible = [_claim("visible", author, own) for author in bylines.marked()]
    at = sum(claim.source in ("json-ld", "microdata") for claim in markup)
    claims = [*markup[:at], *visible, *markup[at:]]
    people = [claim for claim in claims if not claim.organisation]
    if not people:
        signed = (*bylines.unmarked(), *bylines.editors())
        people = [claim for author in signed if not (claim := _claim("visible", author, own)).organisation]
        claims += people
    others = [claim for claim in claims if _key(claim.author.name) not in own]
    chosen = _first_source(people) or _first_source(others) or _first_source(claims)
    if not chosen:
        return Authors([], None)
    candidates = dict.fromkeys((claim.source, claim.author.name) for claim in claims)
    provenance = Provenance(source=chosen[0].source, candidates=[Candidate(source=s, value=v) for s, v in candidates])
    return Authors(_with_profiles(_distinct(_shortened(chosen, people)), claims), provenance)


def _claims(page: Page, structured: Structured, own: Container[str]) -> Iterator[_Claim]:
    """What the markup says: the article's JSON-LD and microdata first, then its meta elements."""
    for node in (structured.article, structured.web_page):
        for key in ("author", "creator"):
            for person in map(structured.resolve, as_list(node.get(key))):
                yield from _from_json_ld(page, person, own)
    for element in structured.microdata.get("author", ()):
        if _signs_article(element):
            yield from _named("microdata", _inner_name(element), _profile(page, element), own)
    for name, value in structured.meta_values(*_META_NAMES):
        if "://" not in value and not value.startswith("/"):
            yield from _named("opengraph" if name.startswith(("article:", "og:")) else "meta", value, None, own)


def _from_json_ld(page: Page, person: object, own: Container[str]) -> Iterator[_Claim]:
    if not isinstance(person, dict):
        yield from _named("json-ld", as_text(person), None, own)
        return
    organisation = any("Organization" in name for name in types_of(person))
    profile = page.absolute(as_text(person.get("url")))
    for name in map(as_text, as_list(person.get("name"))):
        if organisation and name and len(name) <= _MAX_ORGANISATION:
            yield _Claim("json-ld", Author(name=name, url=profile), organisation=True)
        elif not organisation:
            yield from _named("json-ld", name, profile, own)


def _signs_article(element: html.HtmlElement) -> bool:
    """Whether a microdata author belongs to an article, not to a picture, a comment or a card."""
    for ancestor in element.iterancestors():
        kind = ancestor.get("itemtype") or ""
        if ancestor.tag in ("figure", "aside", "footer", "nav") or kind.endswith(
            ("ImageObject", "Comment", "VideoObject")
        ):
            return False
        if kind:
            return True
    return True


def _inner_name(element: html.HtmlElement) -> str | None:
    """The name inside a microdata person, or the element's own value."""
    inner = element.xpath(".//*[@itemprop='name']")
    if inner:
        return inner[0].get("content") or text_of(inner[0])
    return element.get("content") or (
        None if element.get("itemscope") is not None and len(element) > 2 else text_of(element)
    )


def _profile(page: Page, element: html.HtmlElement) -> str | None:
    link = element if element.tag == "a" else element.find(".//a[@href]")
    return page.absolute(link.get("href")) if link is not None else None


def _named(source: FieldSource, text: str | None, url: str | None, own: Container[str]) -> Iterator[_Claim]:
    if text and (_key(text) in own or is_organisation(text)) and len(text) <= _MAX_ORGANISATION:
        # The name of an organisation may hold a comma or an ampersand; one that is a byline holds people.
        people = [name for name in split_names(text) if looks_like_person(name) and not is_organisation(name)]
        if not people or _key(text) in own:
            yield _Claim(source, Author(name=" ".join(text.split()), url=url), organisation=True)
            return
    for name in split_names(text or "")[:_MAX_AUTHORS]:
        yield _claim(source, Author(name=name, url=url), own)


def _claim(source: FieldSource, author: Author, own: Container[str]) -> _Claim:
    return _Claim(source, author, organisation=_key(author.name) in own or is_organisation(author.name))


def _first_source(claims: list[_Claim]) -> list[_Claim]:
    """The claims of the most trusted source.

    A byline is cut to the names that meta elements confirm; one name in JSON-LD gives way to a few in them.
    """
    if not claims:
        return []
    best = [claim for claim in claims if claim.source == claims[0].source]
    stated = {_key(claim.author.name) for claim in claims if claim.source in ("meta", "opengraph")}
    confirmed = [claim for claim in best if _key(claim.author.name) in stated]
    if claims[0].source in ("visible", "microdata"):
        return confirmed or best
    names = {_key(claim.author.name) for claim in best}
    for source in ("meta", "opengraph"):
        more = [claim for claim in claims if claim.source == source]
        if len(names) == 1 and names < {_key(claim.author.name) for claim in more} and len(more) <= _A_FEW:
            return more
    return best


def _shortened(chosen: list[_Claim], people: list[_Claim]) -> list[_Claim]:
    """The claims, a name with something glued behind it cut to what another source gives as the name."""
    names = {claim.author.name for claim in people if " " in claim.author.name}
    for i, claim in enumerate(chosen):
        shorter = [n for n in names if claim.author.name.startswith(n) and claim.author.name != n]
        if shorter:
            author = Author(name=max(shorter, key=len), url=claim.author.url)
            chosen = [*chosen[:i], claim._replace(author=author), *chosen[i + 1 :]]
    return chosen


def _distinct(claims: list[_Claim]) -> list[Author]:
    """Each author once; of two spellings the one with a profile."""
    found: dict[str, Author] = {}
    for claim in claims:
        key = _key(claim.author.name)
        if key not in found or (found[key].url is None and claim.author.url is not None):
            found[key] = claim.author
    return list(found.values())


def _with_profiles(authors: list[Author], claims: list[_Claim]) -> list[Author]:
    """The authors, those without a profile with the one that another source gives for their name."""
    profiles = {_key(c.author.name): c.author.url for c in reversed(claims) if c.author.url is not None}
    return [a if a.url else Author(name=a.name, url=profiles.get(_key(a.name))) for a in authors]


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
