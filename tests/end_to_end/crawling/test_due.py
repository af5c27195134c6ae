"""A scheduled crawl looks again at what is due, within its budget, and at whatever is new."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from end_to_end import scheduled
from end_to_end.command import Broadsheet, balanced
from end_to_end.pages import answer, article, front_page, robots
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_STORIES = [f"/story/{number}" for number in range(3)]
_A_MONTH = str(30 * 86400)
_AT_ONCE = "0"


def _site() -> dict[str, Script]:
    stories = {path: answer(article(f"Story {path}")) for path in _STORIES}
    return {"/robots.txt": robots(), "/": answer(front_page(_STORIES)), **stories}


class _Service:
    """Crawls a site again and again, as the service does."""

    def __init__(self, archive: Path, server: RawServer) -> None:
        self.command = Broadsheet(str(archive), program=(sys.executable, str(scheduled.__file__)))
        self._server = server
        self.url = f"http://127.0.0.1:{server.port}/"

    def crawl(self, seconds: str, *budget: str) -> tuple[dict[str, Any], Counter[str]]:
        """Crawl what is due; return the summary, and how often each path was asked for."""
        before = len(self._server.log)
        ended = self.command(self.url, seconds, *budget)
        assert ended.status == 0, ended.stderr
        asked = Counter(exchange.path for exchange in self._server.log[before:])
        return balanced(ended.document), asked


def test_what_is_due_is_looked_at_again_and_what_is_new_is_found(tmp_path: Path) -> None:
    site = _site()
    with RawServer(site) as server:
        service = _Service(tmp_path, server)
        service.crawl(_AT_ONCE)
        site["/story/0"] = answer(article("Story /story/0", text="It was not so. " * 40))
        site["/story/new"] = answer(article("New"))
        site["/"] = answer(front_page([*_STORIES[1:], "/story/new"]))
        summary, asked = service.crawl(_A_MONTH)
        assert {name: count for name, count in summary["outcomes"].items() if count} == {
            "changed": 1,
            "new": 1,
            "not_article": 1,
            "unchanged": 2,
        }
        assert asked["/story/0"] == 1, "nothing links to it any more, and it is due"
        nothing, asked = service.crawl(_A_MONTH)
        assert (nothing["outcome"], asked, nothing["segments"]) == ("idle", {}, []), "nothing is due"


def test_a_removal_is_a_version_at_once_and_looked_at_once_more(tmp_path: Path) -> None:
    site = _site()
    with RawServer(site) as server:
        service = _Service(tmp_path, server)
        service.crawl(_AT_ONCE)
        site["/story/0"] = answer("gone", status="410 Gone")
        assert service.crawl(_AT_ONCE)[0]["outcomes"]["gone"] == 1
        summary, asked = service.crawl(_AT_ONCE)
    assert asked["/story/0"] == 1
    assert summary["outcomes"]["unchanged"] == len(_STORIES)
    latest = Archive.open(str(tmp_path)).latest(f"{service.url}story/0")
    assert latest is not None
    assert latest.state == "gone"


def test_what_is_not_due_is_passed_over_and_a_budget_holds_where_the_frontier_is_lost(tmp_path: Path) -> None:
    with RawServer(_site()) as server:
        service = _Service(tmp_path, server)
        first, asked = service.crawl(_A_MONTH)
        assert first["outcomes"]["new"] == len(_STORIES)
        assert asked["/"] == 1
        second, asked = service.crawl(_A_MONTH)
        assert set(asked) <= {"/robots.txt"}
        assert second["skipped"] == {"not_due": 1}
        for file in (tmp_path / ".local").glob("frontier.sqlite*"):
            file.unlink()
        third, asked = service.crawl(_A_MONTH, "2")
    assert asked["/"] == 1, "the front page is no article, so that nothing says it was looked at"
    assert sum(asked[path] for path in _STORIES) == 2
    assert third["skipped"] == {"over_budget": 1}


def test_a_crawl_by_hand_looks_at_everything_and_teaches_the_schedule(tmp_path: Path) -> None:
    with RawServer(_site()) as server:
        service = _Service(tmp_path, server)
        by_hand = Broadsheet(str(tmp_path))
        by_hand.crawl(service.url)
        assert by_hand.crawl(service.url)["outcomes"]["unchanged"] == len(_STORIES)
        summary, asked = service.crawl(_AT_ONCE, "1")
    assert set(asked) <= {"/robots.txt"}
    assert summary["skipped"] == {"not_due": 1}, "it is known from the crawls by hand"
