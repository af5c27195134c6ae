"""The PostgreSQL of a running service is killed and comes back: the service says so, loses no job, and goes on."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article
from end_to_end.serving import RunningService, serving
from servers.postgresql import PostgreSQL, postgresql
from servers.raw_server import RawServer

from broadsheet.storage.archive import Archive


@pytest.fixture
def database() -> Iterator[PostgreSQL]:
    """A server of its own: it is killed."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql())
        except FileNotFoundError as error:
            pytest.skip(str(error))
        yield server


def _asked(service: RunningService, token: str, url: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - it is http
        service.address + "/api/recrawl",
        data=json.dumps({"url": url}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _sources(tmp_path: Path, site: RawServer) -> tuple[Path, str]:
    made = Broadsheet(str(tmp_path)).run("token", "newsroom", "--scope", "crawl").text
    token, line = (shown.strip() for shown in made.splitlines() if shown.startswith("  "))
    (tmp_path / "tokens").write_text(line + "\n")
    path = tmp_path / "sources.toml"
    path.write_text(
        f'[service]\ntokens = "tokens"\n[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nenabled = false\n'
    )
    return path, token


def test_a_service_whose_database_is_killed_says_so_and_does_what_was_acknowledged_when_it_is_back(
    database: PostgreSQL, tmp_path: Path
) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"), {"BROADSHEET_FRONTIER": database.address})
    scripts = {"/slow": answer(article("Slow"), seconds=15.0), "/quick": answer(article("Quick"))}
    with RawServer(scripts) as site:
        sources, token = _sources(tmp_path, site)
        home = f"http://127.0.0.1:{site.port}"
        with serving(broadsheet, sources, tmp_path / "log") as service:
            status, slow = _asked(service, token, f"{home}/slow")
            assert status == 202
            service.until(lambda: bool(site.exchanges("/slow")))
            database.kill()
            service.says("jobs cannot be taken")
            assert service.get("/healthz") == {"alive": True}
            ready = service.get("/readyz")
            assert (ready["ready"], ready["checks"]["database"] != "ok") == (False, True)
            status, told = _asked(service, token, f"{home}/quick")
            assert (status, told["error"]) == (503, "database_unavailable")
            scripts["/slow"] = scripts["/quick"]
            database.start()
            service.until(lambda: service.get("/readyz")["ready"])
            status, quick = _asked(service, token, f"{home}/quick")
            assert status == 202
            for job in (slow, quick):
                service.until(lambda job=job: service.get(f"/api/jobs/{job['id']}").get("state") == "finished")  # type: ignore[misc]
            assert service.end() == 0, service.said

    assert "a-secret-of-the-test" not in service.said
    found = Archive.open(broadsheet.archive)
    assert {snapshot.url for snapshot in found.snapshots()} == {f"{home}/slow", f"{home}/quick"}
    inspection.check(found.store)
