"""Language, section and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import links_of, text_of
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text
from broadsheet.storage.model import Candidate, FieldSource, Provenance

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][\w-]+)*", re.IGNORECASE)
_MAX_TAGS = 30
_ABOVE_HEADLINE = 4
_MAX_SECTION = 40
_MAX_TAG_LENGTH = 80
_NO_SECTION = re.compile(
    r"^(?:home|homepage|start(?:seite)?|accueil|inicio|início|главная|news|articles?|"
    r"(?:all|latest) (?:articles|news|posts)|blog|alle (?:artikel|beiträge)|ホーム|トップ|首页|홈)$",
    re.IGNORECASE,
)

# Trails often begin with the address of the site.
_HOST = re.compile(r"\w\.[a-z]{2,4}$", re.IGNORECASE)


class Stated(NamedTuple):
    """A value as stated, with where it comes from."""

    value: str | None
    provenance: Provenance | None


def read_language_tag(page: Page, structured: Structured) -> Stated:
    """The language tag of the page as stated: ``de-AT``."""
    candidates = [
        Candidate(source=s, value=v) for s, v in dict.fromkeys(_languages(page, structured)) if _TAG.fullmatch(v)
    ]
    if not candidates:
        return Stated(None, None)
    return Stated(candidates[0].value, Provenance(source=candidates[0].source, candidates=candidates))


def primary_language(tag: str | None) -> str | None:
    """The primary subtag of a language tag (RFC 5646, section 2.2.1), in lower case."""
    match = _TAG.fullmatch(tag or "")
    return match[1].lower() if match else None


def _languages(page: Page, structured: Structured) -> Iterator[tuple[FieldSource, str]]:
    for name in ("lang", "{http://www.w3.org/XML/1998/namespace}lang", "xml:lang"):
        if value := (page.root.get(name) or "").strip():
            yield "visible", value
    for value in as_list(structured.article.get("inLanguage")):
        if text := as_text(value):
            yield "json-ld", text
    for name, value in structured.meta_values(
        "og:locale", "content-language", "language", "dc.language", "dcterms.language"
    ):
        yield ("opengraph" if name == "og:locale" else "meta"), value


def read_section(page: Page, structured: Structured, layout: Layout) -> Stated:
    """The section of the article as the page states it."""
    candidates = [
        Candidate(source=s, value=v)
        for s, v in dict.fromkeys((*_sections(structured), *_shown_sections(page, layout)))
        if len(v) <= _MAX_TAG_LENGTH
    ]
    if not candidates:
        return Stated(None, None)
    return Stated(candidates[0].value, Provenance(source=candidates[0].source, candidates=candidates))


def _sections(structured: Structured) -> Iterator[tuple[FieldSource, str]]:
    for value in as_list(structured.article.get("articleSection")):
        if text := as_text(value):
            yield "json-ld", text
    for name, value in structured.meta_values(
        "article:section",
        "og:article:section",
        "parsely-section",
        "cxenseparse:section",
        "dcsext.section",
        "section",
    ):
        yield ("opengraph" if name.startswith(("article:", "og:")) else "meta"), value
    for element in structured.microdata.get("articleSection", ()):
        if text := element.get("content") or text_of(element):
            yield "microdata", text
    crumbs = [crumb for crumb in _breadcrumbs(structured) if not (_NO_SECTION.match(crumb) or _HOST.search(crumb))]
    if len(crumbs) > 1:
        yield "json-ld", crumbs[-2]


def _shown_sections(page: Page, layout: Layout) -> Iterator[tuple[FieldSource, str]]:
    """Links right above the headline to a part of the site that holds this page, the innermost first."""
    path = urlsplit(page.url).path
    for i in range(layout.headline - 1, max(layout.headline - _ABOVE_HEADLINE, 0) - 1, -1):
        line = layout.lines[i]
        for link in links_of(line) if line.linked else ():
            name = text_of(link)
            if not 1 < len(name) <= _MAX_SECTION or _NO_SECTION.match(name):
                continue
            target = urlsplit(page.absolute(link.get("href")) or "")
            folder = target.path.rstrip("/") + "/"
            inside = folder != "/" and path.startswith(folder) and path != folder
            if inside and target.netloc == urlsplit(page.url).netloc:
                yield "visible", name


def _breadcrumbs(structured: Structured) -> list[str]:
    for node in structured.nodes:
        if node.get("@type") == "BreadcrumbList":
            members = [member for member in as_list(node.get("itemListElement")) if isinstance(member, dict)]
            names = [
                as_text(m.get("name"))
                or as_text((m.get("item") or {}).get("name") if isinstance(m.get("item"), dict) else None)
                for m in members
            ]
            return [name for name in names if name]
    return []


def read_tags(page: Page, structured: Structured) -> list[str]:
    """The article's tags: article:tag, keywords of JSON-LD, rel=tag links, keyword meta elements."""
    for values in (
        [value for _, value in structured.meta_values("article:tag", "og:article:tag")],
        [text for value in as_list(structured.article.get("keywords")) if (text := as_text(value))],
        _tag_links(page),
        [
            value
            for _, value in structured.meta_values("news_keywords", "parsely-tags", "sailthru.tags", "keywords")[:1]
        ],
    ):
        tags = list(dict.fromkeys(tag for value in values for tag in _split_tags(value)))
        if tags:
            return tags[:_MAX_TAGS]
    return []


def _tag_links(page: Page) -> list[str]:
    links = page.root.iterfind(".//a[@rel]")
    return [text_of(link) for link in links if "tag" in link.get("rel", "").lower().split()]


def _split_tags(value: str) -> Iterator[str]:
    for tag in (part.strip().removeprefix("#") for part in re.split(r"[,;、]", value)):
        if 1 < len(tag) <= _MAX_TAG_LENGTH and not tag.startswith(("@", "_")):
            yield tag
