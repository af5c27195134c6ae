"""What holds for every answer: conditions, codings, methods, who may ask from where, and one document for errors."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from archiving.writer import START, Visit, Writer, answer, moment, shows
from servers.web_server import Web, served

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.tokens import Tokens, make
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.bodies import Bodies
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.storage.model import Article
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

_URL = "https://news.example/story"
_LONG = "https://news.example/long"
_Q = quote(_URL, safe="")
_READS = [
    f"/api/versions?url={_Q}",
    f"/api/snapshot?url={_Q}",
    f"/api/diff?url={_Q}",
    "/api/changes",
    "/api/sources",
    "/api/jobs",
    "/openapi.json",
    f"/timemap/link/{_URL}",
    f"/timemap/json/{_URL}",
    f"/memento/{START:%Y%m%d%H%M%S}/{_URL}",
    f"/memento/{START:%Y%m%d%H%M%S}id_/{_URL}",
    "/alarms.atom",
    "/",
    f"/versions?url={_Q}",
    f"/version?url={_Q}",
    f"/diff?url={_Q}",
    "/changes",
    "/sources",
    "/jobs",
    "/static/style.css",
]
# As a browser says where a request comes from: https://www.w3.org/TR/fetch-metadata/
_SCRIPT = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
_FRAME = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
_PORT = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
_LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(shows(_URL, 0, "one"))
    writer.publish(shows(_URL, 10, "two"))
    article = Article(title="Long", text="\n".join(f"Line {number} of the story" for number in range(40_000)))
    finding = Finding(article=article)
    writer.publish(Visit(url=_LONG, at=moment(0), response=answer(b"<p>long</p>" * 80_000), finding=finding))
    writer.spool.close()
    (folder / "bodies").mkdir()
    return folder


@pytest.fixture(scope="module")
def token(folder: Path) -> str:
    token, line = make("somebody", "admin")
    (folder / "tokens").write_text(line)
    return token


@pytest.fixture(scope="module")
def web(folder: Path, token: str) -> Iterator[Web]:
    assert token
    with Database(folder, str(folder), SERVICE) as database:
        parts = Parts(
            archive=OpenedArchive(str(folder / "archive")),
            tokens=Tokens(folder / "tokens"),
            sources=dict,
            jobs=Jobs(database),
            notices=Outbox(database).entries,
            bodies=Bodies(folder / "bodies"),
        )
        with served(make_app(parts)) as running:
            yield running


@pytest.mark.parametrize("path", _READS)
def test_who_has_an_answer_already_is_told_so_and_who_asks_for_the_head_gets_that(web: Web, path: str) -> None:
    full = web.get(path)
    assert full.status == 200
    again = web.get(path, {"If-None-Match": f'"x", W/{full.headers["ETag"]}'})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", full.headers["ETag"])
    head = web.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Content-Security-Policy"):
        assert head.headers[name] == full.headers[name]


@pytest.mark.parametrize("path", [f"/api/snapshot?url={quote(_LONG, safe='')}", "/openapi.json"])
def test_an_answer_is_packed_for_who_takes_that(web: Web, path: str) -> None:
    plain = web.get(path)
    packed = web.get(path, {"Accept-Encoding": "br, gzip;q=0.5"})
    assert (packed.headers["Content-Encoding"], plain.headers["Content-Encoding"]) == ("gzip", None)
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"], "two representations"
    for tag in (packed.headers["ETag"], plain.headers["ETag"]):
        known = {"If-None-Match": tag}
        assert web.get(path, known).status == web.get(path, {**known, "Accept-Encoding": "gzip"}).status == 304


@pytest.mark.parametrize("accepted", ["gzip;q=0", "identity", "*;q=0", "br", ""])
def test_an_answer_is_not_packed_for_who_does_not_take_that(web: Web, accepted: str) -> None:
    assert web.get("/openapi.json", {"Accept-Encoding": accepted}).headers["Content-Encoding"] is None


def test_a_long_answer_that_nobody_reads_lies_in_a_file_without_a_name(web: Web, folder: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    connection.request("GET", f"/memento/{START:%Y%m%d%H%M%S}/{_LONG}")
    response = connection.getresponse()
    assert list((folder / "bodies").iterdir()) == []
    assert response.read() == b"<p>long</p>" * 80_000
    connection.close()


@pytest.mark.parametrize("path", ["/api/versions", "/openapi.json", "/healthz", f"/memento/20261122120000/{_URL}", "/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "NONSENSE"])
def test_another_method_is_refused_with_those_that_are_allowed(web: Web, path: str, method: str) -> None:
    refused = web.ask(method, path)
    assert refused.status == 405
    assert {name.strip() for name in refused.headers["Allow"].split(",")} == {"GET", "HEAD"}
    assert refused.document["error"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("accepted", "status"),
    [
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
        ("application/*;q=0.0, text/*", 406),
        ("application/json; charset=utf-8", 200),
        ("text/html, application/*;q=0.1", 200),
        ("*/*;q=0.001", 200),
        ("", 200),
    ],
)
def test_who_takes_no_json_is_told_that_there_is_nothing_else(web: Web, accepted: str, status: int) -> None:
    assert web.get(f"/api/versions?url={_Q}", {"Accept": accepted}).status == status
    assert web.get(f"/timemap/json/{_URL}", {"Accept": accepted}).status == status


@pytest.mark.parametrize(("asked", "status"), [(_SCRIPT, 403), (_FRAME, 403), (_PORT, 403), (_LINK, 200), (_OWN, 200)])
def test_a_page_of_another_origin_may_lead_here_and_load_nothing(web: Web, asked: dict[str, str], status: int) -> None:
    for path in (*_READS, "/healthz", "/metrics"):
        answered = web.get(path, asked)
        assert answered.status == status, path
        assert answered.headers["Access-Control-Allow-Origin"] is None
        assert answered.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    if status == 403:
        assert web.get("/requisite/x/y", asked).document["error"] == "not_signed"


def test_no_page_of_another_origin_is_allowed_to_ask_with_a_token(web: Web) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    allowed = web.ask("OPTIONS", "/api/crawl", asked)
    assert allowed.status == 405
    assert not [name for name in allowed.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "headers", "status", "error"),
    [
        ("/api/versions?url=https://news.example/never", {}, 404, "not_found"),
        ("/api/versions", {}, 400, "bad_request"),
        ("/api/versions?url=ftp://x", {}, 400, "invalid_url"),
        (f"/api/snapshot?url={_Q}&at=never", {}, 400, "invalid_time"),
        ("/api/changes?since=never", {}, 400, "invalid_cursor"),
        ("/api/nothing", {}, 404, "not_found"),
        (f"/api/versions?url={_Q}", {"Accept": "text/html"}, 406, "not_acceptable"),
        (f"/api/versions?url={_Q}", {"Host": "evil.example"}, 421, "misdirected_request"),
        (f"/api/versions?url={_Q}", _SCRIPT, 403, "cross_site"),
        ("/requisite/x/y", {}, 403, "not_signed"),
    ],
)
def test_every_error_is_told_in_one_document(
    web: Web, path: str, headers: dict[str, str], status: int, error: str
) -> None:
    told = web.get(path, headers)
    assert (told.status, told.headers["Content-Type"]) == (status, "application/problem+json")
    document = json.loads(told.body)
    assert list(document) == ["type", "title", "status", "error", "detail"]
    assert (document["type"], document["status"], document["error"]) == ("about:blank", status, error)
    assert document["title"] == http.client.responses[status]
