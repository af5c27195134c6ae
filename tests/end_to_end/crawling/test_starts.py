"""Wherever a crawl of a site starts, it finds its articles, it stays on the site, and it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import OF_THE_SITE, answer, article, front_page, redirect, robots, rss, sitemap
from servers.raw_server import RawServer, Script

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.storage.archive import Archive

_TODAY = date(2025, 6, 10)
# Listings of articles lead to all of them within a step or two; from elsewhere the crawl takes its way.
_STARTS: dict[str, tuple[str, ...]] = {
    "": (),
    "science": (),
    "town/tidal-barrier-approved": (),
    "feed.rss": ("--max-depth", "1"),
    "feed.atom": ("--max-depth", "1"),
    "sitemap.xml": ("--max-depth", "2"),
}


@pytest.fixture(scope="module")
def missed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[str]]]:
    """The articles of the demo newspaper that a crawl from each start did not find."""
    directory = tmp_path_factory.mktemp("starts")
    with DemoNewspaper(today=_TODAY) as demo, ThreadPoolExecutor(2) as threads:
        live = {
            demo.url.rstrip("/") + path for path, expected in demo.expectations(1).items() if expected.state == "live"
        }

        def crawl(start: str) -> set[str]:
            archive = str(directory / (start or "home"))
            Broadsheet(archive).crawl(demo.url + start, *_STARTS[start])
            return live - {snapshot.url for snapshot in Archive.open(archive).snapshots()}

        yield dict(zip(_STARTS, threads.map(crawl, _STARTS), strict=True))


@pytest.mark.parametrize("start", _STARTS)
def test_a_crawl_finds_every_article_wherever_it_starts(missed: dict[str, set[str]], start: str) -> None:
    assert missed[start] == set()


def test_no_way_leads_off_the_site(tmp_path: Path) -> None:
    scripts: dict[str, Script] = {}
    broadsheet = Broadsheet(str(tmp_path))
    with RawServer({"/landed": answer(article("Another paper"))}) as neighbour, RawServer(scripts) as server:
        away = f"http://127.0.0.1:{neighbour.port}"
        links = [f"{away}/linked", "/hop", "/map.xml", "/story"]
        story = article("At home", links=[f"{away}/in-text"])
        canonical = f'<head><link rel="canonical" href="{away}/canonical">'
        scripts |= {
            "/": answer(front_page(links, feeds=[f"{away}/feed", "/feed"])),
            "/feed": answer(rss([f"{away}/in-feed", "/story"]), content_type="application/rss+xml"),
            "/map.xml": answer(sitemap([f"{away}/in-sitemap"]), content_type="application/xml"),
            "/hop": redirect(f"{away}/landed"),
            "/story": answer(story.replace("<head>", canonical)),
        }
        url = f"http://127.0.0.1:{server.port}"
        first = broadsheet.crawl(f"{url}/")
        # Nor does an article that is archived already.
        scripts["/story"] = redirect(f"{away}/landed")
        second = broadsheet.crawl(f"{url}/")
        assert neighbour.connections == 0
    assert (first["outcomes"]["new"], first["skipped"]) == (1, {"offsite": 6, "redirected": 1})
    assert (second["outcomes"]["changed"], second["skipped"]) == (0, {"offsite": 5, "redirected": 2})
    held = {(snapshot.url, snapshot.version) for snapshot in Archive.open(str(tmp_path)).snapshots()}
    assert held == {(f"{url}/story", 1)}


def test_a_target_that_has_moved_to_another_host_is_followed_there_and_so_is_what_that_lists(tmp_path: Path) -> None:
    new = {
        "/": answer(front_page(["/story"])),
        "/robots.txt": robots("Sitemap: /named.xml"),
        "/feed": answer(rss(["/in-a-feed"]), content_type="application/rss+xml"),
        **{path: answer(article(f"Moved {path}")) for path in ("/story", "/in-a-feed", "/in-a-sitemap")},
    }
    with RawServer(new) as moved, RawServer({"/": redirect(f"http://127.0.0.1:{moved.port}/")}) as old:
        listed = sitemap([f"http://127.0.0.1:{moved.port}/in-a-sitemap"])
        new["/named.xml"] = answer(listed, content_type="application/xml")
        home, moved_to = f"http://127.0.0.1:{old.port}/", f"http://127.0.0.1:{moved.port}/"
        summary = Broadsheet(str(tmp_path)).crawl(home, moved_to, home)
        asked_of_old = [exchange.path for exchange in old.log]
        guessed = [exchange.path for exchange in moved.log if exchange.path not in {*new, *OF_THE_SITE}]
    assert summary["source"] == f"{home} {moved_to}", "what is given twice is crawled once"
    assert len(guessed) == len(set(guessed)) > 5
    assert summary["outcomes"]["new"] == 3
    assert summary["skipped"] == {"redirected": 1}
    assert sorted(asked_of_old) == sorted([*OF_THE_SITE, "/"]), "nothing is guessed where a site was"


def test_articles_that_vanish_become_one_gone_version_and_come_back_as_a_third(tmp_path: Path) -> None:
    paths = ["/missing", "/withdrawn", "/to-the-front-page"]
    stories = {path: answer(article(f"Story {path}")) for path in paths}
    # The front page links to nothing any more: what is archived is looked at again all the same.
    vanished = {
        "/": answer(front_page([])),
        "/missing": answer("no", status="404 Not Found"),
        "/withdrawn": answer("no", status="410 Gone"),
        "/to-the-front-page": redirect("/"),
    }
    scripts = {"/": answer(front_page(paths)), **stories}
    broadsheet, outcomes = Broadsheet(str(tmp_path)), []
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}"
        for edition in ({}, vanished, {"/": answer(front_page(paths))}, stories):
            scripts |= edition
            outcomes.append(broadsheet.crawl(f"{url}/")["outcomes"])
    assert [(each["new"], each["gone"], each["unchanged"], each["changed"]) for each in outcomes] == [
        (3, 0, 0, 0),
        (0, 3, 0, 0),
        (0, 0, 3, 0),
        (0, 0, 0, 3),
    ]
    archive = Archive.open(str(tmp_path))
    for path in paths:
        assert [version.state for version in archive.versions(url + path)] == ["live", "gone", "live"]
    inspection.check(archive.store)
