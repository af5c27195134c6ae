"""Feeds: RSS 0.9x and 2.0, RSS 1.0 (RDF), Atom (RFC 4287) and JSON Feed 1.x.

Sources: https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/spec, RFC 4287,
https://www.jsonfeed.org/version/1.1/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from lxml import etree

from broadsheet.crawler.entries import Entry, absolute, plain_text
from broadsheet.crawler.reading.xml_stream import children, elements, local_name, namespace, text_of
from broadsheet.storage.model import Hints

FEED_ROOTS = frozenset({"rss", "RDF", "feed"})

_ATOM = "http://www.w3.org/2005/Atom"
_PUBLISHED = ("published", "pubDate", "date", "issued", "created")
_MODIFIED = ("updated", "modified")
_LONGEST_DATE = 64
_MOST_AUTHORS = 50
# The RSS 2.0 author is an address with the name in brackets: "lawyer@boyer.net (Lawyer Boyer)".
_NAME_IN_BRACKETS = re.compile(r"^\S+@\S+\s*\((.+)\)$")
_JSON_FEED_VERSION = re.compile(r"^https?://(www\.)?jsonfeed\.org/version/1")


def read_feed(body: bytes, *, url: str, content_type: str | None = None) -> Iterator[Entry]:
    """Yield what an XML feed links to, in its order.

    Args:
        body: The content-decoded feed.
        url: Where it was fetched: relative links rest on it, unless ``xml:base`` says otherwise.
        content_type: The Content-Type header as sent, or None.
    """
    for element in elements(body, ("item", "entry"), base_url=url, content_type=content_type):
        link = _link(element)
        if link is not None:
            yield Entry(url=link, hints=_hints(element))


def _link(item: etree._Element) -> str | None:
    """The page an item is about: its original address where a feed service wrapped it, its link, its guid."""
    for candidate in (_original_link(item), _atom_link(item), _rss_link(item), _permanent_guid(item)):
        if candidate is not None:
            return candidate
    return None


def _original_link(item: etree._Element) -> str | None:
    element = item.find("{*}origLink")
    return None if element is None else _reference(element, text_of(element))


def _atom_link(item: etree._Element) -> str | None:
    for link in item.iterfind("{*}link"):
        if link.get("href") is not None and link.get("rel", "alternate") == "alternate":
            return _reference(link, link.get("href"))
    return None


def _rss_link(item: etree._Element) -> str | None:
    for link in item.iterfind("{*}link"):
        if namespace(link) != _ATOM and (found := _reference(link, text_of(link))) is not None:
            return found
    return None


def _permanent_guid(item: etree._Element) -> str | None:
    guid = item.find("{*}guid")
    if guid is None or guid.get("isPermaLink", "true").lower() == "false":
        return None
    text = text_of(guid).strip()
    return _reference(guid, text) if text.startswith(("http://", "https://")) else None


def _reference(element: etree._Element, reference: str | None) -> str | None:
    return absolute(reference, element.base or "")


def _hints(item: etree._Element) -> Hints:
    texts: dict[str, str] = {}
    for child in children(item):
        texts.setdefault(local_name(child), text_of(child))
    return Hints(
        title=plain_text(texts.get("title")),
        published=_date(texts, _PUBLISHED),
        modified=_date(texts, _MODIFIED),
        authors=_authors(item),
        guid=plain_text(texts.get("guid") or texts.get("id")),
    )


def _date(texts: dict[str, str], names: tuple[str, ...]) -> str | None:
    found = next((texts[name].strip() for name in names if texts.get(name, "").strip()), None)
    return found[:_LONGEST_DATE] if found else None


def _authors(item: etree._Element) -> list[str]:
    """Who signs an item; an Atom entry without an author has those of its feed (RFC 4287 section 4.2.1)."""
    own = _signed(item)
    parent = item.getparent()
    if own or parent is None or namespace(item) != _ATOM:
        return own
    return _signed(parent)


def _signed(element: etree._Element) -> list[str]:
    names: list[str] = []
    for child in children(element):
        if local_name(child) in {"author", "creator"} and len(names) < _MOST_AUTHORS:
            name = child.find("{*}name")
            stated = plain_text(text_of(child if name is None else name)) or ""
            in_brackets = _NAME_IN_BRACKETS.match(stated)
            names.append(in_brackets[1] if in_brackets else stated)
    return list(dict.fromkeys(name for name in names if name and "@" not in name))


class _JsonFeed(msgspec.Struct):
    version: str
    items: list[msgspec.Raw] = []


class _JsonAuthor(msgspec.Struct):
    name: str | None = None


class _JsonItem(msgspec.Struct):
    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    author: _JsonAuthor | None = None
    authors: list[_JsonAuthor] | None = None


def read_json_feed(body: bytes, *, url: str) -> Iterator[Entry] | None:
    """Return what a JSON Feed links to, or None when the document is not one.

    Args:
        body: The content-decoded document.
        url: Where it was fetched: relative links rest on it.
    """
    try:
        feed = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=_JsonFeed)
    except (msgspec.DecodeError, RecursionError):
        return None
    if _JSON_FEED_VERSION.match(feed.version) is None:
        return None
    return _json_entries(feed.items, url)


def _json_entries(items: list[msgspec.Raw], base_url: str) -> Iterator[Entry]:
    for raw in items:
        try:
            item = msgspec.json.decode(raw, type=_JsonItem)
        except msgspec.DecodeError:
            continue  # One item of the wrong shape costs itself, not the feed.
        link = absolute(item.url or item.external_url, base_url)
        if link is not None:
            yield Entry(url=link, hints=_json_hints(item))


def _json_hints(item: _JsonItem) -> Hints:
    authors = item.authors or ([item.author] if item.author else [])
    names = [plain_text(author.name) for author in authors[:_MOST_AUTHORS]]
    return Hints(
        title=plain_text(item.title),
        published=item.date_published[:_LONGEST_DATE] if item.date_published else None,
        modified=item.date_modified[:_LONGEST_DATE] if item.date_modified else None,
        authors=[name for name in names if name],
        guid=plain_text(str(item.id)) if item.id is not None else None,
    )
