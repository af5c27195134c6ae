"""Where a site lists its articles: what its robots.txt names, and the places where sitemaps and feeds lie by custom."""

from __future__ import annotations

from collections.abc import Callable, Container
from urllib.parse import urljoin

from broadsheet.crawler.entries import Entry
from broadsheet.storage.model import PageKind
from broadsheet.storage.urls import is_front_page
from broadsheet.storage.versions import OutlinkKind

# By what the common publishing systems serve (WordPress, Drupal, Ghost, Arc, Hugo), and sitemaps.org.
_CUSTOMARY: dict[str, OutlinkKind] = {
    "/sitemap.xml": "sitemap",
    "/sitemap_index.xml": "sitemap",
    "/news-sitemap.xml": "sitemap",
    "/sitemap-news.xml": "sitemap",
    "/feed": "feed",
    "/rss": "feed",
    "/rss.xml": "feed",
    "/feed.xml": "feed",
    "/atom.xml": "feed",
    "/index.xml": "feed",
    "/feed.json": "feed",
}
_LISTINGS: dict[PageKind, OutlinkKind] = {"feed": "feed", "sitemap": "sitemap"}


def listing_kind(kind: PageKind | None) -> OutlinkKind | None:
    """Return what a page of a kind lists as, or None where it is no feed and no sitemap."""
    return None if kind is None else _LISTINGS.get(kind)


def customary_places(home: str, *, listed: Container[OutlinkKind] = ()) -> list[Entry]:
    """Return the places where a site may have a sitemap or a feed without saying so; nothing may be there.

    Args:
        home: A front page; any other address has none.
        listed: What the site has been found to have: a feed says the latest and a sitemap what is older, so that
            neither stands for the other.
    """
    if not is_front_page(home):
        return []
    return [Entry(url=urljoin(home, path), kind=kind) for path, kind in _CUSTOMARY.items() if kind not in listed]


def remembered_places(home: str, kind_of: Callable[[str], PageKind | None]) -> list[Entry]:
    """Return those customary places where a listing was found before.

    Args:
        home: A front page; any other address has none.
        kind_of: What a URL was found to be when it was last read.
    """
    return [place for place in customary_places(home) if listing_kind(kind_of(place.url))]
