"""The links and the feeds of a page: what a crawl goes on from."""

from __future__ import annotations

from msgspec import Struct

from broadsheet.crawler.extraction.page import Page

_FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"))


class Link(Struct, frozen=True, kw_only=True):
    """A link of a page; `url` is absolute, http or https, without its fragment."""

    url: str


def read_links(page: Page) -> list[Link]:
    """The addresses in ``<a href>`` and ``<area href>``, each once, in document order."""
    found = (page.absolute(element.get("href")) for element in page.root.iter("a", "area"))
    return [Link(url=url) for url in dict.fromkeys(found) if url is not None]


def read_feeds(page: Page) -> list[str]:
    """The addresses of the feeds that the page names (``<link rel=alternate>``), each once."""
    found: dict[str, None] = {}
    for link in page.root.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        url = page.absolute(link.get("href")) if kind in _FEED_TYPES else None
        if url is not None and "alternate" in (link.get("rel") or "").lower().split():
            found[url] = None
    return list(found)


def read_canonical(page: Page) -> str | None:
    """The address that the page claims for itself: ``<link rel=canonical>``; only a claim."""
    for link in page.root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            return page.absolute(link.get("href"))
    return None
