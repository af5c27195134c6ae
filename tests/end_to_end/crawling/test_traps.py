"""Traps cost a crawl few pages, and none of the articles."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
from end_to_end.command import Broadsheet
from end_to_end.pages import OF_THE_SITE, article, front_page

from broadsheet.storage.archive import Archive

_ARTICLES = 30
_MAX_PAGES = 200
_MOST_REPEATS = 6


class _Paper(Protocol):
    def page(self, target: str) -> str | None: ...


class _TrappedPaper:
    """A newspaper whose every page has new addresses: sessions, calendars, mazes, endless lists."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.asked: list[str] = []

    def page(self, target: str) -> str | None:
        """Return what is at an address, or None where nothing is."""
        self.asked.append(target)
        parts = urlsplit(target)
        path = parts.path.partition(";")[0]
        segments = [segment for segment in path.split("/") if segment]
        match segments:
            case []:
                traps = ["/calendar/2026/01", "/events?month=2026-01", "/maze/a", "/list?page=1", "/find?t=1", "/go/1"]
                return front_page([*traps, *self._with_sessions("/section/0")])
            case ["section", number]:
                stories = [f"/story/{number}{place}" for place in range(_ARTICLES // 3)]
                following = [f"/section/{int(number) + 1}"] if int(number) < 2 else []
                return front_page(self._with_sessions(*stories, *following))
            case ["story", _]:
                return article(f"The story {path}", links=["further/reading", f"{path}?seen={next(self._numbers)}"])
        links = self._links_of_trap(segments, parts.query)
        return front_page(links) if links else None

    def _links_of_trap(self, segments: list[str], query: str) -> list[str]:
        match segments:
            case ["story", "further", *_] | ["maze", *_]:
                return [f"/{'/'.join(segments)}/{word}" for word in ("a1", "b2", "c3", "d4")]
            case ["calendar", year, month, *_]:
                following = [f"/calendar/{int(year) + of}/{month}" for of in range(1, 6)]
                return [*following, *(f"/calendar/{year}/{month}/{day}" for day in range(1, 29))]
            case ["events"]:
                return [f"/events?month={next(self._numbers)}" for _ in range(12)]
            case ["list"]:
                page = int(parse_qs(query)["page"][0])
                return [f"/list?page={page + of}" for of in range(1, 10)]
            case ["find"]:
                return [f"/find?t={next(self._numbers)}&u={next(self._numbers)}" for _ in range(10)]
            case ["go", number]:
                return [f"/go/{int(number) * 7 + of}" for of in range(10)]
        return []

    def _with_sessions(self, *paths: str) -> list[str]:
        number = f"{next(self._numbers):032x}"
        marks = (f";jsessionid={number}", f"?PHPSESSID={number}", f"?sid={number}")
        return [path + mark for path in paths for mark in marks]


class _FilteredPaper:
    """A newspaper with two lists of all stories, ten a page, that can be filtered; filters are parameters or segments.

    What is behind the first page of a list is to be had by its filters alone.
    """

    filters = MappingProxyType(
        {"section": "abcd", "sort": "not", "page": "123", "tag": "xyz", "lang": "ed"},
    )

    def __init__(self) -> None:
        self.asked: list[str] = []

    def page(self, target: str) -> str | None:
        """Return what is at an address, or None where nothing is."""
        self.asked.append(target)
        parts = urlsplit(target)
        match [segment for segment in parts.path.split("/") if segment]:
            case []:
                return front_page(["/news", "/browse"])
            case ["story", _, _]:
                return article(f"The story {parts.path}")
            case ["news"]:
                return self._list("news", {name: values[0] for name, values in parse_qs(parts.query).items()})
            case ["browse", *filters]:
                return self._list("browse", dict(zip(filters[::2], filters[1::2], strict=False)))
        return None

    def _list(self, of: str, chosen: dict[str, str]) -> str:
        links = [f"/story/{of}/{10 * int(chosen.get('page', 1)) + place}" for place in range(10)]
        for name, values in self.filters.items():
            for further in (chosen | {name: value} for value in values):
                pairs = further.items()
                query, path = (sign.join(f"{one}{to}{other}" for one, other in pairs) for sign, to in ("&=", "//"))
                links.append(f"/news?{query}" if of == "news" else f"/browse/{path}")
        return front_page(links)


@contextmanager
def _served(paper: _Paper) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = None if self.path == "/robots.txt" else paper.page(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            data = (body or "not here").encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_crawl_among_traps_finds_every_article_and_ends_within_its_pages(tmp_path: Path) -> None:
    paper = _TrappedPaper()
    with _served(paper) as url:
        summary = Broadsheet(str(tmp_path)).crawl(f"{url}/", "--max-pages", str(_MAX_PAGES))

    expected = {f"{url}/story/{section}{place}" for section in range(3) for place in range(_ARTICLES // 3)}
    held = {snapshot.url for snapshot in Archive.open(str(tmp_path)).snapshots()}
    assert held >= expected
    assert len(held) <= len(expected) + _MOST_REPEATS, "parameters that are new at every look make no articles"
    assert len([target for target in paper.asked if target not in OF_THE_SITE]) <= _MAX_PAGES
    assert summary["skipped"]["trap"] > 0
    assert {alert["kind"] for alert in summary["alerts"]} == {"trap"}
    assert not [target for target in paper.asked if "ess" in target]


def test_lists_with_filters_cost_few_pages_whatever_is_combined_and_none_of_the_articles(tmp_path: Path) -> None:
    paper = _FilteredPaper()
    with _served(paper) as url:
        summary = Broadsheet(str(tmp_path)).crawl(f"{url}/", "--max-pages", "400")

    held = {snapshot.url for snapshot in Archive.open(str(tmp_path)).snapshots()}
    assert held == {f"{url}/story/{of}/{number}" for of in ("news", "browse") for number in range(10, 40)}
    lists = [target for target in paper.asked if target.startswith(("/news", "/browse"))]
    assert len(lists) <= 120, "of thousands of combinations"
    assert summary["skipped"].keys() <= {"trap", "max_depth"}


def _maze(target: str) -> str | None:
    """Return an article that leads to four that nothing else leads to."""
    further = [hashlib.sha256(f"{target}{number}".encode()).hexdigest()[:12] for number in range(4)]
    return article(f"The story {target}", links=[f"/maze/{word}" for word in further])


def _large_site(target: str) -> str | None:
    """Return one of ten thousand articles, which lead to what came before and to what is read most."""
    if target == "/":
        return front_page([f"/story/{number}" for number in range(9_990, 10_000)])
    number = int(target.rpartition("/")[2]) if target.startswith("/story/") else None
    before = None if number is None else [f"/story/{max(0, number - step)}" for step in (1, 2, 3, 50)]
    return None if before is None else article(f"The story {target}", links=[*before, "/story/5000", "/story/7000"])


@pytest.mark.parametrize(("site", "alerts"), [(_maze, {"endless"}), (_large_site, set[str]())])
def test_a_maze_of_ever_new_articles_is_warned_of_when_it_ends_at_the_limit_and_a_large_site_is_not(
    tmp_path: Path, site: Callable[[str], str | None], alerts: set[str]
) -> None:
    asked: list[str] = []

    class Paper:
        def page(self, target: str) -> str | None:
            asked.append(target)
            return None if target in OF_THE_SITE else site(target)

    with _served(Paper()) as url:
        ended = Broadsheet(str(tmp_path))("crawl", "--allow-private", "--json", "--max-pages", "50", f"{url}/")

    assert len([target for target in asked if target != "/robots.txt"]) == 50, "tdmrep.json is one of them"
    assert ended.document["skipped"]["max_pages"] > 0
    assert {alert["kind"] for alert in ended.document["alerts"]} == alerts
    assert ("endless: pages like" in ended.stderr) == bool(alerts)
