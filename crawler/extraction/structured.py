"""What a page says of itself for machines: JSON-LD, meta elements and microdata.

JSON-LD in the wild is wrapped in comments, has trailing commas, raw line breaks and several documents in one
script. What can be read is read; the rest is left out, never an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from html import unescape
from typing import Any, cast

from lxml import etree, html

from broadsheet.crawler.extraction.lines import collapse, text_of
from broadsheet.crawler.extraction.page import Page

Node = dict[str, Any]

_ARTICLE_TYPE = re.compile(
    r"(?:^|[/:])(?:\w*Article|BlogPosting|LiveBlogPosting|Report|SocialMediaPosting|Review|CriticReview|"
    r"MedicalScholarlyArticle|Recipe|HowTo)$"
)
_INDEX_TYPE = re.compile(r"(?:^|[/:])(?:CollectionPage|SearchResultsPage|ItemList|ProfilePage|Blog|MediaGallery)$")
_COMMENT_WRAPPING = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[|//\s*<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
# JSON can spell what neither XML nor UTF-8 can carry: control characters, halves of surrogate pairs.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_ITEMPROP = etree.XPath("descendant-or-self::*[@itemprop]")
_SEVERAL = 3
_MAX_DEPTH = 12
_MAX_NODES = 2000


class Structured:
    """The machine-readable statements of one page.

    Attributes:
        nodes: Every JSON-LD object with a type, in document order.
        meta: Contents of ``<meta>`` by lower-cased name or property, in document order.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.nodes: list[Node] = []
        self._by_id: dict[str, Node] = {}
        for script in page.root.iter("script"):
            if "ld+json" in (script.get("type") or "").lower() and script.text:
                for document in parse_json_ld(script.text):
                    self._collect(document, 0)
        self.meta = _read_meta(page)

    def meta_values(self, *names: str) -> list[tuple[str, str]]:
        """All (name, content) pairs of the meta elements with one of these names, in the order of `names`."""
        return [(name, content) for name in names for content in self.meta.get(name, ())]

    def first_meta(self, *names: str) -> str | None:
        """The first content that is not empty, by the order of `names`."""
        return next((content for _, content in self.meta_values(*names)), None)

    @cached_property
    def article(self) -> Node:
        """The JSON-LD object that describes the article of this page; empty when there is none."""
        nodes = self._articles
        if len(nodes) <= 1:
            return nodes[0] if nodes else {}
        # Among unnamed ones the fullest: plug-ins often add a second object that says only the type.
        return self._named_article or max(nodes, key=len)

    @property
    def lists_articles(self) -> bool:
        """Whether the page describes several articles and none of them as itself."""
        headlines = {as_text(node.get("headline") or node.get("name")) for node in self._articles}
        return len(headlines - {None}) >= _SEVERAL and self._named_article is None

    @cached_property
    def _articles(self) -> list[Node]:
        return [node for node in self.nodes if has_type(node, _ARTICLE_TYPE)]

    @cached_property
    def _named_article(self) -> Node | None:
        """The first article object that bears the page's address, else its headline."""
        address = _bare(self._page.url)
        for node in self._articles:
            if any(_bare(reference) == address for reference in _addresses(node)):
                return node
        headline = _letters(self.first_meta("og:title", "twitter:title") or _title_text(self._page))
        named = (n for n in self._articles if _same_headline(_letters(as_text(n.get("headline"))), headline))
        return next(named, None)

    @cached_property
    def web_page(self) -> Node:
        """The JSON-LD object of type WebPage or one of its kinds; empty when there is none."""
        return next((n for n in self.nodes if any(t.endswith("WebPage") for t in types_of(n))), {})

    @property
    def article_types(self) -> list[str]:
        """The types of the article object."""
        return types_of(self.article)

    @cached_property
    def index_types(self) -> list[str]:
        """Types on the page that describe a list of articles rather than one."""
        return [name for node in self.nodes for name in types_of(node) if _INDEX_TYPE.search(name)]

    @cached_property
    def microdata(self) -> dict[str, list[html.HtmlElement]]:
        """Elements by ``itemprop``, those of comments and of people left out where the scope says so."""
        found: dict[str, list[html.HtmlElement]] = {}
        for element in cast("Iterable[html.HtmlElement]", _ITEMPROP(self._page.root)):
            for name in (element.get("itemprop") or "").split():
                found.setdefault(name, []).append(element)
        return found

    def resolve(self, value: object) -> object:
        """The object that a bare ``{"@id": ...}`` refers to, or the value itself."""
        if isinstance(value, dict) and set(value) <= {"@id", "@type"} and isinstance(value.get("@id"), str):
            return self._by_id.get(value["@id"], value)
        return value

    def _collect(self, value: object, depth: int) -> None:
        if depth > _MAX_DEPTH or len(self.nodes) > _MAX_NODES:
            return
        if isinstance(value, list):
            for member in value:
                self._collect(member, depth + 1)
        elif isinstance(value, dict):
            if value.get("@type"):
                self.nodes.append(value)
            identifier = value.get("@id")
            if isinstance(identifier, str) and len(value) > 2:
                self._by_id.setdefault(identifier, value)
            for key, member in value.items():
                if isinstance(member, (dict, list)) and key not in ("itemListElement", "comment", "review"):
                    self._collect(member, depth + 1)


def parse_json_ld(source: str) -> Iterator[Any]:
    """Read the JSON documents in a script, as many as can be read.

    Args:
        source: The text of the script element.

    Yields:
        Each top-level value, in order.
    """
    text = _COMMENT_WRAPPING.sub("", _COMMENT_WRAPPING.sub("", source)).strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text), unescape(text)):
        values = list(_documents(attempt))
        if values:
            yield from values
            return


def _documents(text: str) -> Iterator[Any]:
    # strict=False: raw line breaks inside strings are common.
    decoder = json.JSONDecoder(strict=False)
    position = 0
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield value
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1


def types_of(node: Node) -> list[str]:
    """The types of a JSON-LD object, as stated."""
    return [name for name in as_list(node.get("@type")) if isinstance(name, str)]


def has_type(node: Node, pattern: re.Pattern[str]) -> bool:
    """Whether one of the object's types matches."""
    return any(pattern.search(name) for name in types_of(node))


def as_list(value: object) -> list[Any]:
    """The value as a list: JSON-LD writes one member without brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_text(value: object) -> str | None:
    """The text of a JSON-LD value: a string, a number, ``{"@value": ...}`` or the first of a list."""
    if isinstance(value, list):
        return next((text for text in map(as_text, value) if text), None)
    if isinstance(value, dict):
        return as_text(value.get("@value"))
    if isinstance(value, bool) or value is None:
        return None
    return collapse(_UNSTORABLE.sub("", unescape(str(value)))) or None


def content_of(element: html.HtmlElement) -> str | None:
    """The value of a microdata element (HTML, section 5.2.4), else its text."""
    for name in ("content", "datetime"):
        value = element.get(name)
        if value and value.strip():
            return collapse(value)
    return text_of(element) or None


def _read_meta(page: Page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in page.root.iter("meta"):
        content = collapse(element.get("content"))
        name = element.get("property") or element.get("name") or element.get("http-equiv")
        if name and content:
            found.setdefault(name.strip().lower(), []).append(content)
    return found


def _addresses(node: Node) -> Iterator[str]:
    for key in ("url", "@id", "mainEntityOfPage"):
        for value in as_list(node.get(key)):
            address = value.get("@id") or value.get("url") if isinstance(value, dict) else value
            if isinstance(address, str):
                yield address


def _bare(address: str) -> str:
    """An address without scheme, www, query, fragment and last slash: enough to know a page by."""
    return re.sub(r"^https?://(?:www\.)?|[?#].*$", "", address.strip()).rstrip("/").lower()


def _letters(text: str | None) -> str:
    return re.sub(r"\W+", "", text or "").lower()


def _same_headline(one: str, other: str) -> bool:
    return bool(one) and bool(other) and (one in other or other in one)


def _title_text(page: Page) -> str | None:
    title = page.root.find(".//title")
    return title.text if title is not None else None
