"""The coverage ledger: wherever a crawl goes and however it is answered, every URL ends in exactly one place."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet, balanced
from end_to_end.pages import OF_THE_SITE, answer, article, front_page, robots
from end_to_end.zoo import zoo_scripts
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine


@dataclass(frozen=True)
class Zoo:
    """A crawl of a site with every kind of answer.

    Attributes:
        url: Where the site was, without a trailing slash.
        server: What it was asked for.
        neighbour: A server on another port that the site links to.
        summary: What the crawl printed.
        lines: Its index lines.
        archive: What it left.
    """

    url: str
    server: RawServer
    neighbour: RawServer
    summary: dict[str, Any]
    lines: list[IndexLine]
    archive: Archive

    def outcomes(self, path: str) -> list[str | None]:
        """Return what became of every capture of a path."""
        return [line.outcome for line in self.lines if line.url == self.url + path]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    """The zoo, crawled from its front page and a sitemap."""
    broadsheet = Broadsheet(str(tmp_path_factory.mktemp("zoo") / "archive"))
    with RawServer({}) as neighbour, RawServer(zoo_scripts(f"http://127.0.0.1:{neighbour.port}")) as server:
        url = f"http://127.0.0.1:{server.port}"
        summary = broadsheet.crawl(f"{url}/", f"{url}/map.xml")
        archive = Archive.open(broadsheet.archive)
        yield Zoo(url, server, neighbour, summary, inspection.index_lines(archive.store), archive)


def test_every_kind_of_answer_has_its_place(zoo: Zoo) -> None:
    assert zoo.summary["outcomes"] == {
        "new": 4,
        "changed": 0,
        "unchanged": 0,
        "gone": 0,
        "failed": 9,  # missing, withdrawn, broken, busy, half, silent, nowhere, nonsense, unasked
        "not_article": 4,  # the front page, the feed, the sitemap, the picture
    }
    assert zoo.summary["skipped"] == {
        "no_page": 1,
        "offsite": 1,
        "redirected": 5,  # to the bridge, to the front page, twice in the loop, to elsewhere
        "robots": 1,
    }


def test_fetched_counts_the_captures_of_pages(zoo: Zoo) -> None:
    pages = [line for line in zoo.lines if not line.url.endswith(tuple(OF_THE_SITE))]
    assert zoo.summary["fetched"] == len(pages)


def test_every_request_that_was_answered_is_a_capture(zoo: Zoo) -> None:
    asked = sorted(zoo.url + exchange.path for exchange in zoo.server.log if exchange.response)
    assert sorted(line.url for line in zoo.lines) == asked


def test_an_error_of_the_server_is_asked_for_again_and_every_answer_is_kept(zoo: Zoo) -> None:
    assert zoo.outcomes("/broken") == ["failed"] * 3
    assert zoo.outcomes("/busy") == ["failed"] * 3


def test_a_page_is_fetched_once_however_often_and_however_spelled_it_is_linked(zoo: Zoo) -> None:
    assert len(zoo.server.exchanges("/news/market")) == 1
    assert len(zoo.server.exchanges("/news/bridge")) == 1
    assert not zoo.server.exchanges("/news/market?utm_source=front")


def test_a_cut_off_body_becomes_no_version(zoo: Zoo) -> None:
    # The server closes again at every retry.
    assert zoo.outcomes("/half") == ["failed"] * len(zoo.server.exchanges("/half"))
    assert {line.truncated for line in zoo.lines if line.url.endswith("/half")} == {"disconnect"}
    assert zoo.archive.latest(f"{zoo.url}/half") is None


def test_a_304_that_nobody_asked_for_is_a_failure_like_any_other_answer_without_a_page(zoo: Zoo) -> None:
    assert zoo.outcomes("/unasked") == ["failed"]
    assert [line.mime for line in zoo.lines if line.url.endswith("/unasked")] == ["text/html"]


def test_no_request_leaves_the_site(zoo: Zoo) -> None:
    assert zoo.neighbour.connections == 0


def test_what_robots_txt_disallows_is_not_asked_for(zoo: Zoo) -> None:
    assert not zoo.server.exchanges("/private/desk")


def test_robots_txt_is_asked_for_once_and_first(zoo: Zoo) -> None:
    assert [exchange.path for exchange in zoo.server.log].index("/robots.txt") == 0
    assert len(zoo.server.exchanges("/robots.txt")) == 1


def test_an_article_is_found_under_the_address_that_redirects_to_it(zoo: Zoo) -> None:
    found = zoo.archive.latest(f"{zoo.url}/old/bridge")
    assert found is not None
    assert found.url == f"{zoo.url}/news/bridge"


@pytest.mark.parametrize(
    ("options", "skipped", "asked"),
    [
        (("--max-pages", "4"), {"max_pages": 3}, 3),
        (("--max-depth", "0"), {"max_depth": 4}, 1),
        (("--max-depth", "1"), {"max_depth": 1}, 5),
    ],
    ids=["3 pages beside tdmrep.json", "depth 0", "depth 1"],
)
def test_a_crawl_stops_at_its_limits(
    tmp_path: Path, options: tuple[str, ...], skipped: dict[str, int], asked: int
) -> None:
    stories = [f"/story/{number}" for number in range(4)]
    scripts = {"/": answer(front_page(stories))}
    scripts |= {path: answer(article(f"Story {path}", links=["/deep"])) for path in stories}
    scripts["/deep"] = answer(article("The deepest story"))
    with RawServer(scripts) as server:
        summary = Broadsheet(str(tmp_path)).crawl(f"http://127.0.0.1:{server.port}/", *options)
        pages = [exchange for exchange in server.log if exchange.path not in OF_THE_SITE]
    assert (len(pages), summary["skipped"]) == (asked, skipped)


def test_a_crawl_ends_when_its_bytes_are_spent_and_says_what_it_did_not_reach(tmp_path: Path) -> None:
    stories = [f"/story/{number}" for number in range(40)]
    scripts = {"/": answer(front_page(stories))}
    scripts |= {path: answer(article(f"Story {path}") + f"<!--{'-' * 50_000}-->") for path in stories}
    sources = tmp_path / "sources.toml"
    with RawServer(scripts) as server:
        sources.write_text(f'[sources.town]\nhome = "http://127.0.0.1:{server.port}/"\nmax_bytes = "1 KB"\n')
        nothing = Broadsheet(str(tmp_path / "one")).crawl("--config", str(sources), "town")
        summary = Broadsheet(str(tmp_path / "two")).crawl(
            "--config", str(sources), "--max-bytes", "300 KB", f"http://127.0.0.1:{server.port}/"
        )
    assert nothing["fetched"] <= 3
    assert set(summary["skipped"]) == {"max_bytes"}
    assert 5 <= summary["outcomes"]["new"] < 25, "what was under way is waited for"


def test_paths_that_grow_without_end_are_not_followed(tmp_path: Path) -> None:
    links = ["/news" * 3 + "/a", "/a/b" * 3, "/a/b" * 2, "/" + "/".join(map(str, range(21))), "/2026/2026/story"]
    scripts = {"/": answer(front_page(links))} | {link: answer(article(f"At {link}")) for link in links}
    with RawServer(scripts) as server:
        summary = Broadsheet(str(tmp_path)).crawl(f"http://127.0.0.1:{server.port}/")
    assert (summary["outcomes"]["new"], summary["skipped"]) == (2, {"trap": 3})


def test_several_targets_share_a_crawl_and_a_dead_host_is_a_failure(tmp_path: Path, dead_host: str) -> None:
    with RawServer(_one_article("First")) as first, RawServer(_one_article("Second")) as second:
        targets = [f"http://127.0.0.1:{server.port}/story" for server in (first, second)]
        summary = Broadsheet(str(tmp_path)).crawl(*targets, dead_host)
    assert summary["outcomes"] == {
        "new": 2, "changed": 0, "unchanged": 0, "gone": 0, "failed": 1, "not_article": 0,
    }  # fmt: skip
    assert summary["source"].split() == [*targets, dead_host]


def test_a_site_that_forbids_all_crawling_is_skipped_whole(tmp_path: Path) -> None:
    scripts = {"/robots.txt": robots("Disallow: /"), **_one_article("Forbidden")}
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}/story"
        ended = Broadsheet(str(tmp_path))("crawl", "--allow-private", "--json", url)
        assert [exchange.path for exchange in server.log] == ["/robots.txt"]
    summary = balanced(ended.document)
    assert ended.status == 1, "it came to nothing"
    assert (summary["discovered"], summary["skipped"], summary["fetched"]) == (1, {"robots": 1}, 0)


def _one_article(title: str) -> dict[str, Script]:
    return {"/story": answer(article(title))}


@pytest.fixture
def dead_host() -> Iterator[str]:
    """An address at which nobody listens: its port is taken, so that nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/"
