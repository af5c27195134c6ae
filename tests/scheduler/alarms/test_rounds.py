"""A round of the watch goes on where a part of it fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archiving.writer import Writer, shows

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.rounds import Rounds
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import SourcesFile, Watch
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.stores.folder import FolderStore

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FERRY = "https://news.example/ferry"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set."""
    for name in ("SPOOL_LIMIT", "FREE_DISK"):
        monkeypatch.delenv(f"BROADSHEET_{name}", raising=False)


def test_a_store_that_is_away_is_an_alarm_and_changes_are_told_when_it_is_back(
    tmp_path: Path, database: Database
) -> None:
    archive, away = Archive(FolderStore(tmp_path / "archive")), False

    def opened() -> Archive:
        if away:
            raise StoreUnavailableError("nobody answers")
        return archive

    document = SourcesFile(free_bytes=0, watches=(Watch(url=FERRY),))
    rounds = Rounds(opened, database, Jobs(database))
    rounds.go(document, NOW)
    Writer(FolderStore(tmp_path / "archive"), tmp_path / "writer").publish(shows(FERRY, 0, "now"))
    for minute, away in enumerate((True, True, True, False, False), 1):  # noqa: B007 - `opened` reads it
        rounds.go(document, NOW + timedelta(minutes=minute))
    alarms = [(entry.event, entry.kind) for entry in rounds.outbox.entries("alarm")]
    assert alarms == [("cleared", "store"), ("raised", "store")]
    assert [entry.url for entry in rounds.outbox.entries("change")] == [FERRY]


def test_a_disk_that_is_too_full_is_an_alarm(tmp_path: Path, database: Database) -> None:
    rounds = Rounds(lambda: Archive(FolderStore(tmp_path / "archive")), database, Jobs(database))
    for minute in range(3):
        rounds.go(SourcesFile(free_bytes=2**62), NOW + timedelta(minutes=minute))
    (alarm,) = rounds.outbox.entries("alarm")
    assert (alarm.event, alarm.kind) == ("raised", "disk")
    assert "MiB are free" in alarm.text
