"""The store of a running service is killed: what is due meanwhile is crawled, and published when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from end_to_end.serving import RunningService, serving
from servers.raw_server import RawServer, Script
from servers.seaweedfs import SeaweedFS
from servers.seaweedfs import seaweedfs as running_seaweedfs

from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import State
from broadsheet.storage.archive import Archive


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SeaweedFS]:
    """A store of its own: it is killed."""
    with running_seaweedfs() as server:
        for name, value in {**server.environment, "BROADSHEET_STATE": str(tmp_path / "state")}.items():
            monkeypatch.setenv(name, value)
        yield server


def _site(*stories: str) -> dict[str, Script]:
    return {
        "/": answer(front_page(f"/{story}" for story in stories)),
        **{f"/{story}": answer(article(f"What happened: {story}")) for story in stories},
    }


def _jobs(archive: str, state: State) -> int:
    with open_service_database(archive) as database:
        return len(Jobs(database).newest(states=[state]))


def _until_crawled(service: RunningService, archive: str, jobs: int) -> None:
    service.until(lambda: _jobs(archive, "finished") == jobs)


def test_news_that_stand_only_while_the_store_is_dead_are_in_the_archive_when_it_lives_again(
    store: SeaweedFS, tmp_path: Path
) -> None:
    archive = store.uri(store.make_bucket(), "archive")
    environment = {**store.environment, "BROADSHEET_STATE": str(tmp_path / "state")}
    scripts = _site("lasting")
    sources = tmp_path / "sources.toml"
    with RawServer(scripts) as site:
        home = f"http://127.0.0.1:{site.port}/"
        sources.write_text(f'[sources.paper]\nhome = "{home}"\nschedule = "every 1 day"\n')
        with serving(Broadsheet(archive, environment), sources, tmp_path / "log") as service:
            _until_crawled(service, archive, 1)
            store.kill()
            scripts |= _site("lasting", "flash")
            with open_service_database(archive) as database:
                Jobs(database).ask("crawl", source="paper", asked_by="ann")
            service.until(lambda: bool(site.exchanges("/flash")))
            service.says("the archive does not answer")
            del scripts["/flash"]
            store.start()
            _until_crawled(service, archive, 2)
            assert service.end() == 0, service.said

    found = Archive.open(archive)
    assert {snapshot.url.removeprefix(home) for snapshot in found.snapshots()} == {"lasting", "flash"}
    inspection.check_deeply(found.store)
