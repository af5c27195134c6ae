"""What a source says of its crawls is done; what is configured wrongly ends a command with 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page, robots, rss, sitemap
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive


def test_a_source_is_crawled_from_its_sections_and_listings_for_what_its_patterns_let_in(tmp_path: Path) -> None:
    paper: dict[str, Script] = {
        "/": answer(front_page(["/news/linked", "/about", "/print/linked"])),
        "/sport": answer(front_page(["/news/of-sport", "/news/live/of-sport"])),
        "/unlinked": answer(front_page(["/news/never-met"])),
        "/robots.txt": robots("Sitemap: /unasked.xml"),
        "/unasked.xml": answer(sitemap([]), content_type="application/xml"),
        **{f"/news/{name}": answer(article(name)) for name in ("linked", "of-sport", "in-feed", "never-met")},
    }
    feed: dict[str, Script] = {}
    with RawServer(feed) as elsewhere, RawServer(paper) as server:
        url = f"http://127.0.0.1:{server.port}"
        feed["/rss"] = answer(rss([f"{url}/news/in-feed"]), content_type="application/rss+xml")
        (tmp_path / "broadsheet.toml").write_text(
            f"""
            contact = "desk@archive.example"
            [sources.courier]
            home = "{url}/"
            sections = ["{url}/sport"]
            feeds = ["http://127.0.0.1:{elsewhere.port}/rss"]
            sitemaps = []
            include = ["/news/*", "/print/*"]
            exclude = ["*/live/*", "{url}/print/*"]
            contact = "courier-desk@archive.example"
            """
        )
        ended = Broadsheet(str(tmp_path / "archive")).run(
            *("--archive", "archive", "crawl", "courier", "--allow-private", "--json"), cwd=tmp_path
        )
        assert ended.status == 0, ended.stderr
        asked = {exchange.path for exchange in server.log}
        agents = {line for exchange in server.log for line in exchange.request.split(b"\r\n") if b"User-Agent" in line}
    held = {snapshot.url for snapshot in Archive.open(str(tmp_path / "archive")).snapshots()}
    assert held == {f"{url}/news/{name}" for name in ("linked", "of-sport", "in-feed")}
    assert ended.document["skipped"] == {"excluded": 3}
    assert "/unasked.xml" not in asked
    (agent,) = agents
    assert b"courier-desk@archive.example" in agent


@pytest.mark.parametrize(
    "environment",
    [
        {"BROADSHEET_FRONTIER": "nonsense"},
        {"BROADSHEET_FRONTIER": "mysql://user@host/name"},
        {"BROADSHEET_CONTACT": "me"},
        {"BROADSHEET_PROXY": "ftp://proxy.example"},
        {"BROADSHEET_SPOOL_LIMIT": "much"},
        {"BROADSHEET_CONFIG": "nowhere.toml"},
    ],
    ids=lambda environment: "=".join(*environment.items()),
)
def test_what_is_configured_wrongly_ends_a_crawl_with_2(tmp_path: Path, environment: dict[str, str]) -> None:
    ended = Broadsheet(str(tmp_path / "archive"), environment)("crawl", "--allow-private", "http://127.0.0.1:9/")
    assert (ended.status, ended.stdout) == (2, b""), ended.stderr
    ((name, value),) = environment.items()
    assert name in ended.stderr or value in ended.stderr
    assert "Traceback" not in ended.stderr
