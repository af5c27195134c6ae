"""The jobs of the service raise alarms and clear them, each once, across restarts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archiving.writer import START as PUBLISHED
from archiving.writer import Visit, Writer, answer
from sqlalchemy import event, insert

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.following import ChangeFollower
from broadsheet.scheduler.alarms.notices import Kind, Notice
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.schema import tallies
from broadsheet.scheduler.alarms.standing import Key, Standing, StandingAlarms, open_alarms
from broadsheet.scheduler.alarms.watching import AlarmWatch
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import Source, SourcesFile
from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Article, Date, Subscription
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOCUMENT = SourcesFile(sources={"courier": Source(home="https://courier.example/")})


# What is told does not depend on where it is kept, which the other tests show of both databases.
of_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Service:
    """The jobs of a service whose crawls come to what a test says."""

    def __init__(self, database: Database, every: timedelta = HOUR) -> None:
        self._every = every
        self.jobs = Jobs(database)
        self.database = database
        self.troubles: Mapping[Kind, str] = {}
        self.at = START
        self._worker = self.jobs.register()

    def crawl(self, new: int | None) -> None:
        """Crawl some time later; None where no page came."""
        self.at += self._every
        self.jobs.plan("courier", self.at, now=self.at)
        job = self.jobs.take(self._worker, ["crawl"], now=self.at)
        assert job is not None
        outcomes = {"new": new or 0, "unchanged": 0 if new is None else 1, "failed": 1 if new is None else 0}
        result = {"outcome": "failed" if new is None else "finished", "outcomes": outcomes}
        self.jobs.end(job, self._worker, "failed" if new is None else "finished", result=result, now=self.at)

    def fail(self) -> None:
        """Have a crawl fail some time later, without a word on its source."""
        self.at += self._every
        self.jobs.plan("courier", self.at, now=self.at)
        job = self.jobs.take(self._worker, ["crawl"], now=self.at)
        assert job is not None
        self.jobs.end(job, self._worker, "failed", reason="nothing could be stored", now=self.at)

    def crawl_without_end(self) -> None:
        """Crawl some minutes later, until no more may be asked for."""
        self.at += timedelta(minutes=5)
        self.jobs.plan("courier", self.at, now=self.at)
        job = self.jobs.take(self._worker, ["crawl"], now=self.at)
        assert job is not None
        alert = {"kind": "endless", "pages": "courier.example/maze/*", "text": "20 of them led to 80 more"}
        result = {"outcome": "finished", "outcomes": {"new": 20}, "alerts": [alert]}
        self.jobs.end(job, self._worker, "finished", result=result, now=self.at)

    def crawl_for_nothing(self) -> None:
        """Crawl some time later, when nothing is due."""
        self.at += self._every
        self.jobs.plan("courier", self.at, now=self.at)
        job = self.jobs.take(self._worker, ["crawl"], now=self.at)
        assert job is not None
        self.jobs.end(job, self._worker, "finished", result={"outcome": "idle"}, now=self.at)

    def crawl_put_off(self) -> None:
        """Crawl some time later, when nothing is due since the source failed before."""
        self.at += self._every
        self.jobs.plan("courier", self.at, now=self.at)
        job = self.jobs.take(self._worker, ["crawl"], now=self.at)
        assert job is not None
        result = {"outcome": "failed", "put_off_until": "2026-06-03T00:00:00Z"}
        self.jobs.end(job, self._worker, "failed", reason="still failing", result=result, now=self.at)

    def watch(self) -> AlarmWatch:
        return AlarmWatch(self.jobs, self.database, Outbox(self.database), lambda: self.troubles)

    def look(self, document: SourcesFile = DOCUMENT) -> list[tuple[str, str | None]]:
        return events(self.watch().step(document, self.at))


def events(notices: list[Notice]) -> list[tuple[str, str | None]]:
    return [(notice.event, notice.kind) for notice in notices]


@pytest.fixture
def service(database: Database) -> Service:
    """A service whose source has spoken for two days."""
    service = Service(database)
    for _ in range(48):
        service.crawl(3)
    return service


def test_a_silence_is_told_once_and_so_is_its_end(service: Service) -> None:
    assert service.look() == []
    told = []
    for new in (0, 0, 0, 0, 0, 0, 1, 0, 0):
        service.crawl(new)
        told += service.look()
    assert told == [("raised", "silent"), ("cleared", "silent")]


@of_one_database
def test_crawls_that_end_at_their_limit_among_ever_more_pages_are_told_of(service: Service) -> None:
    watch, told = service.watch(), []
    for _ in range(4):
        service.crawl_without_end()
        told.append(events(watch.step(DOCUMENT, service.at)))
    service.crawl(3)
    told.append(service.look())
    assert told == [[], [], [("raised", "endless")], [], [("cleared", "endless")]]


@of_one_database
def test_one_watch_goes_on_with_what_ended_since_it_looked_last(service: Service) -> None:
    watch, told = service.watch(), []
    for new in (0, 0, 0, 0, 0, 0, 0, 1, None, None, None):
        service.crawl(new)
        told += events(watch.step(DOCUMENT, service.at))
    assert told == [("raised", "silent"), ("cleared", "silent"), ("raised", "failing")]


@of_one_database
def test_crawls_every_few_minutes_are_judged_by_the_hour(database: Database) -> None:
    service = Service(database, every=timedelta(minutes=10))
    for _ in range(36 * 6):
        service.crawl(1)
    watch = service.watch()
    assert watch.step(DOCUMENT, service.at) == []
    for _ in range(3 * 6):
        service.crawl(0)
    assert events(watch.step(DOCUMENT, service.at)) == [("raised", "silent")]


def test_of_sources_of_which_nothing_is_new_nothing_is_read_again(database: Database, service: Service) -> None:
    sources = {f"paper{number}": Source(home=f"https://paper{number}.example/") for number in range(20)}
    document, watch = SourcesFile(sources={**DOCUMENT.sources, **sources}), service.watch()
    asked: list[int] = []

    def statements() -> int:
        before = len(asked)
        watch.step(document, service.at)
        return len(asked) - before

    with database.reading() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *_: asked.append(1))
    first, second = statements(), statements()
    service.crawl(3)
    third = statements()

    assert first > 2 * len(sources) > 2 * second
    assert second < third < second + 5


@of_one_database
def test_crawls_that_come_to_nothing_are_told_after_three(service: Service) -> None:
    told = []
    for new in (None, None, None, None, 2, 2):
        service.crawl(new)
        told.append(service.look())
    assert told == [[], [], [("raised", "failing")], [], [("cleared", "failing")], []]


@of_one_database
def test_crawls_to_which_nothing_was_due_lie_between_failures_and_end_none(service: Service) -> None:
    told = []
    for new in (None, None):
        service.crawl(new)
        service.crawl_for_nothing()
        service.crawl_put_off()
        told.append(service.look())
    service.crawl(None)
    told.append(service.look())
    service.crawl_for_nothing()
    told.append(service.look())
    assert told == [[], [], [("raised", "failing")], []]


def test_of_a_source_without_alarms_nothing_is_told_and_what_stood_is_cleared(service: Service) -> None:
    for _ in range(3):
        service.crawl(None)
    quiet = SourcesFile(sources={"courier": Source(home="https://courier.example/", alarms=False)})
    assert service.look(quiet) == []
    assert service.look() == [("raised", "failing")]
    assert service.look(quiet) == [("cleared", "failing")]
    assert service.look(SourcesFile()) == []


@of_one_database
def test_a_trouble_of_the_service_itself_is_told_when_it_lasts(service: Service) -> None:
    watch, told = service.watch(), []
    for troubles in ({}, {"store": "away"}, {}, {"store": "away"}, {"store": "away"}, {"store": "away"}, {}, {}, {}):
        service.troubles = troubles  # type: ignore[assignment]
        told.append(events(watch.step(DOCUMENT, service.at)))
    assert told == [[], [], [], [], [("raised", "store")], [], [], [("cleared", "store")], []]


@of_one_database
def test_crawls_that_fail_while_the_store_is_away_say_nothing_of_their_source(service: Service) -> None:
    told = []
    for troubles in ({"store": "away"},) * 5 + ({},) * 3:
        service.troubles = troubles  # type: ignore[assignment]
        service.fail()
        service.at += timedelta(minutes=1)
        watch = service.watch()  # As after a restart.
        told += events([*watch.step(DOCUMENT, service.at), *watch.step(DOCUMENT, service.at)])
    assert told == [("raised", "store"), ("cleared", "store")]
    service.fail()
    assert service.look() == [("raised", "failing")], "three have failed since"


def test_articles_that_cannot_be_read_any_more_and_a_wall_are_told(tmp_path: Path, service: Service) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "writer")
    follower = ChangeFollower(Archive(FolderStore(tmp_path / "archive")), service.database, Outbox(service.database))
    service.at = PUBLISHED + 100 * HOUR
    writer.publish(_article(0, 0.0, is_whole=True))
    follower.step(DOCUMENT, service.at)
    for start, is_whole, expected in (
        (1, True, []),
        (81, False, [("raised", "extraction"), ("raised", "paywall")]),
        (141, True, [("cleared", "extraction"), ("cleared", "paywall")]),
    ):
        hours = start / 2
        writer.publish(
            *(_article(start + n, hours + n / 60, is_whole=is_whole) for n in range(80 if start == 1 else 30))
        )
        follower.step(DOCUMENT, service.at)
        assert service.look() == expected


def test_two_services_on_one_database_raise_an_alarm_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        service.crawl(None)
    first, second = service.watch(), service.watch()
    read = StandingAlarms.read
    found: list[list[tuple[str, str | None]]] = []

    def overtaken(alarms: StandingAlarms) -> dict[Key, Standing]:
        """Between what one reads and what it writes, the other makes its whole step."""
        monkeypatch.setattr(StandingAlarms, "read", read)
        standing = read(alarms)
        found.append(events(second.step(DOCUMENT, service.at)))
        return standing

    monkeypatch.setattr(StandingAlarms, "read", overtaken)
    found.append(events(first.step(DOCUMENT, service.at)))

    assert found == [[("raised", "failing")], []]
    assert len(Outbox(service.database).entries("alarm")) == 1
    assert open_alarms(service.database) == {"courier": ["failing"]}


class Wall:
    """What is read of a source every six hours, and how much of it is behind a wall."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.told: list[tuple[str, str | None]] = []

    def read(self, days: int, share: float, articles: int = 12) -> None:
        """Read so many articles every six hours of some days, and look."""
        for _ in range(days * 4):
            self._service.at += 6 * HOUR
            more = {"articles": articles, "incomplete": 0, "paywalled": round(articles * share)}
            with self._service.database.writing() as connection:
                archive = self._service.database.archive
                connection.execute(
                    insert(tallies).values(archive=archive, source="courier", hour=self._service.at, **more)
                )
            self.told += self._service.look()


@pytest.fixture
def wall(database: Database) -> Wall:
    """A source whose articles were free for three days."""
    wall = Wall(Service(database))
    wall.read(3, 0.0)
    assert wall.told == []
    return wall


def test_a_wall_that_stays_is_usual_after_a_week_and_raises_nothing_again(wall: Wall) -> None:
    wall.read(6, 1.0)
    assert wall.told == [("raised", "paywall")]
    wall.read(10, 1.0)
    assert wall.told == [("raised", "paywall"), ("cleared", "paywall")]
    wall.read(2, 0.0)
    assert wall.told[2:] == [("raised", "paywall")], "the wall falls, and that is news now"


@of_one_database
def test_a_wall_that_falls_is_over_and_what_was_usual_stays_so(wall: Wall) -> None:
    wall.read(2, 1.0)
    wall.read(2, 0.0)
    assert wall.told == [("raised", "paywall"), ("cleared", "paywall")]
    wall.read(2, 1.0)
    assert wall.told[2:] == [("raised", "paywall")]


def _article(number: int, hours: float, *, is_whole: bool) -> Visit:
    date = Date(value="2026-06-10", precision="day", zone="unknown")
    article = Article(
        title=f"Story {number}",
        text="A text." if is_whole else None,
        published=date if is_whole else None,
        subscription=Subscription(access="free" if is_whole else "paywalled"),
    )
    url = f"https://courier.example/{number}"
    return Visit(
        url=url,
        at=PUBLISHED + hours * HOUR,
        response=answer(f"<h1>{number}</h1>".encode()),
        finding=Finding(article=article),
    )
