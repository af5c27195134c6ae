from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from servers.web_server import Web, served

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job, State
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import SCOPES, Tokens, make
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts

URL = "https://news.example/town/ferry"
FOREIGN = "https://else.example/"
SOURCES = {"example": Source(home="https://www.news.example/")}
ANSWER = {
    "url": URL,
    "outcome": "changed",
    "reason": None,
    "version": 2,
    "previous_version": 1,
    "changes": ["body"],
    "snapshot_key": "snapshot/1",
    "warc": None,
}


@dataclass(frozen=True)
class Service:
    """A running service, its jobs, and a header for a token of every scope."""

    web: Web
    jobs: Jobs
    bearers: dict[str, dict[str, str]]

    def asks(self, path: str, document: object, scope: str = "crawl", **headers: str) -> Any:
        return self.web.post(path, document, {**self.bearers[scope], **headers})

    def does(self, state: State, result: dict[str, Any] | None, reason: str | None = None) -> Job:
        """Do the job whose turn it is, as a worker."""
        worker = self.jobs.register()
        job = self.jobs.take(worker, ("crawl", "recrawl"))
        assert job is not None
        assert self.jobs.end(job, worker, state, result=result, reason=reason)
        return job


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def running(
    folder: Path,
    *,
    writes_per_minute: int = 1000,
    is_stopping: Callable[[], bool] = lambda: False,
    sources: Callable[[], dict[str, Source]] = lambda: SOURCES,
) -> Iterator[Service]:
    made = {scope: make(scope, scope) for scope in SCOPES}
    (folder / "tokens").write_text("\n".join(line for _, line in made.values()), encoding="utf-8")
    with Database(folder, str(folder), SERVICE) as database:
        parts = Parts(
            archive=OpenedArchive(str(folder / "archive")),
            tokens=Tokens(folder / "tokens"),
            sources=sources,
            jobs=Jobs(database),
            writes_per_minute=writes_per_minute,
            is_stopping=is_stopping,
        )
        with served(make_app(parts)) as web:
            bearers: dict[str, dict[str, str]] = {
                scope: {"Authorization": f"Bearer {token}"} for scope, (token, _) in made.items()
            }
            yield Service(web, Jobs(database), bearers)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has no jobs, and is given none."""
    with running(tmp_path_factory.mktemp("idle")) as started:
        yield started
        assert started.jobs.newest() == []


def test_a_recrawl_that_is_not_waited_for_is_a_job(service: Service) -> None:
    asked = service.asks("/api/recrawl", {"url": URL + "?utm_source=x", "why": "a tip"})
    job = asked.document
    assert asked.status == 202
    assert (job["kind"], job["url"], job["source"], job["state"]) == ("recrawl", URL, "example", "waiting")
    assert (job["asked_by"], job["why"]) == ("crawl", "a tip")
    assert asked.headers["Location"] == f"/api/jobs/{job['id']}"
    assert service.web.get(asked.headers["Location"]).document == job
    service.does("finished", ANSWER)
    ended = service.web.get(asked.headers["Location"]).document
    assert (ended["state"], ended["result"]) == ("finished", ANSWER)


@pytest.mark.parametrize(
    ("state", "result", "reason", "outcome"),
    [
        ("finished", ANSWER, None, "changed"),
        ("refused", {**ANSWER, "outcome": "blocked", "reason": "robots"}, "robots", "blocked"),
        ("refused", None, "no contact", "blocked"),
        ("failed", None, "its process was ended by signal 9", "failed"),
    ],
    ids=["an answer", "a refusal", "no answer and refused", "no answer and failed"],
)
def test_a_recrawl_that_is_waited_for_has_the_answer_of_the_command(
    service: Service, state: State, result: dict[str, Any] | None, reason: str | None, outcome: str
) -> None:
    service.asks("/api/recrawl", {"url": URL, "idempotency_key": "one"})
    wanted = {"url": URL, "idempotency_key": "one", "wait": 60}
    answers: list[Any] = []
    waiting = Thread(target=lambda: answers.append(service.asks("/api/recrawl", wanted)))
    waiting.start()
    service.does(state, result, reason)
    waiting.join()
    [answer] = answers
    assert answer.status == 200
    assert set(answer.document) == set(ANSWER)
    assert (answer.document["url"], answer.document["outcome"]) == (URL, outcome)
    assert answer.document["reason"] == (reason if result is None else result["reason"])


def test_a_recrawl_that_takes_longer_than_it_is_waited_for_is_a_job(service: Service) -> None:
    answer = service.asks("/api/recrawl", {"url": URL, "wait": 0.01})
    assert (answer.status, answer.document["state"]) == (202, "waiting")


def test_who_waits_when_the_service_ends_is_given_the_job(tmp_path: Path) -> None:
    with running(tmp_path, is_stopping=lambda: True) as service:
        answer = service.asks("/api/recrawl", {"url": URL, "wait": 120})
    assert (answer.status, answer.document["state"]) == (202, "waiting")


def test_who_goes_before_the_body_has_come_is_no_error_of_the_service(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    connection = HTTPConnection(service.web.address.removeprefix("http://"))
    connection.putrequest("POST", "/api/crawl")
    for name, value in {**service.bearers["crawl"], "Content-Type": "application/json", "Content-Length": "9"}.items():
        connection.putheader(name, value)
    connection.endheaders(b"{")
    connection.close()
    answered = b'broadsheet_http_problems_total{error="bad_request"} 1.0'
    deadline = time.monotonic() + 30
    while answered not in service.web.get("/metrics").body:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_crawl_of_a_source_is_a_job(service: Service) -> None:
    asked = service.asks("/api/crawl", {"source": "example", "why": "elections"})
    assert (asked.status, asked.document["kind"], asked.document["source"]) == (202, "crawl", "example")
    assert service.asks("/api/crawl", {"source": "other"}).status == 404


def test_who_asks_again_with_the_same_key_is_given_the_same_job(service: Service) -> None:
    first = service.asks("/api/recrawl", {"url": URL, "idempotency_key": "one"}).document
    assert service.asks("/api/recrawl", {"url": URL}, **{"Idempotency-Key": "one"}).document == first
    assert service.asks("/api/recrawl", {"url": URL, "idempotency_key": "two"}).document["id"] != first["id"]
    assert service.asks("/api/recrawl", {"url": URL, "idempotency_key": "one"}, "admin").document["id"] != first["id"]
    other = service.asks("/api/recrawl", {"url": f"{URL}/other", "idempotency_key": "one"})
    assert (other.status, other.document["error"]) == (409, "key_used")
    both = service.asks("/api/recrawl", {"url": URL, "idempotency_key": "one"}, **{"Idempotency-Key": "two"})
    assert both.status == 400


def test_who_asks_with_one_key_at_once_and_after_a_restart_is_given_one_job(tmp_path: Path) -> None:
    def ids(service: Service, url: str) -> list[Any]:
        with ThreadPoolExecutor(8) as clients:
            wanted = {"url": url, "idempotency_key": "one"}
            asked = [clients.submit(service.asks, "/api/recrawl", wanted) for _ in range(8)]
            return [each.result().document.get("id") for each in asked]

    with running(tmp_path) as service:
        first = set(ids(service, URL))
    with running(tmp_path) as service:
        after = set(ids(service, URL))
        others = ids(service, f"{URL}/other")
        listed = service.web.get("/api/jobs").document["jobs"]
    assert after == first
    assert len(first) == len(listed) == 1
    assert others == [None] * len(others)


def test_who_asks_again_is_given_the_same_job_though_its_source_is_not_configured_any_more(tmp_path: Path) -> None:
    asked = [("/api/recrawl", {"url": URL}), ("/api/crawl", {"source": "example"})]

    def ask(service: Service, key: str) -> list[tuple[int, str | None]]:
        answers = [service.asks(path, {**wanted, "idempotency_key": f"{key} {path}"}) for path, wanted in asked]
        return [(answer.status, answer.document.get("id")) for answer in answers]

    with running(tmp_path) as service:
        first = ask(service, "one")
    with running(tmp_path, sources=dict) as service:
        again, other = ask(service, "one"), ask(service, "two")
    assert again == first
    assert other == [(403, None), (404, None)]


def test_only_an_admin_has_sites_crawled_that_are_no_sources(service: Service) -> None:
    refused = service.asks("/api/recrawl", {"url": FOREIGN})
    assert (refused.status, refused.document["error"]) == (403, "not_configured")
    accepted = service.asks("/api/recrawl", {"url": FOREIGN}, "admin")
    assert (accepted.status, accepted.document["source"]) == (202, None)


@pytest.mark.parametrize("path", ["/api/recrawl", "/api/crawl"])
@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}, {"Cookie": "token=x"}]
)
def test_nobody_without_a_token_has_anything_done(idle: Service, path: str, header: dict[str, str]) -> None:
    answer = idle.web.post(path, {"url": URL, "source": "example"}, header)
    assert (answer.status, answer.document["error"]) == (401, "unauthorised")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert idle.jobs.newest() == []


def test_a_token_for_reading_has_nothing_done(idle: Service) -> None:
    answer = idle.asks("/api/recrawl", {"url": URL}, "read")
    assert (answer.status, answer.document["error"]) == (403, "forbidden")
    assert idle.jobs.newest() == []


def test_who_writes_too_often_is_told_when_to_try_again(tmp_path: Path) -> None:
    with running(tmp_path, writes_per_minute=2) as service:
        statuses = [service.asks("/api/recrawl", {"url": URL}).status for _ in range(3)]
        assert statuses == [202, 202, 429]
        # Each token has its own, and who tries one that is none the one of their address.
        assert service.asks("/api/recrawl", {"url": URL}, "admin").status == 202
        answers = [service.web.post("/api/recrawl", {"url": URL}, bearer("guessed")) for _ in range(3)]
        assert [answer.status for answer in answers] == [401, 401, 429]
        assert service.web.post("/api/recrawl", {"url": URL}).status == 401
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "bad_request"),
        (b"[]", 400, "bad_request"),
        (b"{}", 400, "bad_request"),
        (b'{"url": 5}', 400, "bad_request"),
        (b'{"url": "javascript:alert(1)"}', 400, "invalid_url"),
        (b'{"url": "file:///etc/passwd"}', 400, "invalid_url"),
        (b'{"url": "https://user:secret@news.example/"}', 400, "invalid_url"),
        (b'{"url": "https://news.example/", "wait": 1000}', 400, "bad_request"),
        (b'{"url": "https://news.example/", "wait": NaN}', 400, "bad_request"),
        (b'{"url": "https://news.example/", "follow": true}', 400, "bad_request"),
        (b'{"url": "https://news.example/", "why": "\\u0000"}', 400, "bad_request"),
        (b'{"url": "\\ud800"}', 400, "bad_request"),
        (b"[" * 60_000, 400, "bad_request"),
        (b'{"url": "' + b"x" * 70_000 + b'"}', 413, "too_long"),
        (b"\xff\xfe", 400, "bad_request"),
    ],
    ids=[f"body {number}" for number in range(15)],
)
def test_what_cannot_be_asked_is_refused(idle: Service, body: bytes, status: int, error: str) -> None:
    headers = {**idle.bearers["admin"], "Content-Type": "application/json"}
    answer = idle.web.ask("POST", "/api/recrawl", headers, body)
    assert (answer.status, answer.document["error"]) == (status, error)
    assert b"secret" not in answer.body
    assert idle.jobs.newest() == []


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_in_a_browser_could_send_is_refused(idle: Service, kind: str) -> None:
    body = json.dumps({"url": URL}).encode()
    answer = idle.web.ask("POST", "/api/recrawl", {**idle.bearers["admin"], "Content-Type": kind}, body)
    assert (answer.status, answer.document["error"]) == (415, "unsupported_media_type")


def test_a_body_without_a_stated_length_is_limited_too(idle: Service) -> None:
    connection = HTTPConnection("127.0.0.1", idle.web.port, timeout=60)
    headers = {**idle.bearers["admin"], "Content-Type": "application/json"}
    connection.request("POST", "/api/recrawl", iter([b"x" * 60_000] * 2), headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_jobs_are_listed_page_by_page(service: Service) -> None:
    asked = [service.asks("/api/recrawl", {"url": f"{URL}/{number}"}).document["id"] for number in range(3)]
    service.asks("/api/crawl", {"source": "example"})
    service.does("finished", ANSWER)
    first = service.web.get("/api/jobs?kind=recrawl&limit=2").document
    rest = service.web.get(f"/api/jobs?kind=recrawl&limit=2&before={first['next']}").document
    assert [job["id"] for job in first["jobs"] + rest["jobs"]] == asked[::-1]
    assert rest["next"] is None
    assert [job["state"] for job in service.web.get("/api/jobs?state=finished").document["jobs"]] == ["finished"]
    assert service.web.get("/api/jobs?source=other").document["jobs"] == []
    assert service.web.get("/api/jobs?state=dead").status == 400
    assert service.web.get(f"/api/jobs/{'0' * 32}").status == 404
    assert service.web.get("/api/jobs/x").status == 400


def test_a_process_without_jobs_says_so(tmp_path: Path) -> None:
    token, line = make("crawl", "crawl")
    (tmp_path / "tokens").write_text(line, encoding="utf-8")
    archive = OpenedArchive(str(tmp_path / "archive"))
    with served(make_app(Parts(archive=archive, tokens=Tokens(tmp_path / "tokens"), sources=lambda: SOURCES))) as web:
        answer = web.post("/api/crawl", {"source": "example"}, {"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.document["error"]) == (503, "no_jobs")
        assert web.get("/api/jobs").status == 503
