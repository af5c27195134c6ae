from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.crawl_script import CrawlReport, crawl
from servers.site_server import Answer, SiteServer, site_server

from broadsheet.crawler.courtesy.breaker import FAILURES_IN_A_ROW, PAUSES, Circuit

PAGES = [f"/page/{number}" for number in range(60)]
PAUSE = 0.5
AT_ONCE = 8


def every(*answers: Answer) -> dict[str, Answer | list[Answer]]:
    return {path: list(answers) for path in PAGES}


class BusyPages(dict[str, Answer | list[Answer]]):
    """The pages of a host that has too much to do at first, and has recovered by when it has been left alone.

    What is on its way then is refused as well, and it has recovered when most of the pause is over.
    """

    def __init__(self) -> None:
        super().__init__(every(Answer(b"page")))
        self._busy_until: float | None = None

    def get(self, path: str, default: Any = None) -> Any:
        if path not in self:
            return default
        if self._busy_until is None:
            self._busy_until = time.monotonic() + 0.8 * PAUSE
        return Answer(status=429) if time.monotonic() < self._busy_until else super().get(path, default)


# Scrapy begins with the last. Each at an address of its own: a circuit is that of a host.
SITES: dict[str, dict[str, Answer | list[Answer]]] = {
    "forbidden": every(Answer(status=403)),
    "broken": every(Answer(status=500)),
    "silent": every(Answer(drop=True)),
    "nothing there": every(Answer(status=404)),
    "one in five": {path: Answer(status=403 if number % 5 else 200) for number, path in enumerate(PAGES)},
    "busy for a while": BusyPages(),
}
ADDRESSES = {name: f"127.0.0.{number}" for number, name in enumerate(SITES, start=31)}
GIVEN_UP = ("forbidden", "broken", "silent")


@pytest.fixture(scope="module")
def crawled() -> Iterator[tuple[CrawlReport, dict[str, SiteServer]]]:
    """A crawl of every site above, all pages wanted at the same time."""
    with ExitStack() as stack:
        sites = {name: stack.enter_context(site_server(SITES[name], ADDRESSES[name])) for name in SITES}
        urls = [site.url + path for path in PAGES for site in sites.values()]
        yield crawl(*urls, PRIVATE_HOST_DELAY=0.01, BREAKER_PAUSE=PAUSE), sites


Crawled = tuple[CrawlReport, dict[str, SiteServer]]


def pages_asked(crawled: Crawled, site: str) -> list[float]:
    return [moment for path, moment in crawled[1][site].requests if path != "/robots.txt"]


@pytest.mark.parametrize("site", GIVEN_UP)
def test_a_host_that_refuses_or_fails_all_the_time_is_given_up_after_three_pauses(crawled: Crawled, site: str) -> None:
    report, sites = crawled
    asked = pages_asked(crawled, site)
    pauses = sum(later - earlier > PAUSE / 2 for earlier, later in pairwise(asked))
    refused = [error for url, error in report.refused.items() if url.startswith(sites[site].url)]

    assert pauses == PAUSES
    assert len(asked) <= FAILURES_IN_A_ROW + PAUSES + (PAUSES + 1) * AT_ONCE, "what was on its way arrives"
    assert any("HostGivenUp" in error for error in refused)
    assert f"{ADDRESSES[site]}: given up for this crawl" in report.log


@pytest.mark.parametrize("site", [name for name in SITES if name not in GIVEN_UP])
def test_a_host_that_serves_some_pages_is_asked_for_all(crawled: Crawled, site: str) -> None:
    report, sites = crawled

    assert {url for url in report.fetched if url.startswith(sites[site].url)} == {sites[site].url + p for p in PAGES}
    assert f"{ADDRESSES[site]}: given up" not in report.log


def test_a_host_that_says_once_that_it_is_asked_too_often_is_left_alone_for_a_while(crawled: Crawled) -> None:
    asked = pages_asked(crawled, "busy for a while")

    assert f"{ADDRESSES['busy for a while']}: left alone for {PAUSE} s, it says" in crawled[0].log
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert max(gaps) > PAUSE / 2
    # One was refused; what was on its way by then arrives.
    assert next(number for number, gap in enumerate(gaps, 1) if gap > PAUSE / 2) <= AT_ONCE < FAILURES_IN_A_ROW


@given(st.lists(st.booleans(), max_size=200))
def test_pauses_grow_and_a_page_that_is_served_forgives_all(served: list[bool]) -> None:
    circuit = Circuit(30.0)
    pauses: list[float] = []
    in_a_row = 0
    for success in served:
        in_a_row = 0 if success else in_a_row + 1
        if success:
            circuit.served()
            pauses.clear()
        elif (pause := circuit.failed()) is not None:
            assert in_a_row >= FAILURES_IN_A_ROW
            pauses.append(pause)
        assert circuit.given_up == (len(pauses) > PAUSES)
        assert pauses == sorted(pauses)
