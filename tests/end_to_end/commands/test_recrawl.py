"""`broadsheet recrawl URL`: every answer of the contract, and the record it points to."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet, Finished
from end_to_end.pages import answer, article, cut_off, front_page, made_up_text, redirect, robots
from servers.raw_server import RawServer, Script
from warcio.archiveiterator import ArchiveIterator

from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Snapshot

_KEYS = ["url", "outcome", "reason", "version", "previous_version", "changes", "snapshot_key", "warc"]
_NOTICE = answer("<!DOCTYPE html><title>Notice</title><body><p>The office is closed on Friday.</p></body>")
_EDITED = made_up_text("edited") + "\nCorrection: it was a Tuesday, and the mayor did not fall into the harbour."

# What a page is answered with at one re-crawl after the other, once a crawl has archived it.
_EDITS = {
    "edited": [answer(article("The second headline", text=_EDITED))],
    "same": [answer(article("same"))],
    "decorated": [answer(article("decorated", links=["/today", "/weather"]))],
    "withdrawn": [answer("gone", status="410 Gone")] * 2 + [answer(article("withdrawn"))],
    "moved": [redirect("/moved-there")],
    "notice": [_NOTICE] * 2,
}
# And with what no version can be made of, and a word that the reason must have.
_FAILURES = {
    "server-error": (answer("sorry", status="500 Internal Server Error"), "HTTP 500"),
    "cut-off": (cut_off(article("Half of it")), "not whole"),
    "empty": (answer("<!DOCTYPE html><title>Nothing</title><body></body>"), "no text"),
    "soft-404": (answer("<!DOCTYPE html><h1>Page not found</h1><p>Sorry! Try the search.</p>"), "page not found"),
    "loop": (redirect("/loop"), "redirects"),
    "no-http": (redirect("ftp://example.org/story"), "cannot be fetched"),
    "lying": (answer("", status="304 Not Modified"), "HTTP 304"),
}


@dataclass(frozen=True)
class Desk:
    """What re-crawls of the pages of a site answered.

    Attributes:
        url: Where the site was, without a trailing slash.
        directory: Each page's archive lies here under the page's name.
        answers: How the re-crawls of each page ended.
        server: What the site was asked for.
    """

    url: str
    directory: Path
    answers: dict[str, list[Finished]]
    server: RawServer

    def archive(self, page: str) -> Archive:
        """Open the archive of a page."""
        return Archive.open(str(self.directory / page))

    def versions(self, page: str) -> list[Snapshot]:
        """Return the versions of a page."""
        return list(self.archive(page).versions(f"{self.url}/{page}"))

    def documents(self, page: str) -> list[dict[str, Any]]:
        """Return what the re-crawls of a page printed."""
        return [ended.document for ended in self.answers[page]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Archive a site, then re-crawl each page by its script, in an archive of its own."""
    directory = tmp_path_factory.mktemp("desk")
    edits = {
        **_EDITS,
        **{page: [script] for page, (script, _) in _FAILURES.items()},
        "fresh": [answer(article("fresh"))],
    }
    archived = [page for page in edits if page != "fresh"]
    scripts: dict[str, Script] = {f"/{page}": answer(article(page)) for page in archived}
    scripts |= {
        "/": answer(front_page(f"/{page}" for page in archived)),
        "/notice": _NOTICE,
        "/moved-there": answer(article("A headline after the move")),
    }
    with RawServer(scripts) as server, ThreadPoolExecutor(2) as threads:
        url = f"http://127.0.0.1:{server.port}"
        Broadsheet(str(directory / "base")).crawl(f"{url}/")

        def recrawl(page: str) -> list[Finished]:
            shutil.copytree(directory / "base", directory / page)
            ended = []
            for script in edits[page]:
                scripts[f"/{page}"] = script
                broadsheet = Broadsheet(str(directory / page))
                ended.append(broadsheet("recrawl", "--allow-private", "--json", f"{url}/{page}"))
            return ended

        yield Desk(url, directory, dict(zip(edits, threads.map(recrawl, edits), strict=True)), server)


def test_a_page_never_seen_is_new(desk: Desk) -> None:
    (answered,) = desk.documents("fresh")
    (snapshot,) = desk.versions("fresh")
    assert answered == {
        "url": f"{desk.url}/fresh",
        "outcome": "new",
        "reason": None,
        "version": 1,
        "previous_version": None,
        "changes": [],
        "snapshot_key": snapshot.key,
        "warc": {
            "key": snapshot.warc.key,
            "offset": snapshot.warc.offset,
            "length": snapshot.warc.length,
            "record_id": snapshot.warc.record_id,
            "payload_digest": snapshot.warc.payload_digest,
        },
    }


def test_every_answer_has_the_keys_of_the_contract_in_their_order(desk: Desk) -> None:
    assert {tuple(document) for page in desk.answers for document in desk.documents(page)} == {tuple(_KEYS)}


def test_the_record_is_where_the_answer_says_and_other_software_reads_it(desk: Desk) -> None:
    where = desk.documents("fresh")[0]["warc"]
    member = desk.archive("fresh").store.get_range(where["key"], where["offset"], where["length"])
    read = 0
    for record in ArchiveIterator(io.BytesIO(member), check_digests="raise"):
        assert record.rec_type == "response"
        assert record.rec_headers["WARC-Record-ID"] == f"<{where['record_id']}>"
        assert record.rec_headers["WARC-Target-URI"] == f"{desk.url}/fresh"
        assert record.content_stream().read() == article("fresh").encode()
        read += 1
    assert read == 1


def test_an_edited_page_is_changed_and_its_changes_are_named(desk: Desk) -> None:
    (answered,) = desk.documents("edited")
    assert (answered["outcome"], answered["version"], answered["previous_version"]) == ("changed", 2, 1)
    assert answered["changes"] == ["headline", "body"]
    assert [version.changes for version in desk.versions("edited")] == [[], ["headline", "body"]]


def test_an_unchanged_page_keeps_its_version_and_the_answer_points_to_the_check(desk: Desk) -> None:
    (answered,), (version,) = desk.documents("same"), desk.versions("same")
    assert (answered["outcome"], answered["version"], answered["previous_version"]) == ("unchanged", 1, 1)
    assert (answered["changes"], answered["snapshot_key"]) == ([], version.key)
    (check,) = desk.archive("same").checks(f"{desk.url}/same")
    assert answered["warc"]["record_id"] == check.record.record_id != version.warc.record_id


def test_a_page_with_other_decoration_around_the_same_article_is_unchanged(desk: Desk) -> None:
    assert desk.documents("decorated")[0]["outcome"] == "unchanged"
    assert len(desk.versions("decorated")) == 1


def test_a_withdrawn_page_is_gone_once_and_changed_when_it_is_restored(desk: Desk) -> None:
    gone, still_gone, restored = desk.documents("withdrawn")
    assert (gone["outcome"], gone["version"], gone["previous_version"]) == ("gone", 2, 1)
    assert (gone["changes"], gone["reason"]) == (["removed"], "HTTP 410")
    assert (still_gone["outcome"], still_gone["version"]) == ("unchanged", 2)
    assert (restored["outcome"], restored["version"], restored["changes"]) == ("changed", 3, ["restored"])


def test_an_article_that_moved_keeps_its_history(desk: Desk) -> None:
    (answered,) = desk.documents("moved")
    assert (answered["outcome"], answered["version"], answered["changes"]) == ("changed", 2, ["headline", "body"])


def test_a_page_that_a_crawl_took_for_no_article_is_archived_when_it_is_asked_for(desk: Desk) -> None:
    assert [(each["outcome"], each["version"]) for each in desk.documents("notice")] == [
        ("new", 1),
        ("unchanged", 1),
    ]


@pytest.mark.parametrize("page", _FAILURES)
def test_a_page_that_cannot_be_had_is_failed_with_the_reason_and_becomes_no_version(desk: Desk, page: str) -> None:
    (answered,) = desk.documents(page)
    assert answered["outcome"] == "failed"
    assert _FAILURES[page][1] in answered["reason"]
    assert (answered["version"], answered["snapshot_key"], answered["changes"]) == (None, None, [])
    assert len(desk.versions(page)) == 1


def test_the_exit_code_tells_whether_the_page_was_had(desk: Desk) -> None:
    codes = {page: {ended.status for ended in desk.answers[page]} for page in desk.answers}
    assert codes == {page: {1} if page in _FAILURES else {0} for page in desk.answers}


def test_every_archive_stands_after_its_re_crawls(desk: Desk) -> None:
    for page in desk.answers:
        inspection.check(desk.archive(page).store)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "nowhere.invalid"], ids=["refused", "no such name"])
def test_a_host_that_cannot_be_reached_is_failed(tmp_path: Path, host: str) -> None:
    ended = Broadsheet(str(tmp_path))("recrawl", "--allow-private", "--json", f"http://{host}/story")
    assert (ended.status, ended.document["outcome"], ended.document["warc"]) == (1, "failed", None)
    assert ended.document["reason"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (robots("Disallow: /story"), "robots.txt"),
        (answer("", status="503 Service Unavailable"), "503"),
    ],
    ids=["disallowed", "unreachable"],
)
def test_what_robots_txt_does_not_allow_is_blocked_and_not_asked_for(
    tmp_path: Path, script: Script, reason: str
) -> None:
    with RawServer({"/robots.txt": script, "/story": answer(article("Hidden"))}) as server:
        url = f"http://127.0.0.1:{server.port}/story"
        ended = Broadsheet(str(tmp_path))("recrawl", "--allow-private", "--json", url)
        assert not server.exchanges("/story")
    assert (ended.status, ended.document["outcome"]) == (1, "blocked")
    assert reason in ended.document["reason"]


def test_a_private_address_is_blocked_and_nothing_reaches_the_server(tmp_path: Path) -> None:
    with RawServer({}) as server:
        ended = Broadsheet(str(tmp_path))("recrawl", "--json", f"http://127.0.0.1:{server.port}/story")
        assert server.connections == 0
    assert (ended.status, ended.document["outcome"]) == (1, "blocked")
    assert "not public" in ended.document["reason"] or "not a public" in ended.document["reason"]


def test_a_redirect_to_a_public_host_is_blocked_as_long_as_no_contact_is_given(tmp_path: Path) -> None:
    with RawServer({"/story": redirect("http://1.1.1.1/story")}) as server:
        url = f"http://127.0.0.1:{server.port}/story"
        ended = Broadsheet(str(tmp_path))("recrawl", "--allow-private", "--json", url)
    assert (ended.status, ended.document["outcome"]) == (1, "blocked")
    assert "1.1.1.1 is a public address" in ended.document["reason"]
    assert "BROADSHEET_CONTACT" in ended.document["reason"]


def test_people_are_told_what_a_recrawl_came_to(desk: Desk, tmp_path: Path) -> None:
    shutil.copytree(desk.directory / "base", tmp_path / "archive")
    said = Broadsheet(str(tmp_path / "archive"))("recrawl", "--allow-private", f"{desk.url}/server-error")
    assert said.status == 1
    assert f"{desk.url}/server-error: failed" in said.text
    assert "HTTP 500" in said.text


def test_a_page_without_an_article_fails_and_says_so(tmp_path: Path) -> None:
    with RawServer({"/": answer(front_page(["/a", "/b"]))}) as server:
        url = f"http://127.0.0.1:{server.port}/"
        ended = Broadsheet(str(tmp_path))("recrawl", "--allow-private", "--json", url)
        said = Broadsheet(str(tmp_path))("recrawl", "--allow-private", url)
    assert (ended.status, said.status) == (1, 1)
    assert ended.document["reason"].startswith("not an article: ")
    assert f"{url}: archived, but not an article: " in said.text
