"""What a crawl has left in the spool is published by itself, also where no crawl is due."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from archiving.writer import Writer, shows

from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.workers import backlog
from broadsheet.scheduler.workers.commands import Setting
from broadsheet.scheduler.workers.workers import Workers
from broadsheet.storage.archive import Archive
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.stores.folder import FolderStore

_SECONDS = 60.0
_URL = "https://news.example/a"


def test_what_waits_in_the_spool_is_published_while_no_job_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "_LOOK_SECONDS", 0.05)
    archive = tmp_path / "archive"
    spool = _left_behind(archive)

    async def until_published(workers: Workers) -> None:
        working = asyncio.ensure_future(workers.run())
        await asyncio.to_thread(_until_empty, spool)
        await workers.stop()
        await working

    with open_service_database(str(archive)) as database:
        asyncio.run(until_published(Workers(Jobs(database), Setting(archive=str(archive)))))

    assert [snapshot.url for snapshot in Archive.open(str(archive)).snapshots()] == [_URL]


def _until_empty(spool: Spool) -> None:
    deadline = time.monotonic() + _SECONDS
    while spool.waiting():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _left_behind(archive: Path) -> Spool:
    """Record and plan a batch, and leave it in the spool as a crawl does whose store is away."""
    writer = Writer(FolderStore(archive), archive / ".local")
    batch, captures = writer.record(shows(_URL, 0, "One sentence"))
    plan, _ = writer.plan(batch, captures)
    batch.write_plan(publication.encode_plan(plan))
    writer.catalog.close()
    writer.spool.close()
    return writer.spool
