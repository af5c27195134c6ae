"""A source whose pages need JavaScript: a real Chromium shows them, and the archive has what it made of them."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import Broadsheet, finish
from end_to_end.pages import answer, dropped, made_up_text
from servers.raw_server import RawServer, Script

from broadsheet.crawler.rendering.browser import find_browser
from broadsheet.storage.archive import Archive
from broadsheet.storage.segments import warc

_SHELL = '<!DOCTYPE html><html><head><title>…</title></head><body><div id="app"></div><script src="/app.js"></script>'
_SCRIPT = """
(async () => {
  const story = await (await fetch("/api" + location.pathname)).json();
  const app = document.getElementById("app");
  document.title = story.title;
  for (const link of story.links) app.innerHTML += `<h2><a href="${link}">A story of the day</a></h2>`;
  if (!story.links.length) {
    const markup = document.createElement("script");
    markup.type = "application/ld+json";
    markup.textContent = JSON.stringify({"@type": "NewsArticle", headline: story.title, datePublished: story.date});
    document.head.append(markup);
    const paragraphs = story.text.split("\\n").map(text => `<p>${text}</p>`).join("");
    app.innerHTML = `<article><h1>${story.title}</h1>${paragraphs}</article>`;
  }
  localStorage.setItem("visits", 1 + Number(localStorage.getItem("visits") || 0));
  document.body.dataset.visits = localStorage.getItem("visits");
  fetch("/api/told", {method: "POST"}).catch(() => 0);
  fetch("/forbidden/data.json").catch(() => 0);
  try { new WebSocket("ws://" + location.host + "/socket"); } catch (error) {}
})()
"""


# The command, with segments that are full with their first capture.
_A_SEGMENT_A_CAPTURE = """
from broadsheet.crawler.capturing import open_segment
open_segment.SEGMENT_CAPTURES = 1
from broadsheet.scheduler.cli import main
main()
"""


@pytest.fixture(autouse=True)
def _chromium() -> None:
    """Where no Chromium is installed, these tests are skipped."""
    if find_browser() is None:
        pytest.skip("Chromium is not installed")


def _scripts() -> dict[str, Script]:
    return {
        "/robots.txt": answer("User-agent: *\nDisallow: /forbidden/\n", content_type="text/plain"),
        "/": answer(_SHELL),
        "/story": answer(_SHELL),
        "/app.js": answer(_SCRIPT, content_type="text/javascript"),
        "/api/": _told(title="The front", links=["/story"]),
        "/api/story": _told(title="Ferry delayed again", text=made_up_text("ferry")),
    }


@pytest.fixture
def scripts() -> dict[str, Script]:
    """What the site of a test answers."""
    return _scripts()


@pytest.fixture
def site(scripts: dict[str, Script]) -> Iterator[RawServer]:
    """The site of a test."""
    with RawServer(scripts) as server:
        yield server


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broadsheet, RawServer]]:
    """An archive of the site after one crawl, for those that only look at it."""
    if find_browser() is None:
        pytest.skip("Chromium is not installed")
    directory = tmp_path_factory.mktemp("crawled")
    archive = Broadsheet(str(directory / "archive"))
    with RawServer(_scripts()) as server:
        assert _crawl(archive, directory, server)["outcomes"]["new"] == 1
        yield archive, server


def _told(*, title: str, text: str = "", links: list[str] | None = None) -> Script:
    story = {"title": title, "text": text, "links": links or [], "date": "2025-05-06T07:08:09+02:00"}
    return answer(json.dumps(story), content_type="application/json")


def _crawl(archive: Broadsheet, tmp_path: Path, site: RawServer) -> dict[str, Any]:
    sources = tmp_path / "sources.toml"
    sources.write_text(f'[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nrender = true\n')
    return archive.crawl("paper", "--config", str(sources))


def _records(archive: Broadsheet) -> list[warc.WarcRecord]:
    segments = sorted(Path(archive.archive, "warc").rglob("*.warc.gz"))
    return [record for segment in segments for _, _, record in warc.iterate(segment)]


def test_an_article_that_scripts_make_is_read_as_a_browser_shows_it(
    crawled: tuple[Broadsheet, RawServer],
) -> None:
    archive, site = crawled
    url = f"http://127.0.0.1:{site.port}/story"

    snapshot = Archive.open(archive.archive).latest(url)
    assert snapshot is not None
    assert snapshot.article is not None
    assert snapshot.article.title == "Ferry delayed again"
    assert made_up_text("ferry").split("\n")[3] in (snapshot.article.text or "")
    assert snapshot.article.published is not None
    assert snapshot.article.published.value == "2025-05-06T07:08:09+02:00"
    assert b"<article>" not in Archive.open(archive.archive).response(snapshot)
    (made,) = [r for r in _records(archive) if r.type == "conversion" and r.field("WARC-Target-URI") == url]
    assert made.field("WARC-Refers-To") == f"<{snapshot.warc.record_id}>"
    assert b"<h1>Ferry delayed again</h1>" in made.block
    assert archive("show", url, "--format", "html").stdout == made.block
    assert archive("verify", "--deep").status == 0


def test_whatever_a_page_asks_for_is_fetched_by_the_crawl_and_recorded(
    crawled: tuple[Broadsheet, RawServer],
) -> None:
    archive, site = crawled
    asked = [exchange.path for exchange in site.log]
    assert asked.count("/app.js") == 1, "a script is fetched once for all pages"
    assert asked.count("/story") == 1, "the browser gets the page as it was captured"
    assert {"/api/", "/api/story"} <= set(asked)
    assert not {"/forbidden/data.json", "/api/told", "/socket"} & set(asked)
    assert all(b"User-Agent: Broadsheet/" in exchange.request for exchange in site.log)
    recorded = {r.field("WARC-Target-URI") for r in _records(archive) if r.type == "response"}
    assert {f"http://127.0.0.1:{site.port}{path}" for path in ("/app.js", "/api/story")} <= recorded


def test_no_page_finds_anything_that_another_one_left_in_the_browser(
    crawled: tuple[Broadsheet, RawServer],
) -> None:
    archive, _ = crawled
    made = [record.block for record in _records(archive) if record.type == "conversion"]
    assert [b'data-visits="1"' in block for block in made] == [True, True]


def test_an_edit_behind_an_unchanged_page_is_a_version(
    tmp_path: Path, site: RawServer, scripts: dict[str, Script]
) -> None:
    archive = Broadsheet(str(tmp_path / "archive"))
    _crawl(archive, tmp_path, site)
    unchanged = _crawl(archive, tmp_path, site)
    scripts["/api/story"] = _told(title="Ferry runs again", text=made_up_text("ferry"))

    changed = _crawl(archive, tmp_path, site)

    assert (unchanged["outcomes"]["unchanged"], unchanged["outcomes"]["changed"]) == (1, 0)
    assert changed["outcomes"]["changed"] == 1
    versions = Archive.open(archive.archive).versions(f"http://127.0.0.1:{site.port}/story")
    assert [version.changes for version in versions][1:] == [["headline"]]


def test_snapshots_are_made_anew_from_what_the_browser_made(tmp_path: Path, site: RawServer) -> None:
    archive = Broadsheet(str(tmp_path / "archive"))
    _crawl(archive, tmp_path, site)
    folder = tmp_path / "archive"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".local" not in path.parts}
    for name in ("snapshot", "index", "manifest"):
        shutil.rmtree(folder / name)

    assert archive("recover").status == 0

    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".local" not in path.parts}
    assert after == before
    reread = archive("reextract", "--all", "--json").document
    assert (reread["versions"], reread["same"]) == (1, 1)


def test_a_takedown_takes_what_the_page_was_made_of_as_well(tmp_path: Path, site: RawServer) -> None:
    archive = Broadsheet(str(tmp_path / "archive"))
    _crawl(archive, tmp_path, site)

    ended = archive("forget", f"http://127.0.0.1:{site.port}/story", "--reason", "court order")

    assert ended.status == 0
    assert not [record for record in _records(archive) if b"Ferry delayed" in record.block]
    assert [record for record in _records(archive) if record.type == "conversion"], "the front page stays"
    assert archive("verify", "--deep").status == 0


def test_a_page_that_never_comes_to_rest_holds_no_crawl_up_that_is_stopped_and_is_shown_again_by_the_next(
    tmp_path: Path, site: RawServer, scripts: dict[str, Script]
) -> None:
    scripts["/app.js"] = answer("for (;;) {}", content_type="text/javascript")
    archive = Broadsheet(str(tmp_path / "archive"))
    sources = tmp_path / "sources.toml"
    sources.write_text(f'[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nrender = true\n')

    with archive.started("crawl", "paper", "--config", str(sources), "--allow-private", "--json") as process:
        while not site.exchanges("/app.js"):
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        ended = finish(process)

    assert ended.status == 130
    # Where there was no time to read it without a browser, it waits in the spool.
    assert archive("recover").status == 0
    assert [r for r in _records(archive) if r.field("WARC-Target-URI") == f"http://127.0.0.1:{site.port}/"]

    scripts["/app.js"] = answer(_SCRIPT, content_type="text/javascript")
    assert archive.crawl("paper", "--config", str(sources))["outcomes"]["new"] == 1, "it is shown again, and followed"


def test_of_a_page_that_its_publisher_reserves_nothing_that_its_scripts_fetched_is_archived(
    tmp_path: Path, site: RawServer, scripts: dict[str, Script]
) -> None:
    scripts["/story"] = answer(_SHELL.replace("<title>", '<meta name="robots" content="noarchive"><title>'))
    archive = Broadsheet(str(tmp_path / "archive"))
    sources = tmp_path / "sources.toml"
    sources.write_text(
        f'[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nrender = true\nobey = ["noarchive"]\n'
    )

    summary = archive.crawl("paper", "--config", str(sources))

    assert summary["skipped"]["opted_out"] == 1
    assert site.exchanges("/api/story"), "it was shown, for its links"
    assert not [record for record in _records(archive) if b"Ferry delayed" in record.block]
    assert [record for record in _records(archive) if b"The front" in record.block], "the front page stays"
    assert archive("verify", "--deep").status == 0


def test_what_the_scripts_of_a_reserved_page_fetched_is_not_archived_in_a_later_segment_either(
    tmp_path: Path, site: RawServer, scripts: dict[str, Script]
) -> None:
    scripts["/story"] = answer(_SHELL.replace("<title>", '<meta name="robots" content="noarchive"><title>'))
    scripts["/app.js"] = answer(_SCRIPT + 'fetch("/in-vain");', content_type="text/javascript")
    scripts["/in-vain"] = dropped()
    archive = Broadsheet(str(tmp_path / "archive"), program=(sys.executable, "-c", _A_SEGMENT_A_CAPTURE))
    sources = tmp_path / "sources.toml"
    sources.write_text(
        f'[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nrender = true\nobey = ["noarchive"]\n'
    )

    summary = archive.crawl("paper", "--config", str(sources))

    assert len(summary["segments"]) > 2
    assert site.exchanges("/api/story")
    assert site.exchanges("/in-vain")
    left = [record.block for record in _records(archive)]
    assert not [block for block in left if b"Ferry delayed" in block or b"/api/story" in block]
    assert [block for block in left if b"/in-vain" in block], "of the front page"
    assert not [block for block in left if f"via: http://127.0.0.1:{site.port}/story".encode() in block]
    assert archive("verify", "--deep").status == 0


def test_what_the_browser_asked_for_is_not_fetched_again_with_the_pictures_unless_it_was_kept_out(
    tmp_path: Path, site: RawServer, scripts: dict[str, Script]
) -> None:
    shell = _SHELL.replace("<title>", '<link rel="stylesheet" href="/style.css"><title>') + '<img src="/photo.png">'
    shared = shell + '<script src="/shared.js"></script>'
    scripts["/api/"] = _told(title="The front", links=["/reserved", "/story"])
    scripts |= {
        "/": answer(shell),
        "/story": answer(shared),
        "/reserved": answer(shared.replace("<title>", '<meta name="robots" content="noarchive"><title>')),
        "/api/reserved": _told(title="Not to be kept", text=made_up_text("reserved")),
        "/style.css": answer("main { background: url(back.png) }", content_type="text/css"),
        "/shared.js": answer("document.title", content_type="text/javascript"),
        **{f"/{name}.png": answer(b"PNG", content_type="image/png") for name in ("photo", "back")},
    }
    archive, sources = Broadsheet(str(tmp_path / "archive")), tmp_path / "sources.toml"
    sources.write_text(
        f'[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\n'
        'render = true\nrequisites = true\nobey = ["noarchive"]\n'
    )

    summary = archive.crawl("paper", "--config", str(sources))

    asked = [exchange.path for exchange in site.log]
    assert summary["skipped"]["opted_out"] == 1
    assert {path: asked.count(path) for path in ("/app.js", "/style.css", "/photo.png", "/back.png")} == {
        "/app.js": 1,
        "/style.css": 1,
        "/photo.png": 1,
        "/back.png": 1,
    }
    archived = [record.field("WARC-Target-URI") for record in _records(archive) if record.type == "response"]
    assert archived.count(f"http://127.0.0.1:{site.port}/shared.js") == 1, "it was fetched for the other page, too"
    assert asked.count("/shared.js") <= 2
