"""The links and the feeds of a page: what a crawl goes on from."""

from __future__ import annotations

from lxml.html import HtmlElement
from msgspec import Struct

from broadsheet.crawler.extraction.page import Page

_FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"))


class Link(Struct, frozen=True, kw_only=True):
    """A link of a page; `url` is absolute, http or https, without its fragment."""

    url: str


def read_links(page: Page) -> list[Link]:
    """The addresses in ``<a href>``, ``<area href>`` and ``<link rel=next>``, each once, in document order."""
    linking = (link for link in page.root.iter("a", "area", "link") if link.tag != "link" or _is(link, "next"))
    found = (page.absolute(element.get("href")) for element in linking)
    return [Link(url=url) for url in dict.fromkeys(found) if url is not None]


def read_feeds(page: Page) -> list[str]:
    """The addresses of the feeds (``<link rel=alternate>``) and sitemaps (``rel=sitemap``) that the page names."""
    found: dict[str, None] = {}
    for link in page.root.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if (kind in _FEED_TYPES and _is(link, "alternate")) or _is(link, "sitemap"):
            url = page.absolute(link.get("href"))
            if url is not None:
                found[url] = None
    return list(found)


def read_canonical(page: Page) -> str | None:
    """The address that the page claims for itself: ``<link rel=canonical>``; only a claim."""
    for link in page.root.iter("link"):
        if _is(link, "canonical"):
            return page.absolute(link.get("href"))
    return None


def _is(link: HtmlElement, relation: str) -> bool:
    return relation in (link.get("rel") or "").lower().split()
