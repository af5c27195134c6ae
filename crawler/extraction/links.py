"""The links and the feeds of a page: what a crawl goes on from."""

from __future__ import annotations

import re

from lxml.html import HtmlElement
from msgspec import Struct

from broadsheet.crawler.extraction.page import Page

# HTML, section 4.8.4.2.1: an address goes up to a blank, and holds commas, but for those that it ends in.
_CANDIDATE = re.compile(r"[\s,]*+(\S++)([^,]*+)")
_DESCRIPTOR = re.compile(r"(\d+(?:\.\d+)?)[wx]")
# HTML, section 4.2.5.3, shared declarative refresh steps: seconds, and where to.
_REFRESH = re.compile(r"\s*(\d{1,9})[\d.]*\s*[;,\s]\s*(?:url\s*=\s*)?", re.IGNORECASE)
_LONGEST_REDIRECT = 10
_LONGEST_REFRESH = 9_000
FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"))
"""The media types by which a link to a feed is told from one to a translation."""


class Link(Struct, frozen=True, kw_only=True):
    """A link of a page; `url` is absolute, http or https, without its fragment."""

    url: str


def read_links(page: Page) -> list[Link]:
    """The addresses in ``<a href>``, ``<area href>`` and ``<link rel=next>``, each once, in document order.

    And that in ``<meta http-equiv=refresh>`` where it redirects: what shows a page for minutes only loads it anew.
    """
    found = (page.absolute(_followed(element)) for element in page.root.iter("a", "area", "link", "meta"))
    return [Link(url=url) for url in dict.fromkeys(found) if url is not None]


def read_feeds(page: Page) -> list[str]:
    """The addresses of the feeds (``<link rel=alternate>``) and sitemaps (``rel=sitemap``) that the page names."""
    found: dict[str, None] = {}
    for link in page.root.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if (kind in FEED_TYPES and _is(link, "alternate")) or _is(link, "sitemap"):
            url = page.absolute(link.get("href"))
            if url is not None:
                found[url] = None
    return list(found)


def read_requisites(page: Page) -> list[str]:
    """The addresses of the pictures, styles, scripts and icons that the page is shown with, each once.

    Of a picture in several sizes (``srcset``, HTML section 4.8.4.2) the one that old browsers take, and the largest.
    """
    found: dict[str, None] = {}
    for element in page.root.iter("img", "source", "script", "link", "input"):
        for reference in _shown(element):
            url = page.absolute(reference)
            if url is not None:
                found[url] = None
    return list(found)


def candidates(srcset: str) -> list[tuple[str, str]]:
    """The addresses of a picture in several sizes, each with its descriptor (``640w``, ``2x`` or none).

    The largest comes first, of several the first one; those without a descriptor count as ``1x``.
    """
    found: list[tuple[str, str]] = []
    place = 0
    while candidate := _CANDIDATE.match(srcset, place):
        address = candidate[1].rstrip(",")
        has_descriptor = address == candidate[1]
        if address:
            found.append((address, candidate[2].strip() if has_descriptor else ""))
        place = candidate.end() if has_descriptor else candidate.end(1)
    return sorted(found, key=_size, reverse=True)


def read_canonical(page: Page) -> str | None:
    """The address that the page claims for itself: ``<link rel=canonical>``; only a claim."""
    for link in page.root.iter("link"):
        if _is(link, "canonical"):
            return page.absolute(link.get("href"))
    return None


def _followed(element: HtmlElement) -> str | None:
    if element.tag == "meta":
        return _redirected(element)
    return element.get("href") if element.tag != "link" or _is(element, "next") else None


def _redirected(meta: HtmlElement) -> str | None:
    if (meta.get("http-equiv") or "").strip().lower() != "refresh":
        return None
    content = (meta.get("content") or "")[:_LONGEST_REFRESH]
    refresh = _REFRESH.match(content)
    if refresh is None or int(refresh[1]) > _LONGEST_REDIRECT:
        return None
    address = content[refresh.end() :]
    return address[1:].partition(address[0])[0] if address.startswith(("'", '"')) else address


def _shown(element: HtmlElement) -> list[str | None]:
    if element.tag == "link":
        return [element.get("href")] if _is(element, "stylesheet") or _is(element, "icon") else []
    if element.tag == "input" and element.get("type") != "image":
        return []
    return [element.get("src"), element.get("data-src"), _largest(element.get("srcset") or "")]


def _largest(srcset: str) -> str | None:
    return next((address for address, _ in candidates(srcset)), None)


def _size(candidate: tuple[str, str]) -> float:
    stated = _DESCRIPTOR.fullmatch(candidate[1])
    return float(stated[1]) if stated else 1.0


def _is(link: HtmlElement, relation: str) -> bool:
    return relation in (link.get("rel") or "").lower().split()
