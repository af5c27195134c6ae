"""Who wrote an article: people, and where nobody signs, the agency that does.

Names come from JSON-LD, microdata, meta elements and the visible byline. Byline words, job titles, addresses
and handles are dropped; the publisher and the site are no authors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lxml import html

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line, text_of
from broadsheet.crawler.extraction.names import looks_like_person, split_names
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text, types_of
from broadsheet.crawler.extraction.wording import BYLINE_WORD
from broadsheet.storage.model import Author, Candidate, FieldSource, Provenance

_META_NAMES = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dc:creator", "dcterms.creator",
    "dcsext.author", "cxenseparse:author", "citation_author", "byl", "article.author", "authors",
    "article:author_name", "vr:author", "news_author",
)  # fmt: skip
_MAX_BYLINE = 160
_MAX_AUTHORS = 25
_BEHIND_TEXT = 6
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:by-?line|authors?|author-?names?|autor(?:en|es)?|auteurs?|autore|writer|"
    r"contributors?|signature|submitted)(?:$|[\s_-])|byline|author-?name",
    re.IGNORECASE,
)
_NO_BYLINE_CLASS = re.compile(
    r"bio|about|description|avatar|comment|follow|social|image|photo|box|related|more-from|newsletter",
    re.IGNORECASE,
)
_EDITORIAL = re.compile(
    r"\b(?:staff|team|desk|redaktion|redazione|rédaction|redacción|redação|redactie|agenc\w+|newsroom|"
    r"editorial|news|service|agentur|online|report(?:er)?s?|press)\b",
    re.IGNORECASE,
)


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
        publishers: Names of the site and its publisher: never authors.
    """
    refused = {_key(name) for name in publishers}
    claims = [claim for claim in _claims(page, structured, layout) if _key(claim.author.name) not in refused]
    chosen = _first_source([c for c in claims if not c.organisation]) or _first_source(claims)
    if not chosen:
        return Authors([], None)
    candidates = dict.fromkeys((claim.source, claim.author.name) for claim in claims)
    provenance = Provenance(source=chosen[0].source, candidates=[Candidate(source=s, value=v) for s, v in candidates])
    return Authors(_distinct(chosen), provenance)


def _claims(page: Page, structured: Structured, layout: Layout) -> Iterator[_Claim]:
    for node in (structured.article, structured.web_page):
        for key in ("author", "creator"):
            yield from _from_json_ld(page, structured, as_list(node.get(key)))
    for element in structured.microdata.get("author", ()):
        if _signs_article(element):
            yield from _named("microdata", _inner_name(element), _profile(page, element))
    yield from _from_byline(page, layout)
    for name, value in structured.meta_values(*_META_NAMES):
        if "://" not in value and not value.startswith("/"):
            yield from _named("opengraph" if name.startswith(("article:", "og:")) else "meta", value, None)


def _from_json_ld(page: Page, structured: Structured, values: list[Any]) -> Iterator[_Claim]:
    for value in values:
        person = structured.resolve(value)
        if isinstance(person, str):
            yield from _named("json-ld", as_text(person), None)
        elif isinstance(person, dict):
            organisation = any("Organization" in name for name in types_of(person))
            for name in as_list(person.get("name")):
                profile = page.absolute(as_text(person.get("url")))
                for claim in _named("json-ld", as_text(name), profile):
                    yield claim._replace(organisation=organisation or claim.organisation)


def _from_byline(page: Page, layout: Layout) -> Iterator[_Claim]:
    """Names near the headline, then behind the text, in lines marked as a byline or beginning like one."""
    end = layout.body[1]
    for i in (*layout.header(before=3), *range(max(end, 0) + 1, min(end + _BEHIND_TEXT, len(layout.lines)))):
        line = layout.lines[i]
        if i == layout.headline or len(line.text) > _MAX_BYLINE or not _may_sign(line):
            continue
        links = [e for e in dict.fromkeys(line.elements) if _is_author_link(e)]
        if links:
            for link in links:
                yield from _named("visible", text_of(link), page.absolute(link.get("href")))
        elif _is_byline(line) or (BYLINE_WORD.match(line.text) and len(line.text) <= _MAX_BYLINE / 2):
            # A part is an element of its own: names stand side by side without a comma.
            for claim in _named("visible", "|".join(line.parts), None):
                if looks_like_person(claim.author.name):
                    yield claim


def _may_sign(line: Line) -> bool:
    zone = line.zone
    return not (zone.navigation or zone.footer or zone.comments or zone.aside or zone.figure)


def _is_author_link(element: html.HtmlElement) -> bool:
    if element.tag != "a":
        return False
    if "author" in (element.get("rel") or "").lower().split():
        return True
    return bool(
        re.search(
            r"/(?:authors?|autor(?:en|es)?|auteurs?|autore|by|profiles?|people|journalists?|writers?|"
            r"contributors?|staff|redakteur)/",
            element.get("href") or "",
            re.IGNORECASE,
        )
    )


def _is_byline(line: Line) -> bool:
    for element in (line.elements[0], line.block, line.block.getparent()):
        name = f"{element.get('class') or ''} {element.get('id') or ''}" if element is not None else ""
        if _BYLINE_CLASS.search(name) and not _NO_BYLINE_CLASS.search(name):
            return True
    return False


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


def _named(source: FieldSource, text: str | None, url: str | None) -> Iterator[_Claim]:
    for name in split_names(text or "")[:_MAX_AUTHORS]:
        yield _Claim(source, Author(name=name, url=url), bool(_EDITORIAL.search(name)))


def _first_source(claims: list[_Claim]) -> list[_Claim]:
    """The claims of the most trusted source; a byline is cut to the names that meta elements confirm."""
    if not claims:
        return []
    best = [claim for claim in claims if claim.source == claims[0].source]
    stated = {_key(claim.author.name) for claim in claims if claim.source in ("meta", "opengraph")}
    if claims[0].source in ("visible", "microdata") and stated and stated < {_key(claim.author.name) for claim in best}:
        return [claim for claim in best if _key(claim.author.name) in stated]
    return best


def _distinct(claims: list[_Claim]) -> list[Author]:
    """Each author once; of two spellings the one with a profile."""
    found: dict[str, Author] = {}
    for claim in claims:
        key = _key(claim.author.name)
        if key not in found or (found[key].url is None and claim.author.url is not None):
            found[key] = claim.author
    return list(found.values())


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
