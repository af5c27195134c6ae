"""Whether a page is an article, a list of articles, or neither: decided from what is measured on it.

An article has a stretch of running text that no headline of another article interrupts; a list has a teaser,
a headline, a teaser. What a page says of itself lowers how much text is asked for, it decides nothing alone:
front pages carry ``og:type=article`` too, and lists describe each of their entries as a NewsArticle.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from broadsheet.crawler.extraction.division import Division, announces, divide
from broadsheet.crawler.extraction.layout import Layout, is_paragraph
from broadsheet.crawler.extraction.lines import Line
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured
from broadsheet.crawler.extraction.substitutes import Substitute

_FRONT = re.compile(r"/(?:(?:index|home|default)(?:\.\w+)?|[a-z]{2}(?:-[a-z]{2})?)?/?", re.IGNORECASE)
_LIST_PATH = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|authors?|people|search|suche|recherche|archives?|login|signin|"
    r"register)(?:/|$)",
    re.IGNORECASE,
)
_NOTICE_PATH = re.compile(
    r"^(?:/[\w-]{2,12})?/(?:privacy|privacy-(?:policy|notice|statement)|cookies?|cookie-policy|terms|"
    r"terms-(?:of-(?:use|service)|and-conditions)|imprint|impressum|legal|legal-notice|contact|contact-us|kontakt|about|"
    r"about-us|datenschutz|datenschutzerklaerung|agb|nutzungsbedingungen|ueber-uns|mentions-legales|confidentialite|"
    r"politique-de-confidentialite|cgu|a-propos|aviso-legal|politica-de-(?:privacidad|cookies)|privacidad|contacto|"
    r"quienes-somos|informativa-privacy|contatti|chi-siamo|politica-de-privacidade|privacybeleid|polityka-prywatnosci|"
    r"regulamin|integritetspolicy|personvern|gizlilik|iletisim|kunye)(?:\.\w{2,5})?/?$",
    re.IGNORECASE,
)
_MANY_TEASERS = 8
_FEW_HEADINGS = 3
_INTRODUCTION = 1500
_OF_LISTS = ("CollectionPage", "SearchResultsPage", "ProfilePage")
_CLAIMED_STRETCH = 100
_SHORT_STRETCH = 250
_LONG_STRETCH = 500
_SHARE_OF_LIST = 40
_MOSTLY = 0.6


class Verdict(NamedTuple):
    """What a page is, and why, in measured words.

    Attributes:
        kind: An article; an index or any other page with text; or "other": without text, or served in place of the page
            asked for, so that its text is nobody's article.
        reason: Why.
    """

    kind: Literal["article", "index", "other"]
    reason: str


class Measures(NamedTuple):
    """What was counted on a page.

    Attributes:
        text: Characters of the extracted text.
        paragraphs: Its lines.
        visible: Characters of visible text outside navigation and footer.
        linked: How many of those are inside links.
        teasers: Links outside navigation that are as long as headlines.
        linked_headings: Headings that are links.
        stretch: Characters of the longest stretch of running text that no such link interrupts.
        covered: Characters of the extracted text that are link text on the page.
        division: How the running text is divided among headlines that are links.
    """

    text: int
    paragraphs: int
    visible: int
    linked: int
    teasers: int
    linked_headings: int
    stretch: int
    covered: int
    division: Division


def measure(layout: Layout, text: str | None) -> Measures:
    """Count what the verdict rests on."""
    lines = [line for line in layout.lines if not line.zone.navigation and not line.zone.footer]
    extracted = [line for line in (text or "").split("\n") if line]
    link_texts = {line.text for line in lines if line.linked}
    return Measures(
        text=sum(map(len, extracted)),
        paragraphs=len(extracted),
        visible=sum([len(line.text) for line in lines]),
        linked=sum([min(line.link_length, len(line.text)) for line in lines if line.link_length]),
        teasers=len({line.text for line in lines if announces(line)}),
        linked_headings=len({line.text for line in lines if line.heading and line.linked}),
        stretch=_longest_stretch(lines),
        covered=sum(len(line) for line in extracted if line.removeprefix("- ") in link_texts),
        division=divide(lines),
    )


def classify(
    page: Page, structured: Structured, layout: Layout, substitute: Substitute | None, text: str | None
) -> Verdict:
    """Decide what a page is.

    Args:
        page: The page.
        structured: What it says for machines.
        layout: Its lines.
        substitute: What it was found to be served in place of another for.
        text: Its text, as it was extracted.
    """
    measures = measure(layout, text)
    if substitute is not None:
        return Verdict("other", f"{substitute.kind}: {substitute.evidence}")
    verdict = _judge(page, structured, measures)
    if verdict.kind == "index" and measures.text == 0 and measures.teasers == 0:
        return verdict._replace(kind="other")
    return verdict


def _judge(page: Page, structured: Structured, measures: Measures) -> Verdict:
    if measures.text == 0:
        return Verdict("index", f"no text: {measures.visible:,} visible characters outside navigation")
    counted = (
        f"{measures.text:,} characters of text in {measures.paragraphs} paragraphs, "
        f"{_percent(measures.linked, measures.visible)} of the visible text in links"
    )
    refusal = _refusal(page, structured, measures)
    if refusal is not None:
        return Verdict("index", f"{refusal}; {counted}")
    claim = _claim(structured) or _markup(page)
    if claim is not None and (measures.stretch >= _CLAIMED_STRETCH or measures.teasers < _MANY_TEASERS):
        return Verdict("article", f"{claim}; {counted}")
    enough = _SHORT_STRETCH if measures.teasers < _MANY_TEASERS else _LONG_STRETCH
    if measures.stretch >= enough:
        return Verdict("article", counted)
    return Verdict("index", f"no stretch of running text over {measures.stretch:,} characters; {counted}")


def _refusal(page: Page, structured: Structured, measures: Measures) -> str | None:
    """Why the page cannot be an article, or None."""
    if measures.covered > _MOSTLY * measures.text:
        return f"{_percent(measures.covered, measures.text)} of the text is in links"
    unclaimed = not structured.article_types or structured.lists_articles
    entries = _entries(page, structured, measures) if unclaimed and not _is_dated(structured) else None
    if entries is not None or measures.teasers < _MANY_TEASERS:
        return entries
    headlines = f"{measures.teasers} links as long as headlines"
    address = urlsplit(page.url)
    if _FRONT.fullmatch(address.path or "/") and not address.query:
        return f"the address of a front page, {headlines}"
    if not unclaimed or measures.stretch >= measures.teasers * _SHARE_OF_LIST:
        return None
    if structured.lists_articles:
        return f"json-ld of several articles, none of them this page, {headlines}"
    if structured.index_types:
        return f"json-ld {structured.index_types[0]}, {headlines}"
    return f"the address of a list, {headlines}" if _LIST_PATH.search(address.path) else None


def _entries(page: Page, structured: Structured, measures: Measures) -> str | None:
    """Why the text of a page that claims no article of its own is that of entries, or of a notice."""
    if _claim(structured) is not None or _markup(page) is not None:
        return None
    if measures.division.is_even:
        return f"running text divided among {measures.division.excerpts} entries"
    path = urlsplit(page.url).path
    if _NOTICE_PATH.search(path):
        return "the address of a notice about the site"
    signs = [*_profile(structured), *(name for name in structured.index_types if name in _OF_LISTS)]
    signs += ["the address of a list"] if _LIST_PATH.search(path) else []
    if signs and measures.linked_headings >= _FEW_HEADINGS and measures.stretch < _INTRODUCTION:
        return f"{signs[0]}, {measures.linked_headings} headings that are links"
    return None


def _longest_stretch(lines: list[Line]) -> int:
    longest = current = 0
    for line in lines:
        if is_paragraph(line):
            current += line.weight
            longest = max(longest, current)
        elif announces(line):
            current = 0
    return longest


def _is_dated(structured: Structured) -> bool:
    """Whether the page says for machines when it was published: lists do so seldom."""
    return structured.first_meta("article:published_time", "parsely-pub-date") is not None


def _profile(structured: Structured) -> list[str]:
    kind = structured.first_meta("og:type")
    return [f"og:type {kind}"] if kind is not None and kind.lower() == "profile" else []


def _claim(structured: Structured) -> str | None:
    if structured.article_types and not structured.lists_articles:
        return f"json-ld {structured.article_types[0]}"
    kind = structured.first_meta("og:type")
    if kind is not None and kind.lower() in ("article", "news", "newsarticle", "blog"):
        return f"og:type {kind}"
    for name in ("article:published_time", "parsely-pub-date", "article:section"):
        if structured.first_meta(name):
            return name
    if "articleBody" in structured.microdata or "datePublished" in structured.microdata:
        return "microdata of an article"
    return None


def _markup(page: Page) -> str | None:
    """Whether the page marks up one article and its headline: what stands in it is meant, however short."""
    articles = page.root.findall(".//article")
    if len(articles) != 1 or articles[0].find(".//h1") is None or _FRONT.fullmatch(urlsplit(page.url).path or "/"):
        return None
    return "one article element, with the headline"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
