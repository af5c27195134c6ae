from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.crawl_script import CrawlReport, crawl
from servers.site_server import Answer, SiteServer, site_server

from broadsheet.crawler.courtesy.delays import seconds_to_wait
from broadsheet.crawler.courtesy.pace import HostPace

NOW = datetime(2016, 6, 10, 9, 12, tzinfo=UTC)
DELAY = 0.3
# A request that is brought sooner than the one before it is not early: the mean gap shows the delay, and one request
# that kept none. So much the first may have been brought later than the last, for each gap.
NETWORK = 0.06
PAGES: dict[str, Answer | list[Answer]] = {f"/page/{number}": Answer(b"<p>page") for number in range(3)}


def busy(status: int, seconds: str) -> list[Answer]:
    return [Answer(status=status, headers={"Retry-After": seconds}), Answer(b"")]


def crawl_delay(seconds: float) -> dict[str, Answer | list[Answer]]:
    return {"/robots.txt": Answer(f"User-agent: *\nCrawl-delay: {seconds}\nDisallow:".encode())}


# Each at an address of its own: the delay is that of a host.
SITES: dict[str, dict[str, Answer | list[Answer]]] = {
    "plain": {},
    "slow": crawl_delay(0.6),
    "quick": crawl_delay(0.1),
    "over the cap": crawl_delay(86400),
    "429": {"/page/0": busy(429, "1")},
    "503": {"/page/0": busy(503, "1")},
    "away for a day": {"/page/0": busy(503, "86400")},
    "slow to answer": {path: Answer(b"<p>page", hang=0.5) for path in PAGES},
    "busy robots.txt": {"/robots.txt": busy(503, "1")},
}
ADDRESSES = {name: f"127.0.0.{number}" for number, name in enumerate(SITES, start=11)}


@dataclass
class Crawl:
    """One crawl of all sites."""

    report: CrawlReport
    sites: dict[str, SiteServer]

    def gaps(self, site: str) -> list[float]:
        """Seconds between each request to a site and the one before it."""
        return [later - earlier for earlier, later in pairwise(self.times(site))]

    def times(self, site: str) -> list[float]:
        """When a site was asked for anything."""
        return [moment for _, moment in self.sites[site].requests]


@pytest.fixture(scope="module")
def crawled() -> Iterator[Crawl]:
    """A crawl of every site above, all pages wanted at the same time."""
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(site_server(PAGES | answers, ADDRESSES[name])) for name, answers in SITES.items()
        }
        report = crawl(
            *(site.url + path for path in PAGES for site in sites.values()),
            DOWNLOAD_DELAY=60,
            PRIVATE_HOST_DELAY=DELAY,
            CRAWL_DELAY_CAP=0.7,
            RETRY_AFTER_CAP=1.2,
        )
        yield Crawl(report, sites)


def test_every_page_is_fetched_in_the_end(crawled: Crawl) -> None:
    assert [page["status"] for page in crawled.report.fetched.values()] == [200] * len(SITES) * len(PAGES)


@pytest.mark.parametrize("site", SITES)
def test_requests_to_a_host_are_a_delay_apart_robots_txt_included(crawled: Crawl, site: str) -> None:
    assert len(crawled.times(site)) > len(PAGES)
    assert mean(crawled.gaps(site)) >= DELAY - NETWORK


def test_hosts_do_not_wait_for_each_other(crawled: Crawl) -> None:
    for one in SITES:
        assert crawled.times(one)[0] < min(crawled.times(other)[-1] for other in SITES)


def test_crawl_delay_makes_a_host_slower_than_its_delay(crawled: Crawl) -> None:
    assert mean(crawled.gaps("slow")) >= 0.6 - NETWORK
    assert f"{ADDRESSES['slow']}: Crawl-delay of 0.6 s" in crawled.report.log


def test_a_host_that_is_slow_to_answer_is_asked_less_often(crawled: Crawl) -> None:
    first, second, third, *_ = [moment for path, moment in crawled.sites["slow to answer"].requests if path in PAGES]

    assert third - first > 2 * DELAY + 0.1, "it has answered the first after half a second"
    assert second - first < third - second


def test_a_crawl_delay_over_the_cap_is_cut_and_the_log_says_so(crawled: Crawl) -> None:
    # Slower than the delay alone in the end; how long the network takes for each request is no matter here.
    times = crawled.times("over the cap")
    assert times[-1] - times[0] > (len(times) - 1) * (DELAY + 0.7) / 2
    expected = f"{ADDRESSES['over the cap']}: Crawl-delay of 86400 s cut to 0.7 s (CRAWL_DELAY_CAP)"
    assert crawled.report.log.count(expected) == 1


@pytest.mark.parametrize("site", ["429", "503"])
def test_after_a_retry_after_the_whole_host_is_left_alone(crawled: Crawl, site: str) -> None:
    paths = crawled.sites[site].paths()
    assert paths.count("/page/0") == 2
    assert crawled.gaps(site)[paths.index("/page/0")] >= 1 - NETWORK
    assert f"{ADDRESSES[site]}: asked to be left alone for 1 s (Retry-After)" in crawled.report.log


def test_a_retry_after_over_the_cap_is_cut_and_the_log_says_so(crawled: Crawl) -> None:
    assert max(crawled.gaps("away for a day")) >= 1.2 - NETWORK
    expected = f"{ADDRESSES['away for a day']}: Retry-After of 86400 s cut to 1.2 s (RETRY_AFTER_CAP)"
    assert expected in crawled.report.log


def test_a_retry_after_on_robots_txt_is_waited_for_too(crawled: Crawl) -> None:
    assert crawled.sites["busy robots.txt"].paths()[:2] == ["/robots.txt", "/robots.txt"]
    assert crawled.gaps("busy robots.txt")[0] >= 1 - NETWORK


def test_a_host_at_an_address_that_is_not_public_has_no_delay_but_what_it_asks_for(tmp_path: Path) -> None:
    moved = Answer(status=301, headers={"Location": "/new.txt"})
    feed = Answer(b"<rss><item><link>/a</link></item></rss>", headers={"Content-Type": "text/xml"})
    with (
        site_server({"/feed": feed, "/other": feed}) as named,
        site_server({"/robots.txt": busy(503, "1"), "/feed": feed}, "127.0.0.9") as asking,
        site_server(crawl_delay(1) | {"/feed": feed}, "127.0.0.10") as delayed,
        site_server({"/robots.txt": moved, "/new.txt": Answer(b""), "/feed": feed}, "127.0.0.8") as remembered,
    ):
        turns = HostPace(tmp_path, "127.0.0.8", believed=1000)
        turns.note_stated(1)
        # Until it has answered, a name may be anybody's: the first answer ends the long delay.
        url = named.url.replace("127.0.0.1", "localhost")
        report = crawl(
            f"{url}/feed",
            f"{url}/other",
            *(f"{site.url}/feed" for site in (asking, delayed, remembered)),
            DOWNLOAD_DELAY=50,
            read=True,
            PACE_DIRECTORY=str(tmp_path),
        )
    first, second, *_ = (moment for _, moment in asking.requests)
    assert second - first >= 1 - NETWORK
    (_, robots), (path, page) = delayed.requests
    assert path == "/feed"
    assert page - robots >= 1 - NETWORK, "a Crawl-delay counts from the request that brought it"
    first, second, *_ = (moment for _, moment in remembered.requests)
    assert second - first >= 1 - NETWORK, "what robots.txt asked for the last time holds until it is read"
    assert turns.stated() == 0
    # Pages are read in child processes of the Scrapy process, as in a crawl.
    assert {page["kind"] for page in report.fetched.values()} == {"feed"}
    assert len(report.fetched) == 5
    assert report.reader_processes >= 1


def test_no_host_has_more_requests_at_a_time_than_it_may_even_without_a_delay() -> None:
    pages: dict[str, Answer | list[Answer]] = {f"/{number}": Answer(b"x", hang=0.4) for number in range(6)}
    with site_server(pages) as site:
        crawl(*(site.url + path for path in pages), CONCURRENT_REQUESTS_PER_DOMAIN=2)
    moments = [moment for path, moment in site.requests if path != "/robots.txt"]
    for earlier, later in zip(moments, moments[2:], strict=False):
        assert later - earlier >= 0.4 - NETWORK


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 10 Jun 2016 09:12:30 GMT", 30),
        ("Friday, 10-Jun-16 09:12:30 GMT", 30),
        ("Fri, 10 Jun 2016 09:12:30", 30),
        ("Fri, 10 Jun 2016 09:00:00 GMT", 0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("\u0664", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert seconds_to_wait(value, now=NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_none(value: str) -> None:
    seconds = seconds_to_wait(value, now=NOW)
    assert seconds is None or seconds >= 0


@given(st.integers(min_value=0, max_value=10**6))
def test_a_date_asks_for_the_time_until_then(seconds: int) -> None:
    then = (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert seconds_to_wait(then, now=NOW) == seconds
