"""A crawl says what it came to as a whole: a site that is away is no crawl that finished."""

from __future__ import annotations

from pathlib import Path

from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer

_AWAY = answer("no", status="503 Service Unavailable")


def test_a_crawl_of_a_site_that_only_refuses_has_failed_and_says_why_at_last(tmp_path: Path) -> None:
    paper = {"/robots.txt": _AWAY, "/": _AWAY}
    with RawServer(paper) as site:
        url = f"http://127.0.0.1:{site.port}/"
        broadsheet = Broadsheet(str(tmp_path / "archive"))
        ended = broadsheet("crawl", "--json", "--allow-private", url)
        asked = len(site.log)
        again = broadsheet("crawl", "--json", "--allow-private", "--due", url)
        left_alone = site.log[asked:]
        paper |= {"/robots.txt": answer(""), "/": answer(front_page([]))}
        broadsheet("crawl", "--json", "--allow-private", url)
        back = {exchange.path for exchange in site.log}

    assert ended.status == 1
    assert (ended.document["outcome"], ended.document["skipped"]) == ("failed", {"robots": 1})
    assert (again.status, again.document["outcome"]) == (1, "failed"), "its home page is not due yet"
    assert again.document["skipped"] == {"not_due": 1}
    until = again.document["put_off_until"][:19].replace("T", " ")
    said = f"{url}: no page came: still failing: {url} failed the last time; it is asked for again at {until} UTC"
    assert again.stderr.splitlines()[-1] == said
    assert left_alone == [], "who is left alone is not asked for robots.txt either"
    assert "/feed" in back, "where its listings lie is guessed once it is there"
    why = "robots.txt unreachable (HTTP 503)"
    assert ended.stderr.splitlines()[-1] == f"{url}: no page came: {why}"


def test_a_crawl_of_which_more_failed_than_came_is_partial_and_no_failure(tmp_path: Path) -> None:
    paper = {"/": answer(front_page(["/a", "/b", "/c", "/d"])), "/a": answer(article("A"))}
    with RawServer(paper) as site:
        url = f"http://127.0.0.1:{site.port}/"
        ended = Broadsheet(str(tmp_path / "archive"))("crawl", "--json", "--allow-private", url)

    assert (ended.status, ended.document["outcomes"]["failed"]) == (0, 3)
    assert ended.document["outcome"] == "partial"
