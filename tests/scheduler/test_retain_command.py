"""`broadsheet retain`: what it says, and that a dry run removes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archiving.machine import HOME, SOURCE, Machine
from archiving.writer import shows
from click.testing import CliRunner, Result
from sqlalchemy import insert

from broadsheet.scheduler.alarms.following import ChangeFollower
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.schema import cursors
from broadsheet.scheduler.cli import program
from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.sources.document import Source, SourcesFile, Watch
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/2026/story"
YEAR = 365 * 24 * 60  # minutes


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """An archive with versions of seven and of six years ago, at least."""
    machine = Machine(FolderStore(tmp_path / "archive"), tmp_path / "archive" / ".local")
    machine.publish(shows(URL, -7 * YEAR, "at first"))
    machine.publish(shows(URL, -6 * YEAR, "later"))
    machine.writer.spool.close()
    machine.writer.catalog.close()
    return str(tmp_path / "archive")


def retain(archive: str, *arguments: str, retention: str = "retention = '5 weeks'") -> Result:
    sources = Path(archive).parent / "sources.toml"
    sources.write_text(f"[sources.{SOURCE}]\nhome = '{HOME}'\n{retention}\n")
    return CliRunner().invoke(program, ["--archive", archive, "retain", "--config", str(sources), *arguments])


def versions(archive: str) -> int:
    return len(list(Archive.open(archive).versions(URL)))


def test_a_dry_run_tells_what_would_be_removed(archive: str) -> None:
    told = json.loads(retain(archive, "--dry-run", "--json").stdout)
    [source] = told["sources"]
    assert (source["source"], source["captures"], source["versions"]) == (SOURCE, 1, 1)
    assert (told["dry_run"], told["removals"]) == (True, [])
    assert "1 capture from before" in retain(archive, "--dry-run").stdout
    assert versions(archive) == 2


def test_what_is_too_old_is_removed_once(archive: str) -> None:
    told = json.loads(retain(archive, "--json").stdout)
    [source], [key] = told["sources"], told["removals"]
    assert (source["captures"], source["versions"]) == (1, 1)
    assert (Path(archive) / key).exists()
    assert versions(archive) == 1
    assert "nothing is older than it may be" in retain(archive).stdout


def test_what_the_service_told_of_what_is_too_old_is_removed_with_it(archive: str) -> None:
    document = SourcesFile(sources={SOURCE: Source(home=HOME)}, watches=(Watch(source=SOURCE),))
    with open_service_database(archive) as database:
        outbox = Outbox(database)
        with database.writing() as connection:
            # It follows the archive from its beginning, as if it had been there at the time.
            connection.execute(insert(cursors).values(archive=database.archive, name="changes", cursor=""))
        ChangeFollower(Archive.open(archive), database, outbox).step(document)
        assert {notice.event for notice in outbox.entries("change")} == {"new", "changed"}

    retain(archive)

    with open_service_database(archive) as database:
        assert [notice.event for notice in Outbox(database).entries("change")] == ["changed"]


def test_where_all_is_kept_for_ever_there_is_nothing_to_do(archive: str) -> None:
    assert isinstance(retain(archive, retention="").exception, ConfigError)
