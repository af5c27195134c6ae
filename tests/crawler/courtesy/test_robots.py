from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from servers.crawl_script import CrawlReport, crawl
from servers.site_server import Answer, SiteServer, site_server

PAGES: dict[str, Answer | list[Answer]] = {
    path: Answer(b"<p>page") for path in ("/no", "/no/but", "/yes", "/yesterday")
}


def rules(*lines: str) -> Answer:
    return Answer("\n".join(("User-agent: *", *lines)).encode())


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": location})


def large() -> bytes:
    """Rules up to just under 500 KiB, one rule there, and one behind 512 KiB, cut through by them."""
    filling = b"User-agent: *\n" + b"Disallow: /a-rule-that-fills-the-file\n" * 13_400
    assert len(filling) < 500 * 1024 < len(filling) + 20_000
    before_the_cut = b"Disallow: /no\n" + b"#" * (512 * 1024 - len(filling) - 29)
    return filling + before_the_cut + b"\nDisallow: /yesterday\n"


SITES: dict[str, dict[str, Answer | list[Answer]]] = {
    "rules": {"/robots.txt": rules("Disallow: /no", "Allow: /no/but")},
    "own rules": {"/robots.txt": Answer(b"User-agent: *\nDisallow: /\n\nUser-agent: broadsheet\nDisallow: /no$\n")},
    "no rules": {"/robots.txt": Answer(b"<html>not what was asked for</html>")},
    **{str(status): {"/robots.txt": Answer(status=status)} for status in (400, 401, 403, 404, 410)},
    **{str(status): {"/robots.txt": Answer(status=status)} for status in (500, 502, 503)},
    "dropped": {"/robots.txt": Answer(drop=True)},
    "late": {"/robots.txt": Answer(b"", hang=2)},
    "at the second try": {"/robots.txt": [Answer(status=503), rules("Disallow: /no")]},
    "endless redirects": {"/robots.txt": redirect("/robots.txt")},
    "redirect to a file": {"/robots.txt": redirect("file:///etc/hostname")},
    "five redirects": {
        "/robots.txt": redirect("/1", 301),
        "/1": redirect("2", 303),
        "/2": redirect("/3", 307),
        "/3": redirect("/4", 308),
        # "/4" leads to another host, whose port is known once it runs.
    },
    "large": {"/robots.txt": Answer(large())},
    "large and coded": {"/robots.txt": Answer(gzip.compress(large()), headers={"Content-Encoding": "gzip"})},
    "bomb": {"/robots.txt": Answer(gzip.compress(bytes(64 * 1024**2)), headers={"Content-Encoding": "gzip"})},
    "odd bytes": {"/robots.txt": Answer(b"\xef\xbb\xbfUser-agent: *\r\n# caf\xe9\rDisallow: /no\r")},
}


@dataclass
class Crawl:
    """One crawl of all sites: what became of their pages."""

    report: CrawlReport
    sites: dict[str, SiteServer]

    def allowed(self, site: str) -> list[str]:
        """The pages that were fetched."""
        url = self.sites[site].url
        return sorted(page.removeprefix(url) for page in self.report.fetched if page.startswith(f"{url}/"))

    def decision(self, site: str) -> Any:
        """What allowed a page, or why it was refused."""
        page = f"{self.sites[site].url}/yes"
        return self.report.refused.get(page) or self.report.fetched[page]["robots_decision"]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[SiteServer]:
    """Where the robots.txt of one site has moved to."""
    with site_server({"/moved/robots.txt": rules("Disallow: /no", "Sitemap: map.xml")}, "127.0.0.2") as site:
        yield site


@pytest.fixture(scope="module")
def crawled(elsewhere: SiteServer) -> Iterator[Crawl]:
    """A crawl of every site above, each page asked for at the same time."""
    with ExitStack() as stack:
        sites = {name: stack.enter_context(site_server(PAGES | answers)) for name, answers in SITES.items()}
        sites["five redirects"].answers["/4"] = redirect(f"{elsewhere.url}/moved/robots.txt")
        with site_server(PAGES) as gone:
            sites["closed port"] = gone
        urls = [site.url + path for site in sites.values() for path in PAGES]
        report = crawl(*urls, sitemaps_of=sites["five redirects"].url, FETCH_DEADLINE=1)
        yield Crawl(report, sites)


def test_what_robots_txt_disallows_is_never_asked_for(crawled: Crawl) -> None:
    assert crawled.allowed("rules") == ["/no/but", "/yes", "/yesterday"]
    assert "/no" not in crawled.sites["rules"].paths()
    refused = f"{crawled.sites['rules'].url}/no"
    assert crawled.report.refused[refused] == "RobotsDisallowed: robots.txt disallows"


def test_every_capture_can_say_what_allowed_it(crawled: Crawl) -> None:
    assert crawled.decision("rules") == "allowed by robots.txt"
    assert crawled.decision("no rules") == "allowed by robots.txt"


def test_rules_for_our_product_token_win_over_those_for_all(crawled: Crawl) -> None:
    assert crawled.allowed("own rules") == ["/no/but", "/yes", "/yesterday"]


def test_robots_txt_is_asked_for_first_and_once(crawled: Crawl) -> None:
    for name in ("rules", "own rules", "404", "large"):
        paths = crawled.sites[name].paths()
        assert paths[0] == "/robots.txt"
        assert paths.count("/robots.txt") == 1


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "410"])
def test_a_robots_txt_that_is_not_there_allows_everything(crawled: Crawl, status: str) -> None:
    assert crawled.allowed(status) == sorted(PAGES)
    assert crawled.decision(status) == f"no robots.txt (HTTP {status})"


@pytest.mark.parametrize(
    ("site", "cause"),
    [
        ("500", "HTTP 500"),
        ("502", "HTTP 502"),
        ("503", "HTTP 503"),
        ("dropped", "no answer"),
        ("late", "timeout"),
        ("closed port", "connection refused"),
        ("bomb", "unreadable"),
        ("redirect to a file", "no answer"),
    ],
)
def test_a_robots_txt_that_cannot_be_had_allows_nothing(crawled: Crawl, site: str, cause: str) -> None:
    assert crawled.allowed(site) == []
    assert crawled.decision(site) == f"RobotsDisallowed: robots.txt unreachable ({cause})"
    assert set(crawled.sites[site].paths()) <= {"/robots.txt"}


def test_a_robots_txt_that_answers_at_the_second_try_is_obeyed(crawled: Crawl) -> None:
    assert crawled.allowed("at the second try") == ["/yes", "/yesterday"]


def test_five_redirects_are_followed_and_the_rules_hold_where_they_began(crawled: Crawl, elsewhere: SiteServer) -> None:
    assert crawled.allowed("five redirects") == ["/yes", "/yesterday"]
    assert crawled.sites["five redirects"].paths()[:5] == ["/robots.txt", "/1", "/2", "/3", "/4"]
    assert elsewhere.paths() == ["/moved/robots.txt"]


def test_the_sitemaps_that_robots_txt_names_are_told(crawled: Crawl, elsewhere: SiteServer) -> None:
    assert crawled.report.sitemaps == [f"{elsewhere.url}/moved/map.xml"]


def test_redirects_without_end_mean_that_there_is_no_robots_txt(crawled: Crawl) -> None:
    assert crawled.decision("endless redirects") == "no robots.txt (HTTP 302)"
    assert crawled.sites["endless redirects"].paths().count("/robots.txt") == 6


@pytest.mark.parametrize("site", ["large", "large and coded"])
def test_five_hundred_kibibytes_are_parsed_and_a_rule_cut_through_is_left_out(crawled: Crawl, site: str) -> None:
    assert crawled.allowed(site) == ["/yes", "/yesterday"]


def test_a_byte_order_mark_old_line_ends_and_latin_1_hide_no_rule(crawled: Crawl) -> None:
    assert crawled.allowed("odd bytes") == ["/yes", "/yesterday"]


def test_of_ever_new_hosts_only_some_rules_are_kept_and_those_of_others_read_again(
    hosts: list[SiteServer],
) -> None:
    first, *others = hosts
    pages = [f"{first.url}/yes", *(f"{other.url}/yes" for other in others), f"{first.url}/no", f"{first.url}/yesterday"]
    report = crawl(*pages, CONCURRENT_REQUESTS=1)
    assert set(report.refused) == {f"{first.url}/no"}
    assert first.paths().count("/robots.txt") == 2
    assert {other.paths().count("/robots.txt") for other in others} == {1}


@pytest.fixture
def hosts() -> Iterator[list[SiteServer]]:
    """Hosts whose robots.txt together are larger than what is kept."""
    with ExitStack() as stack:
        large_ones: dict[str, Answer | list[Answer]] = {**PAGES, "/robots.txt": SITES["large"]["/robots.txt"]}
        yield [stack.enter_context(site_server(large_ones, f"127.0.0.{number}")) for number in range(1, 11)]


def test_a_robots_txt_at_an_address_that_may_not_be_reached_allows_nothing() -> None:
    with site_server(PAGES) as site:
        report = crawl(f"{site.url}/yes", ALLOW_PRIVATE_ADDRESSES=False)
    assert list(report.refused.values()) == ["RobotsDisallowed: robots.txt unreachable (address not public)"]
    assert site.requests == []
