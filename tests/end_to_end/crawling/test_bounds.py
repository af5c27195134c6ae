"""What a crawl fetches where it may not fetch all: the newest, and no more over all the processes that had it."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import Broadsheet, balanced, finish
from end_to_end.pages import OF_THE_SITE, answer, article, front_page, robots
from servers.raw_server import RawServer, Script

_XML = "text/xml"
_OF_EACH = 6


def _dated(kind: str, ages: dict[str, int | None]) -> Script:
    """Return a sitemap or an index of sitemaps, with the age of each address in days."""
    now = datetime.now(UTC)
    element = "sitemap" if kind == "sitemapindex" else "url"
    listed = "".join(
        f"<{element}><loc>{url}</loc>"
        + ("" if age is None else f"<lastmod>{now - timedelta(days=age):%Y-%m-%d}</lastmod>")
        + f"</{element}>"
        for url, age in ages.items()
    )
    return answer(
        f'<?xml version="1.0"?><{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{kind}>',
        content_type=_XML,
    )


def _site(url: str, sitemaps: list[list[int]], *, dated: bool) -> dict[str, Script]:
    """Return a site that lists in each sitemap stories of some ages; the ages name them."""
    maps = {f"{url}/map/{number}": (min(ages) if dated else None) for number, ages in enumerate(sitemaps)}
    scripts = {
        "/robots.txt": robots(f"Sitemap: {url}/index.xml"),
        "/": answer(front_page([])),
        "/index.xml": _dated("sitemapindex", maps),
    }
    for number, ages in enumerate(sitemaps):
        # Those of one take longer than the stories of the others.
        slow = answer(
            _dated("urlset", {f"{url}/story/{age}": age for age in ages}).response.partition(b"\r\n\r\n")[2],
            content_type=_XML,
            seconds=0.2 * number,
        )
        scripts[f"/map/{number}"] = slow
        scripts |= {f"/story/{age}": answer(article(f"Story of {age} days")) for age in ages}
    return scripts


def _stories(server: RawServer) -> set[int]:
    return {int(exchange.path.rpartition("/")[2]) for exchange in server.log if exchange.path.startswith("/story/")}


@pytest.mark.parametrize("index", ["dated", "without dates"])
def test_the_newest_articles_of_all_sitemaps_are_fetched_whichever_lists_them(tmp_path: Path, index: str) -> None:
    ages = random.Random(5).sample(range(1, 3 * _OF_EACH + 1), 3 * _OF_EACH)
    scripts: dict[str, Script] = {}
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}"
        sitemaps = [ages[start : start + _OF_EACH] for start in range(0, len(ages), _OF_EACH)]
        scripts |= _site(url, sitemaps, dated=index == "dated")
        summary = Broadsheet(str(tmp_path)).crawl(f"{url}/", "--max-pages", "11")
    # tdmrep.json, the front page, the index and its three sitemaps are pages too.
    assert _stories(server) == set(range(1, 6))
    assert summary["discovered"] == 5 + len(ages)
    assert summary["skipped"] == {"max_pages": len(ages) - 5}


def test_of_more_sitemaps_than_there_are_pages_the_latest_are_read_and_leave_half_to_articles(tmp_path: Path) -> None:
    scripts: dict[str, Script] = {}
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}"
        scripts |= _site(url, [[40 - number] for number in range(40)], dated=True)
        summary = Broadsheet(str(tmp_path)).crawl(f"{url}/", "--max-pages", "9")
        maps = {exchange.path for exchange in server.log if exchange.path.startswith("/map/")}
    assert maps == {"/map/39", "/map/38", "/map/37"}, "with the index, half of all pages"
    assert _stories(server) == {1, 2, 3}
    assert summary["skipped"] == {"max_pages": 37}


def test_the_bytes_that_a_killed_crawl_has_spent_count_when_it_goes_on(tmp_path: Path) -> None:
    size, most = 20_000, 2_000_000
    scripts = {"/": answer(front_page(f"/story/{number}" for number in range(400)))}
    scripts |= {
        f"/story/{number}": answer(article(f"Story {number}") + f"<!--{'-' * size}-->", seconds=0.2)
        for number in range(400)
    }
    with RawServer(scripts) as server:
        command = ("crawl", "--allow-private", "--json", "--max-bytes", str(most), f"http://127.0.0.1:{server.port}/")
        again = _killed_once(Broadsheet(str(tmp_path)), server, 70, command)
        spent = sum(len(exchange.request) + len(exchange.response) for exchange in server.log)
    assert again["skipped"].keys() == {"max_bytes"}
    # What was in flight at the kill and at the end, and what was not written down yet.
    assert most <= spent < 1.5 * most


def test_the_pages_that_a_killed_crawl_has_asked_for_count_when_it_goes_on(tmp_path: Path) -> None:
    scripts = {"/": answer(front_page(f"/story/{number}" for number in range(80)))}
    scripts |= {f"/story/{number}": answer(article(f"Story {number}"), seconds=0.1) for number in range(80)}
    with RawServer(scripts) as server:
        command = ("crawl", "--allow-private", "--json", "--max-pages", "41", f"http://127.0.0.1:{server.port}/")
        again = _killed_once(Broadsheet(str(tmp_path)), server, 20, command)
        asked = {exchange.path for exchange in server.log if exchange.path not in OF_THE_SITE}
    assert len(asked) == 40
    assert (again["outcomes"]["new"], again["skipped"]) == (39, {"max_pages": 41})


def _killed_once(broadsheet: Broadsheet, server: RawServer, after: int, command: Iterable[str]) -> dict[str, Any]:
    """Run a command, kill it after so many requests, and run it to its end; return what it printed then."""
    with broadsheet.started(*command) as process:
        while len(server.log) < after:
            assert process.poll() is None, finish(process).stderr
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    ended = broadsheet(*command)
    assert ended.status == 0, ended.stderr
    return balanced(ended.document)
