"""What the service has acknowledged is done, whichever of its processes is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article
from end_to_end.serving import RunningService, serving
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_STORY = "/story"


def _ask(service: RunningService, token: str, url: str) -> str:
    request = urllib.request.Request(  # noqa: S310 - it is http
        service.address + "/api/recrawl",
        data=json.dumps({"url": url, "why": "a reader says it changed", "wait": 0, "idempotency_key": "1"}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        assert response.status == 202
        job: dict[str, Any] = json.load(response)
        return str(job["id"])


def _sources(tmp_path: Path, site: RawServer) -> tuple[Path, str]:
    """Write the sources file, and return it with a token that may ask for re-crawls."""
    made = Broadsheet(str(tmp_path)).run("token", "newsroom", "--scope", "crawl").text
    token, line = (shown.strip() for shown in made.splitlines() if shown.startswith("  "))
    (tmp_path / "tokens").write_text(line + "\n")
    path = tmp_path / "sources.toml"
    path.write_text(
        f'[service]\ntokens = "tokens"\n[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nenabled = false\n'
    )
    return path, token


def _slow() -> Script:
    return answer(article("Slow"), seconds=60.0)


def _children_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_a_recrawl_that_was_acknowledged_is_done_though_the_service_is_killed_twice_and_its_child_once(
    tmp_path: Path,
) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    scripts = {_STORY: _slow()}
    with RawServer(scripts) as site:
        sources, token = _sources(tmp_path, site)
        url = f"http://127.0.0.1:{site.port}{_STORY}"
        with serving(broadsheet, sources, tmp_path / "log") as service:
            job = _ask(service, token, url)
            service.until(lambda: len(site.exchanges(_STORY)) == 1)
            (child,) = _children_of(service.process.pid)
            os.kill(child, signal.SIGKILL)
            service.until(lambda: len(site.exchanges(_STORY)) == 2)
            service.kill()
        with serving(broadsheet, sources, tmp_path / "log") as service:
            service.until(lambda: len(site.exchanges(_STORY)) == 3)
            assert service.get(f"/api/jobs/{job}")["state"] == "running"
            scripts[_STORY] = answer(article("Slow"))
            service.kill()
        with serving(broadsheet, sources, tmp_path / "log") as service:
            service.until(lambda: service.get(f"/api/jobs/{job}")["state"] not in ("waiting", "running"))
            ended = service.get(f"/api/jobs/{job}")
            assert service.end() == 0

    assert (ended["state"], ended["result"]["outcome"]) == ("finished", "new"), ended
    archive = Archive.open(broadsheet.archive)
    assert [snapshot.url for snapshot in archive.snapshots()] == [url]
    inspection.check(archive.store)
