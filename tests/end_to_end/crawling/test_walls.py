"""Walls and soft 404s: pages served in place of an article make no version, and the archive says what they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page, redirect
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_LOG_IN = (
    "<!DOCTYPE html><html lang='en'><title>The Courier</title><body><h1>Log in to read on</h1>"
    "<p>This report is for our readers with an account. It is free of charge, and takes no longer than a minute.</p>"
    "<form action='/session' method='post'><input type='email' name='mail'><input type='password' name='word'>"
    "<button>Log in</button></form></body></html>"
)
_CONSENT = (
    "<!DOCTYPE html><html lang='en'><title>The Courier</title><body><h1>Before you continue</h1>"
    "<p>We and our 14 partners store cookies on your device, to measure who reads us and to show advertising.</p>"
    "<p>You may withdraw your consent at any time, at the foot of each page, and nothing else changes for you.</p>"
    "<form method='post' action='/choice'><button>Accept all</button><button>Settings</button></form></body></html>"
)
_ORDINARY = (
    "<!DOCTYPE html><html lang='en'><title>The Courier</title><body><h1>Oh dear</h1>"
    "<p>Something went wrong on our side of the harbour. Have a look at the front page, or try the search.</p></body>"
    "</html>"
)
_NOT_FOUND = (
    "<!DOCTYPE html><html lang='en'><title>The Courier</title><meta property='og:type' content='article'><body>"
    "<article><h1>Page not found</h1><p>We have looked in every drawer of the archive, and it was in none of them. "
    "Perhaps the address has a letter too many.</p></article></body></html>"
)
# What each article answers once it is archived, and what the reason must say.
_IN_PLACE = {
    "for-readers": (answer(_LOG_IN), "login wall"),
    "for-the-willing": (answer(_CONSENT), "consent wall"),
    "to-log-in": (redirect("/login?next=/to-log-in"), "login wall"),
    "to-consent": (redirect("/consent?return=/to-consent"), "consent wall"),
    "not-found": (answer(_NOT_FOUND), "page not found"),
    "ordinary": (answer(_ORDINARY), ""),
    "to-another-host": (redirect("http://accounts.invalid/signin?next=/story"), "login wall"),
}


@dataclass(frozen=True)
class Walled:
    """A site that was archived, walled, crawled again, and of which each article was asked for by its URL then."""

    url: str
    crawled: dict[str, Any]
    recrawled: dict[str, dict[str, Any]]
    home: dict[str, Any]
    archive: Archive
    command: Broadsheet


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walled]:
    archive = str(tmp_path_factory.mktemp("walled") / "archive")
    broadsheet = Broadsheet(archive)
    names = [*_IN_PLACE, "to-home"]
    scripts: dict[str, Script] = {f"/{name}": answer(article(f"The story of {name}")) for name in names}
    scripts |= {
        "/": answer(front_page(f"/{name}" for name in names)),
        "/login?next=/to-log-in": answer(_LOG_IN),
        "/consent?return=/to-consent": answer(_CONSENT),
    }
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}"
        broadsheet.crawl(f"{url}/")
        scripts |= {f"/{name}": script for name, (script, _) in _IN_PLACE.items()}
        crawled = broadsheet.crawl(f"{url}/")
        recrawled = {name: broadsheet.recrawl(f"{url}/{name}") for name in _IN_PLACE if name != "to-another-host"}
        scripts["/to-home"] = redirect("/")
        home = broadsheet.recrawl(f"{url}/to-home")
        yield Walled(url, crawled, recrawled, home, Archive.open(archive), broadsheet)


@pytest.mark.parametrize("name", _IN_PLACE)
def test_what_stands_in_place_of_a_known_article_is_no_version_of_it(walled: Walled, name: str) -> None:
    (version,) = walled.archive.versions(f"{walled.url}/{name}")
    assert version.article is not None
    assert version.article.title == f"The story of {name}"


def test_a_crawl_counts_what_stands_in_place_as_no_article_or_failed(walled: Walled) -> None:
    outcomes = walled.crawled["outcomes"]
    assert (outcomes["new"], outcomes["changed"], outcomes["gone"], outcomes["unchanged"]) == (0, 0, 0, 1)
    assert outcomes["not_article"] == len(_IN_PLACE) - 1 + 1, "and the front page"
    assert outcomes["failed"] == 1, "a redirect to the log-in of another host is not followed"


@pytest.mark.parametrize("name", [name for name in _IN_PLACE if name != "to-another-host"])
def test_who_asks_for_the_article_is_told_what_stands_in_its_place(walled: Walled, name: str) -> None:
    answered = walled.recrawled[name]
    assert (answered["outcome"], answered["version"]) == ("failed", None)
    assert _IN_PLACE[name][1] in answered["reason"]


@pytest.mark.parametrize("name", ["for-readers", "for-the-willing", "to-consent", "not-found"])
def test_the_reason_is_stored_with_the_capture(walled: Walled, name: str) -> None:
    looks = walled.archive.looks(f"{walled.url}/{name}")
    assert [look.outcome for look in looks] == ["new", "not_article", "not_article"]
    assert {look.kind for look in looks[1:]} == {"other"}
    assert all((look.reason or "").startswith(_IN_PLACE[name][1]) for look in looks[1:])


def test_people_may_ask_why(walled: Walled) -> None:
    said = walled.command("show", "--capture", f"{walled.url}/for-the-willing").text
    assert "not_article (other)" in said
    assert "why: consent wall" in said


def test_a_redirect_to_the_front_page_is_a_removal(walled: Walled) -> None:
    assert (walled.home["outcome"], walled.home["version"], walled.home["changes"]) == ("gone", 2, ["removed"])


def test_a_front_page_is_found_as_it_was_at_a_moment(walled: Walled) -> None:
    first, second = walled.archive.looks(f"{walled.url}/")
    assert (first.outcome, first.kind, second.mime, second.kind) == ("not_article", "index", "warc/revisit", "index")
    assert list(walled.archive.versions(f"{walled.url}/")) == []
    for when in (first.at, second.at):
        shown = walled.command("show", "--capture", f"{walled.url}/", "--at", when.isoformat(), "--format", "html")
        assert b'href="/ordinary"' in shown.stdout


def test_without_a_version_show_fails_and_names_the_capture(walled: Walled) -> None:
    shown = walled.command("show", f"{walled.url}/")
    assert shown.status == 1
    assert "it was index" in shown.stderr
    assert "show --capture" in shown.stderr
