"""Every article of a site is found, whichever of the ways to it is missing.

The site has all of them at once and each article is on two, so that a way that misleads or hides another shows.
That each way leads by itself to what is on no other is shown in test_discovery.py.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page, redirect, robots, rss, sitemap
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

# Each article is on one of these and on the next, the last on the first. Neighbours are named in different places.
_LISTING_WAYS = (
    "RSS feed",
    "section page",
    "news sitemap",
    "rel=next",
    "Atom feed",
    "numbered pages",
    "sitemap index with a compressed child",
    "links in articles",
    "JSON feed",
    "redirects",
    "sitemap",
)
_NAMING_WAYS = ("Sitemap lines in robots.txt", "rel=alternate", "customary places")
_LINKED_FROM_HOME = {
    "section page": "/section",
    "numbered pages": "/archive?page=1",
    "links in articles": "/editorial",
}
_XML = "application/xml"
_FEEDS = {"RSS feed": "/feed", "Atom feed": "/atom.xml", "JSON feed": "/feed.json"}
_FEED_TYPES = {"RSS feed": "rss+xml", "Atom feed": "atom+xml", "JSON feed": "feed+json"}
_SITEMAPS = {
    "sitemap": "/sitemap.xml",
    "sitemap index with a compressed child": "/sitemap_index.xml",
    "news sitemap": "/news-sitemap.xml",
}


def _articles_of(way: str) -> list[str]:
    place = _LISTING_WAYS.index(way)
    return [f"/story/number-{number % len(_LISTING_WAYS)}" for number in (place, place + 1)]


class _Paper:
    """A newspaper that has every way in but one.

    Args:
        url: Where it is served.
        missing: The way that it lacks.
    """

    def __init__(self, url: str, missing: str) -> None:
        self._url = url
        self._missing = missing
        self._ways = [way for way in _LISTING_WAYS if way != missing]
        self._moved = "/somewhere" if missing == "customary places" else ""

    def pages(self) -> dict[str, Script]:
        """Return what it serves."""
        stories = {path: answer(article(f"The story {path}")) for way in _LISTING_WAYS for path in _articles_of(way)}
        pages: dict[str, Script] = stories | {"/": answer(self._home()), "/robots.txt": self._robots()}
        for way in self._ways:
            pages |= self._pages_of(way)
        return pages

    def _home(self) -> str:
        links = [path for way, path in _LINKED_FROM_HOME.items() if way in self._ways]
        if "redirects" in self._ways:
            links += [f"/go{path}" for path in _articles_of("redirects")]
        heads = ['<link rel="next" href="/latest/2">'] if "rel=next" in self._ways else []
        if self._missing != "rel=alternate":
            heads += [
                f'<link rel="alternate" type="application/{_FEED_TYPES[way]}" href="{self._moved}{path}">'
                for way, path in _FEEDS.items()
                if way in self._ways
            ]
        return front_page(links).replace("</head>", "".join(heads) + "</head>")

    def _robots(self) -> Script:
        if self._missing == "Sitemap lines in robots.txt":
            return robots("Disallow:")
        return robots(*(f"Sitemap: {self._at(path)}" for way, path in _SITEMAPS.items() if way in self._ways))

    def _at(self, path: str) -> str:
        return f"{self._url}{self._moved}{path}"

    def _pages_of(self, way: str) -> dict[str, Script]:
        if way in _FEEDS:
            return {f"{self._moved}{_FEEDS[way]}": self._feed(way)}
        if way in _SITEMAPS:
            return self._sitemap(way)
        return self._linked(way, _articles_of(way))

    def _feed(self, way: str) -> Script:
        links = [self._url + path for path in _articles_of(way)]
        write: dict[str, Callable[[list[str]], str]] = {"RSS feed": rss, "Atom feed": _atom, "JSON feed": _json_feed}
        return answer(write[way](links), content_type=f"application/{_FEED_TYPES[way]}")

    def _sitemap(self, way: str) -> dict[str, Script]:
        links, path = [self._url + each for each in _articles_of(way)], f"{self._moved}{_SITEMAPS[way]}"
        if way == "sitemap":
            return {path: answer(sitemap(links), content_type=_XML)}
        if way == "news sitemap":
            return {path: answer(_news_sitemap(links), content_type=_XML)}
        child = "/maps/2026-01.xml.gz"
        index = f"<sitemap><loc>{self._url}{child}</loc></sitemap>"
        return {
            path: answer(f'<sitemapindex xmlns="{_SITEMAP_SCHEMA}">{index}</sitemapindex>', content_type=_XML),
            child: answer(gzip.compress(sitemap(links).encode()), content_type="application/gzip"),
        }

    def _linked(self, way: str, links: list[str]) -> dict[str, Script]:
        match way:
            case "rel=next":
                second = front_page(links[:1]).replace("<head>", '<head><link rel="next" href="/latest/3">')
                return {"/latest/2": answer(second), "/latest/3": answer(front_page(links[1:]))}
            case "numbered pages":
                pages = [["/archive?page=2"], [links[0], "/archive?page=3"], links[1:]]
                return {f"/archive?page={n}": answer(front_page(page)) for n, page in enumerate(pages, 1)}
            case "redirects":
                return {f"/go{path}": redirect(path) for path in links}
            case "links in articles":
                return {_LINKED_FROM_HOME[way]: answer(article("The editorial", links=links))}
        return {_LINKED_FROM_HOME[way]: answer(front_page(links))}


_SITEMAP_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _atom(links: list[str]) -> str:
    entries = "".join(f'<entry><title>An entry</title><link href="{link}"/></entry>' for link in links)
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


def _json_feed(links: list[str]) -> str:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": link, "url": link} for link in links]}
    )


def _news_sitemap(links: list[str]) -> str:
    news = (
        "<news:news><news:publication_date>2026-01-02</news:publication_date><news:title>News</news:title></news:news>"
    )
    urls = "".join(f"<url><loc>{link}</loc>{news}</url>" for link in links)
    schema = "http://www.google.com/schemas/sitemap-news/0.9"
    return f'<urlset xmlns="{_SITEMAP_SCHEMA}" xmlns:news="{schema}">{urls}</urlset>'


@pytest.mark.parametrize("missing", [*_LISTING_WAYS, *_NAMING_WAYS])
def test_every_article_is_found_without(missing: str, tmp_path: Path) -> None:
    paper: dict[str, Script] = {}
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        paper |= _Paper(url, missing).pages()
        Broadsheet(str(tmp_path)).crawl(f"{url}/")
        asked = {exchange.path for exchange in server.log}

    held = {snapshot.url.removeprefix(url) for snapshot in Archive.open(str(tmp_path)).snapshots()}
    stories = {path for path in paper if path.startswith("/story/")}
    assert len(stories) == len(_LISTING_WAYS)
    assert held - {"/editorial"} == stories
    assert asked >= {*paper}, "the other ways are gone too"
