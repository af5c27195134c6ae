"""Several sites in one crawl that show the same articles: each has its own of all of them."""

from __future__ import annotations

from pathlib import Path

from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer, Script


def _site() -> dict[str, Script]:
    stories = [f"/story/{number}" for number in range(30)]
    return {"/": answer(front_page(stories)), **{story: answer(article(f"Agency {story}")) for story in stories}}


def test_articles_that_another_site_of_the_crawl_has_too_are_no_trap(tmp_path: Path) -> None:
    with RawServer(_site()) as one, RawServer(_site()) as other:
        targets = [f"http://127.0.0.1:{server.port}/" for server in (one, other)]
        summary = Broadsheet(str(tmp_path / "archive")).crawl(*targets)

    assert summary["outcomes"]["new"] == 60
    assert summary["skipped"] == {}
