"""One article has one address, whichever ways lead to it."""

from __future__ import annotations

from pathlib import Path

from end_to_end.command import Broadsheet
from end_to_end.pages import OF_THE_SITE, answer, article, front_page, redirect, robots, rss, sitemap
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_STORY = "/news/2026/harbour"
_SESSION = "0123456789abcdef0123456789abcdef"
# What the server shows the article at, or would, were it asked.
_VARIANTS = (
    f"{_STORY}/",
    f"{_STORY}/amp",
    f"{_STORY}/print/",
    f"/amp{_STORY}",
    f"{_STORY}?print=1",
    f"{_STORY}?outputType=amp",
    f"{_STORY}?utm_source=feed&fbclid=x",
    f"{_STORY}#comments",
    f"{_STORY};jsessionid={_SESSION}",
    f"{_STORY}?PHPSESSID={_SESSION}",
)
_CLAIMING = ("/?p=4711", "/shared/harbour-story")


def _story(path: str, canonical: str) -> Script:
    page = article("The harbour story", links=[path])
    return answer(page.replace("<head>", f'<head><link rel="canonical" href="{canonical}">'))


def test_an_article_that_is_reachable_by_every_variant_is_one_article_with_one_version(tmp_path: Path) -> None:
    paper: dict[str, Script] = {}
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        spellings = [*_VARIANTS, *_CLAIMING, "/go/harbour", _STORY]
        paper |= {spelling: _story(spelling, f"{_STORY}?utm_medium=page") for spelling in (*spellings, _STORY)}
        paper["/go/harbour"] = redirect(f"{_STORY}?utm_campaign=short")
        paper["/"] = answer(front_page(spellings, feeds=["/feed"]))
        paper["/robots.txt"] = robots("Sitemap: /sitemap.xml")
        paper["/sitemap.xml"] = answer(sitemap([url + _STORY]), content_type="application/xml")
        paper["/feed"] = answer(rss([f"{url}{_STORY}?utm_source=rss"]), content_type="application/rss+xml")
        summary = Broadsheet(str(tmp_path)).crawl(f"{url}/")
        asked = [exchange.path for exchange in server.log]
        server.log.clear()
        again = Broadsheet(str(tmp_path)).crawl(f"{url}/")
        asked_again = {exchange.path for exchange in server.log}

    assert [snapshot.url for snapshot in Archive.open(str(tmp_path)).snapshots()] == [url + _STORY]
    assert asked.count(_STORY) == 1
    assert set(asked) == {*OF_THE_SITE, "/", "/feed", "/sitemap.xml", "/go/harbour", *_CLAIMING, _STORY}
    assert (summary["outcomes"]["new"], summary["skipped"]["redirected"]) == (1, 1)
    assert asked_again == set(asked) - {*_CLAIMING, "/.well-known/tdmrep.json"}, "what claimed it is known to"
    assert again["skipped"]["variant"] == summary["skipped"]["variant"] + len(_CLAIMING)


def test_a_redirect_to_a_page_that_showed_the_article_of_another_address_does_not_have_it_read_again(
    tmp_path: Path,
) -> None:
    shared, paper = _CLAIMING[1], dict[str, Script]()
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        paper |= {
            "/": answer(front_page([_STORY, "/go/shared", shared])),
            "/go/shared": redirect(shared),
            shared: _story(shared, _STORY),
            _STORY: _story(_STORY, _STORY),
        }
        Broadsheet(str(tmp_path)).crawl(f"{url}/")
        server.log.clear()
        again = Broadsheet(str(tmp_path)).crawl(f"{url}/")
        asked_again = [exchange.path for exchange in server.log]

    assert shared not in asked_again
    assert again["skipped"] == {"redirected": 1, "variant": 1}


def test_a_variant_is_fetched_where_there_is_nothing_at_the_plain_address(tmp_path: Path) -> None:
    paper: dict[str, Script] = {
        "/": answer(front_page(["/only/amp", "/moved/print", "/slashed", "/slashed/"])),
        "/only/amp": answer(article("Only for mobiles")),
        "/moved": redirect("/moved/print"),
        "/moved/print": answer(article("Only in print")),
        "/slashed": redirect("/slashed/"),
        "/slashed/": answer(article("With a slash")),
    }
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        Broadsheet(str(tmp_path)).crawl(f"{url}/")
    held = {snapshot.url.removeprefix(url) for snapshot in Archive.open(str(tmp_path)).snapshots()}
    assert held == {"/only/amp", "/moved", "/slashed/"}


def test_a_claim_that_is_not_borne_out_costs_no_article(tmp_path: Path) -> None:
    claims = {
        "/to-another-site": "http://elsewhere.example/story",
        "/to-the-front-page": "/",
        "/to-nothing": "/nothing-here",
        "/to-a-section": "/section",
        "/to-what-is-forbidden": "/forbidden/story",
        "/to-what-leads-elsewhere": "/leads-elsewhere",
        "/to-each-other": "/each-other",
    }
    paper: dict[str, Script] = {
        path: answer(article(f"At {path}").replace("<head>", f'<head><link rel="canonical" href="{claim}">'))
        for path, claim in (claims | {"/each-other": "/to-each-other"}).items()
    }
    paper |= {
        "/": answer(front_page(claims)),
        "/section": answer(front_page([])),
        "/robots.txt": answer("User-agent: *\nDisallow: /forbidden/", content_type="text/plain"),
        "/leads-elsewhere": redirect("/section"),
    }
    with RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        Broadsheet(str(tmp_path)).crawl(f"{url}/")
    held = {snapshot.url.removeprefix(url) for snapshot in Archive.open(str(tmp_path)).snapshots()}
    assert held == {*claims, "/each-other"} - {"/to-each-other"}
