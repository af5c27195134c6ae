from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from archiving.writer import Writer, answers, shows
from servers.web_server import Web, served

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import Tokens, make
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.scheduler.web.queries import EXAMPLE
from broadsheet.storage.stores.folder import FolderStore

_SCHEMATHESIS = str(Path(sysconfig.get_path("scripts")) / "schemathesis")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which what the document has as examples is found, and a file of tokens."""
    folder = tmp_path_factory.mktemp("openapi")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(shows(EXAMPLE, 0, "one"))
    writer.publish(answers(EXAMPLE, 5, "304 Not Modified"))
    writer.publish(shows(EXAMPLE, 10, "two"))
    writer.spool.close()
    return folder


@pytest.fixture(scope="module")
def token(folder: Path) -> str:
    token, line = make("somebody", "admin")
    (folder / "tokens").write_text(line, encoding="utf-8")
    return token


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[Database]:
    with Database(folder, str(folder), SERVICE) as opened:
        yield opened


@pytest.fixture(scope="module")
def web(folder: Path, token: str, database: Database) -> Iterator[Web]:
    assert token
    parts = Parts(
        archive=OpenedArchive(str(folder / "archive")),
        tokens=Tokens(folder / "tokens"),
        sources=lambda: {"example": Source(home="https://news.example/")},
        jobs=Jobs(database),
        notices=Outbox(database).entries,
        longest_wait=0.01,  # nobody does the jobs
        reads_per_minute=1_000_000,
        writes_per_minute=1_000_000,
    )
    with served(make_app(parts)) as running:
        yield running


def test_the_service_does_what_its_document_says(web: Web, token: str, database: Database, tmp_path: Path) -> None:
    command = [
        *(_SCHEMATHESIS, "run", f"{web.address}/openapi.json", "--seed", "1", "--max-examples", "3"),
        *("--header", f"Authorization: Bearer {token}"),
        # No schema tells which texts are addresses or times: what is none of them is refused with 400, as documented.
        *("--exclude-checks", "positive_data_acceptance", "--warnings", "off", "--no-color"),
        *("--phases", "examples,coverage,fuzzing"),
    ]
    ended = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=110)
    assert ended.returncode == 0, ended.stdout[-3_000:] + ended.stderr
    assert {job.asked_by for job in Jobs(database).newest(limit=10_000)} == {"somebody"}


def test_every_field_of_a_change_and_of_a_version_is_explained(web: Web) -> None:
    schemas = web.get("/openapi.json").document["components"]["schemas"]
    for name in ("Change", "VersionEntry", "VersionsPage", "ChangesPage"):
        fields = schemas[name]["properties"].items()
        assert [field for field, schema in fields if not schema.get("description")] == []
    assert schemas["VersionEntry"]["properties"]["captured_at"]["description"] == "When it was captured."
    assert schemas["VersionEntry"]["description"] == "One version in the list of an article's versions."


def test_every_endpoint_for_programs_is_described(web: Web) -> None:
    document = web.get("/openapi.json").document
    assert document["openapi"].startswith("3.1.")
    described = {path.partition("{")[0].rstrip("/") for path in document["paths"]}
    named = {"versions", "snapshot", "diff", "changes", "sources", "jobs", "recrawl", "crawl"}
    assert {f"/api/{name}" for name in named} <= described
    assert {
        "/timegate",
        "/timemap/link",
        "/timemap/json",
        "/memento",
        "/healthz",
        "/readyz",
        "/metrics",
        "/alarms.atom",
    } <= described
