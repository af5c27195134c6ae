"""What is watched is told when it changes: each change once, whatever is cut off in between."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from archiving.machine import Machine
from archiving.writer import Visit, Writer, answer, moment, shows
from sqlalchemy import func, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.following import ChangeFollower
from broadsheet.scheduler.alarms.outbox import Outbox, webhook_key
from broadsheet.scheduler.alarms.removals import confirm
from broadsheet.scheduler.alarms.schema import tallies
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Service, Source, SourcesFile, Watch, Webhook
from broadsheet.storage.archive import Archive
from broadsheet.storage.chains.changes import Changes
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.stores.folder import FolderStore

FERRY, FOG, ELSEWHERE = "https://news.example/ferry", "https://news.example/fog", "https://other.example/"
SOURCES = {"news": Source(home="https://news.example/")}


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    """A writer of the archive, which holds one version."""
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "writer")
    writer.publish(shows(FERRY, 0, "long ago"))
    return writer


def follower(tmp_path: Path, database: Database) -> ChangeFollower:
    return ChangeFollower(Archive(FolderStore(tmp_path / "archive")), database, Outbox(database))


def told(database: Database) -> list[tuple[str, str | None]]:
    return sorted((notice.event, notice.url) for notice in Outbox(database).entries("change"))


def test_what_was_there_before_is_not_told_and_each_change_behind_it_once(
    tmp_path: Path, database: Database, writer: Writer
) -> None:
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),))
    assert follower(tmp_path, database).step(document) == 0
    writer.publish(shows(FERRY, 10, "now"), shows(FOG, 11, "fog"), shows(ELSEWHERE, 12, "no matter"))
    assert follower(tmp_path, database).step(document) == 3
    expected = [("changed", FERRY), ("new", FOG)]
    assert told(database) == expected
    with Database(database.directory, database.archive, SERVICE) as reopened:
        assert follower(tmp_path, reopened).step(document) == 0
    assert told(database) == expected


def test_only_the_changes_that_matter_are_told(tmp_path: Path, database: Database, writer: Writer) -> None:
    document = SourcesFile(watches=(Watch(url=FERRY, changes=("removed",)), Watch(url=FOG)))
    follower(tmp_path, database).step(document)
    writer.publish(shows(FERRY, 10, "another text"), shows(FOG, 11, "fog"))
    writer.publish(Visit(url=FERRY, at=moment(20), response=answer(b"", "410 Gone")))
    writer.publish(Visit(url=FERRY, at=moment(40), response=answer(b"", "410 Gone")))
    follower(tmp_path, database).step(document)
    confirm(Archive(FolderStore(tmp_path / "archive")), Outbox(database), document, moment(41))
    assert told(database) == [("gone", FERRY), ("new", FOG)]


def test_old_captures_that_are_imported_are_no_news_but_what_waited_long_for_the_store_is(
    tmp_path: Path, database: Database, writer: Writer
) -> None:
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),))
    follower(tmp_path, database).step(document)
    # A batch is begun with its first visit: an import of the others brings what was captured before that.
    days = 24 * 60
    writer.publish(
        shows(FERRY, 9 * days, "what it says now"),
        shows(FOG, 2 * days, "what it said then"),
        shows("https://news.example/storm", 8.5 * days, "captured by hand this morning"),
    )
    assert follower(tmp_path, database).step(document, moment(20 * days)) == 3
    assert told(database) == [("changed", FERRY), ("new", "https://news.example/storm")]
    with database.reading() as connection:
        counted = select(func.sum(tallies.c.articles)).where(tallies.c.archive == database.archive)
        assert connection.scalar(counted) == 2


def test_a_removal_is_told_once_a_second_look_confirms_it(tmp_path: Path, database: Database, writer: Writer) -> None:
    archive, outbox = Archive(FolderStore(tmp_path / "archive")), Outbox(database)
    document = SourcesFile(watches=(Watch(url=FERRY),))
    follower(tmp_path, database).step(document)
    writer.publish(Visit(url=FERRY, at=moment(20), response=answer(b"", "404 Not Found")))
    follower(tmp_path, database).step(document, moment(21))
    confirm(archive, outbox, document, moment(22))
    assert told(database) == []

    writer.publish(Visit(url=FERRY, at=moment(35), response=answer(b"", "404 Not Found")))
    confirm(archive, outbox, document, moment(36))
    confirm(archive, outbox, document, moment(37))

    (notice,) = outbox.entries("change")
    assert (notice.event, notice.url, notice.at) == ("gone", FERRY, moment(36))
    assert notice.title == "gone: A title", "the last headline that it had"


def test_a_removal_that_was_a_servers_mistake_is_not_told(tmp_path: Path, database: Database, writer: Writer) -> None:
    archive, outbox = Archive(FolderStore(tmp_path / "archive")), Outbox(database)
    document = SourcesFile(watches=(Watch(url=FERRY),))
    follower(tmp_path, database).step(document)
    writer.publish(Visit(url=FERRY, at=moment(20), response=answer(b"", "404 Not Found")))
    follower(tmp_path, database).step(document, moment(21))
    writer.publish(shows(FERRY, 35, "long ago"))
    confirm(archive, outbox, document, moment(36))
    follower(tmp_path, database).step(document, moment(37))

    assert outbox.held() == []
    assert [event for event, _ in told(database)] == ["changed"]


def test_a_removal_that_nobody_looks_at_again_is_told_after_a_day(
    tmp_path: Path, database: Database, writer: Writer
) -> None:
    archive, outbox = Archive(FolderStore(tmp_path / "archive")), Outbox(database)
    document = SourcesFile(watches=(Watch(url=FERRY), Watch(url=FOG)))
    follower(tmp_path, database).step(document)
    writer.publish(shows(FOG, 19, "fog"))
    for url in (FERRY, FOG):
        writer.publish(Visit(url=url, at=moment(20), response=answer(b"", "404 Not Found")))
    follower(tmp_path, database).step(document, moment(21))
    outbox.forget_url(FOG)

    confirm(archive, outbox, document, moment(21 + 24 * 60))

    (notice,) = (notice for notice in outbox.entries("change") if notice.event == "gone")
    assert notice.url == FERRY
    assert "seen once" in notice.text


def test_a_step_that_is_cut_off_is_made_again_whole(
    tmp_path: Path, database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),))
    follower(tmp_path, database).step(document)
    writer.publish(shows(FERRY, 10, "now"), shows(FOG, 11, "fog"))
    with monkeypatch.context() as away:
        away.setattr(FolderStore, "get", _unavailable)
        with pytest.raises(StoreUnavailableError):
            follower(tmp_path, database).step(document)
    assert told(database) == []
    follower(tmp_path, database).step(document)
    assert told(database) == [("changed", FERRY), ("new", FOG)]


@pytest.mark.usefixtures("writer")
def test_where_the_archive_is_another_its_changes_are_told_too(tmp_path: Path, database: Database) -> None:
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),))
    follower(tmp_path, database).step(document)
    other = Writer(FolderStore(tmp_path / "elsewhere"), tmp_path / "other")
    other.publish(shows(FERRY, 5, "there before it was looked at"))
    (tmp_path / "archive").rename(tmp_path / "before")
    (tmp_path / "elsewhere").rename(tmp_path / "archive")
    other.store = FolderStore(tmp_path / "archive")
    follower(tmp_path, database).step(document)
    other.publish(shows(FERRY, 10, "now"))
    follower(tmp_path, database).step(document)
    assert ("changed", FERRY) in told(database)


@pytest.mark.parametrize("instead", ["nothing", "an empty folder"])
def test_an_archive_that_is_away_is_no_other_one_and_nothing_is_told_twice_when_it_is_back(
    tmp_path: Path, database: Database, writer: Writer, instead: str
) -> None:
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),))
    follower(tmp_path, database).step(document)
    writer.publish(shows(FERRY, 5, "told once"))
    follower(tmp_path, database).step(document)
    once = told(database)
    (tmp_path / "archive").rename(tmp_path / "away")
    if instead == "an empty folder":
        (tmp_path / "archive").mkdir()
    with pytest.raises(StoreUnavailableError, match="is away"):
        follower(tmp_path, database).step(document)
    if instead == "an empty folder":
        (tmp_path / "archive").rmdir()
    (tmp_path / "away").rename(tmp_path / "archive")
    follower(tmp_path, database).step(document)
    assert told(database) == once == [("changed", FERRY)]


def _unavailable(*_: object) -> bytes:
    raise StoreUnavailableError("away")


def test_of_an_article_that_is_taken_down_nothing_is_told_or_sent_any_more(
    tmp_path: Path, database: Database, writer: Writer
) -> None:
    hook = Webhook(url="https://hook.example/", secret_file=tmp_path / "secret")
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),), service=Service(webhooks=(hook,)))
    follower(tmp_path, database).step(document)
    writer.publish(shows(FERRY, 10, "now"), shows(FOG, 11, "fog"))
    follower(tmp_path, database).step(document)
    outbox = Outbox(database)
    assert len(outbox.due(webhook_key(hook.url), datetime.now(UTC))) == 2

    outbox.forget_url("http://www.news.example/ferry")

    assert told(database) == [("new", FOG)]
    assert [delivery.notice.url for delivery in outbox.due(webhook_key(hook.url), datetime.now(UTC))] == [FOG]


def test_of_versions_that_are_removed_nothing_is_told_or_sent_any_more(tmp_path: Path, database: Database) -> None:
    machine = Machine(FolderStore(tmp_path / "archive"), tmp_path / "machine")
    machine.publish(shows(FERRY, 0, "long ago"))
    hook = Webhook(url="https://hook.example/", secret_file=tmp_path / "secret")
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),), service=Service(webhooks=(hook,)))
    follower(tmp_path, database).step(document)
    machine.publish(shows(FERRY, 10, "too old"))
    machine.publish(shows(FERRY, 20, "standing"), shows(FOG, 21, "fog"))
    follower(tmp_path, database).step(document)
    outbox = Outbox(database)
    assert [event for event, _ in told(database)] == ["changed", "changed", "new"]

    machine.retain(before=moment(25), now=moment(26))
    follower(tmp_path, database).step(document)

    assert told(database) == [("changed", FERRY), ("new", FOG)]
    assert len(outbox.due(webhook_key(hook.url), datetime.now(UTC))) == 2


def test_of_two_services_on_one_database_that_follow_at_the_same_time_one_tells(
    tmp_path: Path, database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = SourcesFile(sources=SOURCES, watches=(Watch(source="news"),))
    follower(tmp_path, database).step(document)
    writer.publish(shows(FERRY, 10, "now"), shows(FOG, 11, "fog"))
    first, second = follower(tmp_path, database), follower(tmp_path, database)
    read = Archive.changes
    steps: list[int] = []

    def overtaken(archive: Archive, cursor: str | None = None) -> Changes:
        """While one reads the feed, the other makes its whole step."""
        monkeypatch.setattr(Archive, "changes", read)
        steps.append(second.step(document))
        return read(archive, cursor)

    monkeypatch.setattr(Archive, "changes", overtaken)
    steps.append(first.step(document))

    assert steps == [2, 0]
    assert told(database) == [("changed", FERRY), ("new", FOG)]
    with database.reading() as connection:
        counted = select(func.sum(tallies.c.articles)).where(tallies.c.archive == database.archive)
        assert connection.scalar(counted) == 2
