from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from archiving.writer import Writer, answers, shows
from servers.web_server import Web, served

from broadsheet.scheduler.config import Source
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.scheduler.web.reads import EXAMPLE
from broadsheet.scheduler.web.tokens import Tokens
from broadsheet.storage.stores.folder import FolderStore

_SCHEMATHESIS = str(Path(sysconfig.get_path("scripts")) / "schemathesis")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("openapi")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(shows(EXAMPLE, 0, "one"))
    writer.publish(answers(EXAMPLE, 5, "304 Not Modified"))
    writer.publish(shows(EXAMPLE, 10, "two"))
    writer.spool.close()
    sources = {"example": Source(home="https://news.example/")}
    parts = Parts(archive=OpenedArchive(str(folder / "archive")), tokens=Tokens(), sources=lambda: sources)
    with served(make_app(parts)) as running:
        yield running


def test_the_service_does_what_its_document_says(web: Web, tmp_path: Path) -> None:
    command = [
        *(_SCHEMATHESIS, "run", f"{web.address}/openapi.json", "--seed", "1", "--max-examples", "3"),
        # No schema tells which texts are addresses or times: what is none of them is refused with 400, as documented.
        *("--exclude-checks", "positive_data_acceptance", "--warnings", "off", "--no-color"),
    ]
    ended = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=110)
    assert ended.returncode == 0, ended.stdout[-3_000:] + ended.stderr


def test_every_endpoint_for_programs_is_described(web: Web) -> None:
    document = web.get("/openapi.json").document
    assert document["openapi"].startswith("3.1.")
    described = {path.partition("{")[0].rstrip("/") for path in document["paths"]}
    named = {"versions", "snapshot", "diff", "changes", "sources"}
    assert {f"/api/{name}" for name in named} <= described
    assert {"/timegate", "/timemap/link", "/timemap/json", "/memento", "/healthz", "/readyz"} <= described
