"""From a home page alone, a crawl finds every article by whatever way there is to it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import OF_THE_SITE, answer, article, front_page, robots, rss, sitemap
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_XML = "application/xml"
_INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{}</loc></sitemap></sitemapindex>'
)
_ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>An entry</title><link href="{}"/></entry></feed>'
_REFRESH = """<html><head><meta http-equiv="Refresh" content="0; URL='{}'"></head><body></body></html>"""
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_NEWS = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{}</loc><news:news>'
    "<news:publication_date>2026-01-02</news:publication_date><news:title>News</news:title></news:news></url></urlset>"
)
# One article for each way, that no other way leads to.
_WAYS = (
    "linked",
    "in an article",
    "where a page redirects by itself",
    "in a section",
    "on the next page",
    "on a numbered page",
    "in the feed",
    "in an Atom feed",
    "in a JSON feed",
    "in a news sitemap",
    "in the sitemap",
    "in a sitemap of the index",
    "in a sitemap elsewhere",
    "in a linked sitemap",
)


def _path(way: str) -> str:
    return "/story/" + way.replace(" ", "-")


def _paper(url: str, elsewhere: str) -> dict[str, Script]:
    home = front_page(
        [_path("linked"), "/section", "/archive?page=1", "/go"], feeds=["/news.rss", "/news.atom", "/news.json"]
    )
    home = home.replace(
        "<head>", '<head><link rel="sitemap" href="/linked.xml"><link rel="sitemap" href="/latest.xml">'
    )
    section = front_page([_path("in a section")]).replace("<head>", '<head><link rel="next" href="/section/2">')
    stories: dict[str, Script] = {_path(way): answer(article(way)) for way in _WAYS}
    return stories | {
        "/robots.txt": robots(f"Sitemap: {url}/map.xml.gz", "Sitemap: /maps.xml", f"Sitemap: {elsewhere}/index.xml"),
        "/": answer(home),
        "/section": answer(section),
        "/go": answer(_REFRESH.format(_path("where a page redirects by itself"))),
        "/section/2": answer(front_page([_path("on the next page")])),
        _path("linked"): answer(article("linked", links=[_path("in an article")])),
        "/archive?page=1": answer(front_page(["/archive?page=2"])),
        "/archive?page=2": answer(front_page([_path("on a numbered page")])),
        "/news.atom": answer(_ATOM.format(_path("in an Atom feed")), content_type="application/atom+xml"),
        "/news.json": answer(
            json.dumps({"version": _JSON_FEED, "items": [{"id": "1", "url": url + _path("in a JSON feed")}]}),
            content_type="application/feed+json",
        ),
        "/latest.xml": answer(_NEWS.format(url + _path("in a news sitemap")), content_type=_XML),
        "/news.rss": answer(rss([_path("in the feed")]), content_type="application/rss+xml"),
        "/map.xml.gz": answer(
            gzip.compress(sitemap([url + _path("in the sitemap")]).encode()), content_type="application/gzip"
        ),
        "/maps.xml": answer(_INDEX.format(f"{url}/maps/1.xml"), content_type=_XML),
        "/maps/1.xml": answer(sitemap([url + _path("in a sitemap of the index")]), content_type=_XML),
        "/linked.xml": answer(sitemap([url + _path("in a linked sitemap")]), content_type=_XML),
    }


def test_a_home_page_alone_leads_to_every_article(tmp_path: Path) -> None:
    elsewhere: dict[str, Script] = {}
    paper: dict[str, Script] = {}
    with RawServer(elsewhere) as other, RawServer(paper) as server:
        url, host = f"http://127.0.0.1:{server.port}", f"http://127.0.0.1:{other.port}"
        paper |= _paper(url, host)
        elsewhere["/index.xml"] = answer(_INDEX.format(f"{host}/deep.xml"), content_type=_XML)
        listed = [url + _path("in a sitemap elsewhere"), f"{host}/not-of-this-site"]
        elsewhere["/deep.xml"] = answer(sitemap(listed), content_type=_XML)
        summary = Broadsheet(str(tmp_path)).crawl(f"{url}/")
        asked_elsewhere = {exchange.path for exchange in other.log}

    held = {snapshot.url for snapshot in Archive.open(str(tmp_path)).snapshots()}
    assert held == {url + _path(way) for way in _WAYS}
    assert summary["skipped"] == {"offsite": 1}
    assert asked_elsewhere == {*OF_THE_SITE, "/index.xml", "/deep.xml"}


@pytest.mark.parametrize(
    ("place", "listing", "content_type"),
    [("/feed", rss(["/story"]), "application/rss+xml"), ("/sitemap.xml", sitemap(["{}/story"]), _XML)],
    ids=["a feed", "a sitemap"],
)
def test_a_listing_that_nobody_names_is_found_where_they_lie_by_custom_and_remembered(
    tmp_path: Path, place: str, listing: str, content_type: str
) -> None:
    broadsheet = Broadsheet(str(tmp_path))
    paper: dict[str, Script] = {"/": answer(front_page([])), "/story": answer(article("A story"))}
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        paper[place] = answer(listing.replace("{}", url), content_type=content_type)
        first = broadsheet.crawl(f"{url}/")
        guessed = [exchange.path for exchange in server.log if exchange.path not in {*paper, *OF_THE_SITE}]
        server.log.clear()
        paper["/late"] = answer(article("A late story"))
        paper[place] = answer(listing.replace("/story", "/late").replace("{}", url), content_type=content_type)
        second = broadsheet.crawl(f"{url}/")
        asked = {exchange.path for exchange in server.log}

    assert (first["discovered"], first["outcomes"]["new"]) == (3, 1), "places where nothing was are no discoveries"
    assert len(guessed) == len(set(guessed)) > 5
    assert second["outcomes"]["new"] == 1
    assert asked == {"/robots.txt", "/", place, "/story", "/late"}, "nothing is guessed twice"
    inspection.check(Archive.open(str(tmp_path)).store)


def test_what_a_full_crawl_had_no_room_to_guess_the_next_one_does_and_only_that(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path))
    paper: dict[str, Script] = {"/": answer(front_page([]))}
    guessed: list[int] = []
    with RawServer(paper) as server:
        for options in (["--max-pages", "1"], [], []):
            broadsheet.crawl(f"http://127.0.0.1:{server.port}/", *options)
            guessed.append(len([exchange for exchange in server.log if exchange.path not in {*paper, *OF_THE_SITE}]))
            server.log.clear()

    assert (guessed[0], guessed[2]) == (0, 0)
    assert guessed[1] > 5


def test_where_a_site_names_its_feed_a_sitemap_is_guessed_and_where_both_nothing(tmp_path: Path) -> None:
    paper: dict[str, Script] = {
        "/": answer(front_page([], feeds=["/news.rss"])),
        "/news.rss": answer(rss(["/story"]), content_type="application/rss+xml"),
        "/story": answer(article("A story")),
        "/old": answer(article("An old story")),
    }
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        paper["/sitemap.xml"] = answer(sitemap([f"{url}/old"]), content_type=_XML)
        Broadsheet(str(tmp_path / "one")).crawl(f"{url}/")
        guessed = {exchange.path for exchange in server.log} - {*OF_THE_SITE, *paper}
        held = {snapshot.url.removeprefix(url) for snapshot in Archive.open(str(tmp_path / "one")).snapshots()}
        server.log.clear()
        paper["/robots.txt"] = robots("Sitemap: /sitemap.xml")
        Broadsheet(str(tmp_path / "two")).crawl(f"{url}/")
        assert {exchange.path for exchange in server.log} - OF_THE_SITE == {*paper} - OF_THE_SITE

    assert held == {"/story", "/old"}
    assert guessed
    assert all("sitemap" in path for path in guessed), "it has a feed"
