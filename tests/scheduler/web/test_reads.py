from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from archiving.writer import Writer, answers, shows, shows_no_article
from end_to_end.command import Broadsheet
from servers.web_server import Web, served

from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts, names_of
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/town/ferry"
OTHER = "https://news.example/town/bridge"
FRONT = "https://news.example/"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with an article in three versions, one look between them that found nothing new, and another one."""
    folder = tmp_path_factory.mktemp("reads") / "archive"
    writer = Writer(FolderStore(folder), folder.parent / "local")
    writer.publish(shows(URL, 0, "The ferry sails at nine."), shows(OTHER, 0, "The bridge is open."))
    writer.publish(answers(URL, 5, "304 Not Modified"))
    writer.publish(shows(URL, 10, "The ferry sails at ten."))
    writer.publish(answers(URL, 20, "410 Gone"), shows_no_article(FRONT, 25))
    writer.spool.close()
    return folder


@pytest.fixture(scope="module")
def web(archive: Path) -> Iterator[Web]:
    sources = {"example": Source(home="https://news.example/")}
    parts = Parts(archive=OpenedArchive(str(archive)), tokens=Tokens(), sources=lambda: sources)
    with served(make_app(parts)) as running:
        yield running


def asked(path: str, **query: object) -> str:
    return f"{path}?{urlencode({name.rstrip('_'): value for name, value in query.items()})}"


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        (asked("/api/snapshot", url=URL), ["show", URL]),
        (asked("/api/snapshot", url=URL, version=1), ["show", URL, "--version", "1"]),
        (asked("/api/snapshot", url=URL, at="2026-11-22T12:12:00Z"), ["show", URL, "--at", "2026-11-22T12:12:00Z"]),
        (asked("/api/diff", url=URL, to=2), ["diff", URL, "--to", "2"]),
        (asked("/api/diff", url=URL, from_=1, to=3), ["diff", URL, "--from", "1", "--to", "3"]),
    ],
    ids=["latest", "by number", "as of a time", "diff to", "diff from and to"],
)
def test_the_api_answers_what_the_command_answers(web: Web, archive: Path, path: str, arguments: list[str]) -> None:
    answer = web.get(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.document == Broadsheet(str(archive))(*arguments, "--json").document


def test_the_versions_are_read_whole_or_page_by_page_and_are_what_the_command_prints(web: Web, archive: Path) -> None:
    command = Broadsheet(str(archive))("versions", URL, "--json").document
    whole = web.get(asked("/api/versions", url=URL)).document
    assert {"url": whole["url"], "versions": whole["versions"]} == command
    assert whole["more"] is False

    told, cursor, more = [], "", True
    while more:
        page = web.get(asked("/api/versions", url=URL, since=cursor, limit=1)).document
        told += page["versions"]
        cursor, more = page["next"], page["more"]
    assert told == command["versions"]
    assert cursor == whole["next"]
    after = web.get(asked("/api/versions", url=URL, since=cursor)).document
    assert after == {"url": URL, "versions": [], "next": cursor, "more": False}


def test_the_change_feed_is_read_page_by_page_and_has_what_the_command_prints(web: Web, archive: Path) -> None:
    told, cursor, more = [], "", True
    while more:
        page = web.get(asked("/api/changes", since=cursor, limit=2)).document
        told += page["changes"]
        cursor, more = page["next"], page["more"]
        assert len(page["changes"]) <= 2
    assert told == Broadsheet(str(archive))("changes", "--json").documents
    after = web.get(asked("/api/changes", since=cursor)).document
    assert after == {"changes": [], "next": cursor, "more": False}


def test_the_sources_are_listed(web: Web) -> None:
    assert web.get("/api/sources").document["sources"] == [
        {
            "name": "example",
            "home": "https://news.example/",
            "schedule": "learned",
            "next_run": None,
            "alarms": [],
            "last_crawl": None,
            "last_outcome": None,
        }
    ]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/versions", 400, "bad_request"),
        (asked("/api/versions", url="javascript:alert(1)"), 400, "invalid_url"),
        (asked("/api/versions", url="https://news.example/never"), 404, "not_found"),
        (asked("/api/versions", url=URL, color="red"), 400, "bad_request"),
        (asked("/api/versions", url=URL) + "&url=b", 400, "bad_request"),
        (asked("/api/snapshot", url=URL, version=4), 404, "not_found"),
        (asked("/api/snapshot", url=URL, version=0), 400, "bad_request"),
        (asked("/api/snapshot", url=URL, version="null"), 400, "bad_request"),
        (asked("/api/snapshot", url=URL, version=1, at="2026-11-22"), 400, "bad_request"),
        (asked("/api/snapshot", url=URL, at="yesterday"), 400, "invalid_time"),
        (asked("/api/snapshot", url=URL, at="0001-01-01T00:00:00+14:00"), 400, "invalid_time"),
        (asked("/api/snapshot", url=URL, at="2020-01-01"), 404, "not_found"),
        (asked("/api/diff", url=OTHER), 404, "not_found"),
        (asked("/api/changes", since="nonsense"), 400, "invalid_cursor"),
        (asked("/api/versions", url=URL, since="nonsense"), 400, "invalid_cursor"),
        (asked("/api/versions", url=URL, limit=0), 400, "bad_request"),
        (asked("/api/versions", url="https://news.example/never", limit=1), 404, "not_found"),
        (asked("/api/changes", limit=0), 400, "bad_request"),
        ("/api/nothing", 404, "not_found"),
    ],
)
def test_what_cannot_be_answered_is_told_as_json(web: Web, path: str, status: int, error: str) -> None:
    answer = web.get(path)
    assert (answer.status, answer.document["error"]) == (status, error)
    assert answer.document["detail"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (asked("/api/diff", url=URL, to=0), "parameters are: url, from, to"),
        (asked("/api/diff", url=URL, to=1), "has version 1 first"),
        (asked("/api/diff", url=OTHER), "has one version only"),
        (asked("/api/versions", url=FRONT), "as an article; at 2026-11-22T12:25:00Z it was "),
        ("/api/nothing", "/openapi.json"),
    ],
)
def test_what_cannot_be_answered_says_what_could_be(web: Web, path: str, said: str) -> None:
    assert said in web.get(path).document["detail"]


def test_other_methods_are_refused(web: Web) -> None:
    answer = web.ask("DELETE", asked("/api/versions", url=URL))
    assert (answer.status, answer.document["error"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
    assert "GET" in answer.document["detail"]


def test_who_has_an_answer_already_is_told_so(web: Web) -> None:
    path = asked("/api/snapshot", url=URL, version=1)
    tag = web.get(path).headers["ETag"]
    again = web.get(path, {"If-None-Match": f'"other", W/{tag}'})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert web.get(path, {"If-None-Match": '"other"'}).status == 200


def test_damage_is_told_and_never_shown(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    [published] = writer.publish(shows(URL, 0, "The ferry sails at nine."))
    writer.spool.close()
    assert published.snapshot_key
    document = tmp_path / "archive" / published.snapshot_key
    document.chmod(0o644)
    document.write_bytes(document.read_bytes().replace(b"nine", b"five"))
    parts = Parts(archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as web:
        for path in ("/api/snapshot", "/api/versions"):
            answer = web.get(asked(path, url=URL))
            assert (answer.status, answer.document["error"]) == (502, "archive_damaged")
            assert published.snapshot_key in answer.document["detail"]
            assert b"five" not in answer.body


def test_pages_show_what_is_sound_and_name_what_is_damaged(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(shows(URL, 0, "The ferry sails at nine."), shows(OTHER, 0, "The bridge is open."))
    [damaged] = writer.publish(shows(URL, 10, "The ferry sails at ten."))
    writer.publish(answers(URL, 15, "304 Not Modified"))
    writer.publish(shows(URL, 20, "The ferry sails at eleven."))
    writer.spool.close()
    assert damaged.snapshot_key
    document = tmp_path / "archive" / damaged.snapshot_key
    document.chmod(0o644)
    document.write_bytes(document.read_bytes().replace(b"ten", b"six"))
    parts = Parts(archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as web:
        day, index, versions = (web.get(path) for path in ("/changes", "/", asked("/versions", url=URL)))
        older = web.get(asked("/versions", url=URL, before=2))
    for answer in (day, index, versions):
        assert answer.status == 200
        assert damaged.snapshot_key in answer.text
        assert "six" not in answer.text
    assert day.text.count('class="feed-title"') == 3
    assert ("Version 3" in versions.text, "Version 2" in versions.text, "Version 1" in versions.text) == (
        True,
        False,
        True,
    )
    # The look that found the damaged one standing says nothing of the one before it.
    assert "Seen unchanged" not in versions.text
    assert older.status == 200
    assert damaged.snapshot_key not in older.text
    assert "Version 1" in older.text


def test_a_store_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    archive = OpenedArchive("s3://news/archive", deadline=0.1)
    with served(make_app(Parts(archive=archive, tokens=Tokens(), sources=dict))) as web:
        answer = web.get(asked("/api/versions", url=URL))
        assert (answer.status, answer.document["error"]) == (503, "archive_unavailable")
        assert answer.headers["Retry-After"]
        assert b"a secret" not in answer.body
        ready = web.get("/readyz")
        assert (ready.status, ready.document["ready"]) == (503, False)
        assert web.get("/healthz").status == 200


def test_a_service_that_has_all_it_needs_is_ready(web: Web) -> None:
    assert web.get("/readyz").document == {"ready": True, "checks": {"store": "ok", "tokens": "ok"}}


def test_every_answer_forbids_browsers_what_it_does_not_need(web: Web) -> None:
    for path in ("/healthz", "/api/sources", asked("/api/versions", url="no"), "/" + quote("nowhere<script>")):
        headers = web.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.rebound.example", "", "localhost@rebound.example"])
def test_a_page_that_reaches_the_service_by_a_name_of_its_own_is_refused(web: Web, host: str) -> None:
    assert web.get("/api/sources", {"Host": host}).status == 421


def test_behind_a_proxy_the_service_is_addressed_by_its_public_name_too(tmp_path: Path) -> None:
    hosts = names_of("127.0.0.1", public_url="https://Archive.example:8443/")
    archive = OpenedArchive(str(tmp_path / "archive"))
    with served(make_app(Parts(archive=archive, tokens=Tokens(), sources=dict, hosts=hosts))) as web:
        said = {
            host: web.get("/api/sources", {"Host": host}).status
            for host in ("archive.example", "localhost", "rebound.example")
        }
    assert said == {"archive.example": 200, "localhost": 200, "rebound.example": 421}


@pytest.mark.parametrize("host", ["localhost:8080", "LOCALHOST", "127.0.0.1", "[::1]:8080"])
def test_the_service_is_addressed_by_its_own_names(web: Web, host: str) -> None:
    assert web.get("/api/sources", {"Host": host}).status == 200
