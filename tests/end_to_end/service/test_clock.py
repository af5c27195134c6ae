"""The service while its machine's clock is set, and in the night in which clocks are set by law."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from end_to_end.command import Broadsheet
from end_to_end.machine_clock import MachineClock, library
from end_to_end.pages import answer, front_page
from end_to_end.serving import RunningService, serving
from servers.raw_server import RawServer

from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs

pytestmark = pytest.mark.skipif(library() is None, reason="libfaketime is not installed")

NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
# A quarter past one by the clocks of Berlin, which are set back from three to two at one o'clock UTC.
NIGHT = datetime(2026, 10, 24, 23, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
_SET = "the clock was set by"


class Machine:
    """A machine whose clock a test sets, with an archive.

    Attributes:
        clock: Its clock.
        broadsheet: The command, which is shown that clock.
    """

    def __init__(self, directory: Path, at: datetime, site: RawServer, **schedules: str) -> None:
        self.clock = MachineClock(directory, at)
        self.broadsheet = Broadsheet(str(directory / "archive"), environment=self.clock.environment)
        self._directory = directory
        keys = f'home = "http://127.0.0.1:{site.port}/"\nfeeds = []\nsitemaps = []\ndelay = 0.0\njitter = "0 seconds"'
        tables = [f"[sources.{name}]\n{keys}\n{schedule}\n" for name, schedule in schedules.items()]
        (directory / "sources.toml").write_text("\n".join(tables))

    @contextmanager
    def serving(self) -> Iterator[RunningService]:
        with serving(self.broadsheet, self._directory / "sources.toml", self._directory / "log") as service:
            yield service
            assert service.end() == 0, service.said

    def planned(self, source: str) -> list[str]:
        """The moments that runs were planned for, the latest one that was planned last."""
        with open_service_database(self.broadsheet.archive) as database:
            jobs = Jobs(database).newest(source=source)
        return [f"{job.planned_for:%H:%M}" for job in sorted(jobs, key=lambda job: job.started_at or self.clock.now)]

    def until_made(self, service: RunningService, runs: int) -> None:
        """Wait until so many runs have ended since the service was started."""
        service.until(lambda: service.said.count(", finished") >= runs)

    def look_twice(self, service: RunningService) -> None:
        """Have the service look for what is due, twice: it does when it sees that its clock was set."""
        wanted = service.said.count(_SET) + 2

        def is_seen() -> bool:
            self.clock.step(timedelta(seconds=3))
            time.sleep(1.2)  # It looks at its clock every second.
            return service.said.count(_SET) >= wanted

        service.until(is_seen)


@pytest.fixture
def site() -> Iterator[RawServer]:
    """A site of one page."""
    with RawServer({"/": answer(front_page([]))}) as server:
        yield server


def test_a_clock_that_is_set_by_hours_costs_no_run_and_makes_at_most_one_more(tmp_path: Path, site: RawServer) -> None:
    machine = Machine(tmp_path, NOON, site, hourly='schedule = "every 1 hour"')
    with machine.serving() as service:
        machine.until_made(service, 1)
        machine.clock.step(3 * HOUR)
        machine.until_made(service, 2)
        assert machine.planned("hourly") == ["12:00", "15:00"], "what lies between is one missed run"
        machine.clock.step(-3 * HOUR)
        service.says("the clock was set by -10800 s")
        machine.look_twice(service)
        assert len(machine.planned("hourly")) == 2, "no hour has passed"
    with machine.serving() as service:
        machine.until_made(service, 1)
        assert len(machine.planned("hourly")) == 3, "how much has passed is not known after a restart"


def test_in_the_night_of_25_hours_each_run_is_made_once(tmp_path: Path, site: RawServer) -> None:
    berlin = '\ntimezone = "Europe/Berlin"'
    hourly, daily = f'schedule = "0 * * * *"{berlin}', f'schedule = "30 2 * * *"{berlin}'
    machine = Machine(tmp_path, NIGHT, site, hourly=hourly, daily=daily)
    with machine.serving() as service:
        machine.look_twice(service)
        for runs, minutes in enumerate((46, 30, 75), 1):  # 00:01, 00:31 and 01:46 UTC
            machine.clock.step(timedelta(minutes=minutes))
            machine.until_made(service, runs)
        assert machine.planned("hourly") == ["00:00", "01:00"], "two o'clock, twice"
        assert machine.planned("daily") == ["00:30"], "half past two, once"


_TIMER = """
import asyncio
from broadsheet.crawler.crawling.reactor import run_in_reactor

async def wait():
    from twisted.internet import reactor
    come = asyncio.Event()
    reactor.callLater(1.0, come.set)
    print("begun", flush=True)
    await come.wait()

run_in_reactor(wait, [])
"""


def test_a_timer_of_a_crawl_comes_though_the_clock_is_set_back_meanwhile(tmp_path: Path) -> None:
    clock = MachineClock(tmp_path, NOON)
    environment = {**os.environ, **clock.environment}
    with subprocess.Popen([sys.executable, "-c", _TIMER], env=environment, stdout=subprocess.PIPE) as waiting:
        try:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == b"begun\n"
            clock.step(-HOUR)
            assert waiting.wait(60) == 0
        finally:
            waiting.kill()
