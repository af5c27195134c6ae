"""What the clock plans: each run once, whatever the service and the machine's clock do meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.clock.clock import Clock
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job, State
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.sources.schedules import schedule

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Service:
    """A service without a web: a clock whose time the test tells, and somebody who does the jobs."""

    def __init__(self, directory: Path, text: str, **settings: object) -> None:
        self.sources = {"paper": Source(home="http://x.example/", schedule=schedule(text), jitter=timedelta())}
        if settings:
            self.sources["paper"] = Source(**{"home": "http://x.example/", "schedule": schedule(text), **settings})  # type: ignore[arg-type]
        self.database = Database(directory, "", SERVICE)
        self.jobs = Jobs(self.database)
        self.worker = self.jobs.register()
        self.now = NOON
        self.passed = timedelta()
        self.next_due: datetime | None = None
        self.restart()

    def restart(self) -> None:
        """Forget what only the process knows."""
        self.clock = Clock(
            self.jobs,
            lambda: self.sources,
            lambda *_: self.next_due,
            now=lambda: self.now,
            monotonic=lambda: self.passed.total_seconds(),  # noqa: PLW0108 - `passed` is another each time
        )

    def at(self, moment: datetime, state: State = "finished") -> list[datetime | None]:
        """Have the clock look at a moment, do what it plans, and return what it was planned for."""
        self.now = moment
        self.clock.plan()
        done: list[Job] = []
        while (job := self.jobs.take(self.worker, ["crawl"], now=moment)) is not None:
            assert self.jobs.end(job, self.worker, state, now=moment)
            done.append(job)
        return [job.planned_for for job in done]


@pytest.fixture
def every_hour(tmp_path: Path) -> Iterator[Service]:
    """A source that is crawled at every full hour."""
    service = Service(tmp_path, "every 1 hour")
    yield service
    service.database.close()


def test_a_new_source_is_crawled_at_once_and_then_at_its_interval(every_hour: Service) -> None:
    looks = [every_hour.at(NOON + timedelta(minutes=10 * number)) for number in range(14)]

    assert [found for found in looks if found] == [[NOON], [NOON + timedelta(hours=1)], [NOON + timedelta(hours=2)]]


def test_runs_that_were_missed_are_made_up_once(every_hour: Service) -> None:
    every_hour.at(NOON)
    every_hour.restart()

    assert every_hour.at(NOON + timedelta(hours=7, minutes=5)) == [NOON + timedelta(hours=7)]
    assert every_hour.at(NOON + timedelta(hours=7, minutes=6)) == []


def test_a_run_that_is_under_way_is_not_overlapped(every_hour: Service) -> None:
    every_hour.now = NOON
    every_hour.clock.plan()
    running = every_hour.jobs.take(every_hour.worker, ["crawl"])
    assert running is not None

    assert every_hour.at(NOON + timedelta(hours=1)) == []
    assert every_hour.jobs.end(running, every_hour.worker, "finished")
    assert every_hour.at(NOON + timedelta(hours=1, minutes=20)) == [NOON + timedelta(hours=1)]


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "restarted"])
@pytest.mark.parametrize(
    "step", [timedelta(hours=-3), timedelta(hours=3), timedelta(minutes=-20), timedelta(days=-2)], ids=str
)
@pytest.mark.parametrize("text", ["every 1 hour", "0 * * * *"])
def test_a_clock_that_is_set_makes_at_most_one_run_more_and_loses_none(
    tmp_path: Path, text: str, step: timedelta, *, restarted: bool
) -> None:
    service = Service(tmp_path, text)
    made: list[timedelta] = []
    for number in range(12 * 6):  # twelve hours that pass, looked at every ten minutes
        service.passed = timedelta(minutes=10 * number)
        if restarted and number == 18:
            service.restart()
        if service.at(NOON + service.passed + (step if number >= 18 else timedelta())):
            made.append(service.passed)
    service.database.close()

    assert 12 <= len(made) <= 13
    assert max(after - before for before, after in itertools.pairwise(made)) <= timedelta(hours=1, minutes=20)


def test_a_cron_line_waits_for_its_first_moment_and_is_made_up_after_that(tmp_path: Path) -> None:
    service = Service(tmp_path, "30 3 * * *")

    assert service.at(NOON) == []
    assert service.at(NOON + timedelta(hours=15, minutes=40)) == [NOON + timedelta(hours=15, minutes=30)]
    service.restart()
    assert service.at(NOON + timedelta(days=3)) == [NOON + timedelta(days=2, hours=15, minutes=30)]
    service.database.close()


def test_the_first_moment_of_a_cron_line_is_made_up_where_the_service_was_down_for_it(tmp_path: Path) -> None:
    service = Service(tmp_path, "30 3 * * *")
    assert service.at(NOON) == []

    service.restart()

    assert service.at(NOON + timedelta(hours=17)) == [NOON + timedelta(hours=15, minutes=30)]
    service.database.close()


@pytest.mark.parametrize("text", ["every 1 hour", "0 * * * *"])
def test_the_next_run_that_is_told_is_the_one_that_is_made(tmp_path: Path, text: str) -> None:
    service = Service(tmp_path, text, jitter=timedelta(minutes=40))
    service.at(NOON - timedelta(hours=1))
    made: list[tuple[datetime, datetime | None]] = []
    for number in range(150):
        told = service.clock.next_run("paper", service.sources["paper"])
        moment = NOON + timedelta(minutes=number)
        if service.at(moment):
            made.append((moment, told))
    service.database.close()

    assert len(made) >= 2
    assert all(told is not None and told <= moment < told + timedelta(minutes=1) for moment, told in made[1:])


def test_a_learned_source_is_crawled_when_a_page_is_due(tmp_path: Path) -> None:
    service = Service(tmp_path, "learned")

    assert len(service.at(NOON)) == 1, "nothing is known of it"
    service.next_due = NOON + timedelta(minutes=30)
    assert service.at(NOON + timedelta(minutes=29)) == []
    assert len(service.at(NOON + timedelta(minutes=31))) == 1
    assert service.at(NOON + timedelta(minutes=31, seconds=30)) == [], "it rests for a minute, whatever is due"
    service.database.close()


def test_a_learned_source_that_fails_is_tried_less_and_less(tmp_path: Path) -> None:
    service = Service(tmp_path, "learned")

    minutes = [number for number in range(200) if service.at(NOON + timedelta(minutes=number), "failed")]

    assert minutes == [0, 2, 6, 14, 30, 62, 122, 182]
    service.database.close()


def test_a_learned_source_that_fails_is_left_alone_in_between_also_where_the_clock_was_set_back(tmp_path: Path) -> None:
    service = Service(tmp_path, "learned")
    service.at(NOON, "failed")

    tries = 0
    for number in range(180):  # half an hour, looked at every ten seconds
        service.passed = timedelta(seconds=10 * number)
        tries += len(service.at(NOON - timedelta(hours=1) + service.passed, "failed"))
    service.database.close()

    assert 1 <= tries <= 15


def test_a_source_that_is_not_enabled_is_left_alone(tmp_path: Path) -> None:
    service = Service(tmp_path, "every 1 hour", enabled=False)

    assert service.at(NOON) == []
    assert service.clock.next_run("paper", service.sources["paper"]) is None
    service.database.close()


@settings(max_examples=25)
@given(steps=st.lists(st.integers(1, 300), min_size=1, max_size=30), restarts=st.sets(st.integers(0, 29)))
def test_no_moment_is_planned_twice_and_each_that_came_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], restarts: set[int]
) -> None:
    service = Service(tmp_path_factory.mktemp("service"), "every 1 hour")
    moment, made = NOON, []
    for number, minutes in enumerate(steps):
        moment += timedelta(minutes=minutes)
        if number in restarts:
            service.restart()
        made += service.at(moment)
        assert service.jobs.last_planned("paper") == moment.replace(minute=0)
    service.database.close()

    assert len(made) == len(set(made))


def test_a_look_that_is_under_way_when_the_service_ends_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    looking, go_on = threading.Event(), threading.Event()

    def sources() -> dict[str, Source]:
        looking.set()
        assert go_on.wait(60)
        return {}

    async def ended(clock: Clock) -> None:
        running = asyncio.ensure_future(clock.run())
        await asyncio.to_thread(looking.wait, 60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        go_on.set()
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - the look is APScheduler's task
            await asyncio.sleep(0.01)

    with Database(tmp_path, "archive", SERVICE) as database:
        asyncio.run(ended(Clock(Jobs(database), sources, lambda *_: None)))

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
