"""A day and a night and a day of the service by a compressed clock, with what goes wrong on such days."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.service.causes import Cause, Told, causes_of, judge
from benchmarks.service.compressed import compressed
from benchmarks.service.edits import Edits, Newspaper, edits_of, newspaper
from benchmarks.service.ledger import Ledger, count, total
from benchmarks.service.press import Window, printed
from benchmarks.service.receiver import Receiver, receiving
from benchmarks.service.running import RunningService, environment_of
from benchmarks.service.sources import EDITED, INTERVAL, presses, sources_file
from end_to_end.machine_clock import MachineClock
from servers.faulty_proxy import FaultyProxy, faulty_proxy
from servers.seaweedfs import seaweedfs

from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import SCHEDULE, Job
from broadsheet.storage.archive import Archive

HOURS = 56
"""How long the day is by its clock."""

# A Monday.
_BEGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)
# Jitter of at most five minutes, and what looking for what is due takes on a busy machine.
_PUT_OFF = timedelta(minutes=25)
_ENDS, _BEGINS = " ends: ", " begins: "
# A wait for the clock, and no more than for a machine that has much else to do.
_LONGEST_SECONDS = 7200.0


def _hour(number: float) -> datetime:
    return _BEGIN + timedelta(hours=number)


_STORE_AWAY = Window(_hour(26.5), _hour(29.5))
_TROUBLES = Window(_hour(33), _hour(43))


@dataclass
class Day:
    """What came of it.

    Attributes:
        services: Each process of the service.
        jobs: The jobs that the schedule planned, the oldest first.
        moments: What became of the moments of the schedule, of all sources together.
        edits: What became of each edition's edits.
        happened: What was done, and when.
        statuses: How each SIGTERM ended, and after how many seconds.
        told: What was told of each cause for an alarm.
        false: Alarms without a cause.
        receiver: The webhook.
        dead: The webhook that never answers.
    """

    receiver: Receiver
    dead: Receiver
    services: list[RunningService] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    moments: Ledger = field(default_factory=lambda: total([]))
    edits: list[Edits] = field(default_factory=list)
    happened: list[tuple[datetime, str]] = field(default_factory=list)
    statuses: list[tuple[int, float]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    false: list[dict[str, Any]] = field(default_factory=list)


def play(folder: Path, minutes: float) -> Day:
    """Play it in a folder, in so many minutes."""
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_hex(20))
    with contextlib.ExitStack() as opened:
        weed = opened.enter_context(seaweedfs(asks_who=False))
        store = opened.enter_context(faulty_proxy(weed.endpoint))
        receiver = opened.enter_context(receiving(secret.read_text()))
        dead = opened.enter_context(receiving(secret.read_text(), is_dead=True))
        demo = opened.enter_context(newspaper())
        clock = opened.enter_context(compressed(folder, _BEGIN, HOURS * 60 / minutes))
        weed.make_bucket("day")
        # What looks at the archive and the jobs from outside goes past the proxy, and by its own clock.
        os.environ |= {**weed.environment, "BROADSHEET_STATE": str(folder / "state")}
        day = Day(receiver, dead)
        papers = presses(_BEGIN, _hour(HOURS), _TROUBLES)
        addresses = {paper.name: opened.enter_context(printed(paper, lambda: clock.now)) for paper in papers}
        sources_file(folder / "sources.toml", {EDITED: demo.url, **addresses}, [receiver.url, dead.url], secret)
        try:
            _Player(day, folder, clock, demo, store).play()
        finally:
            for service in day.services:
                if service.ended_at is None:
                    service.kill()
        moments = [_BEGIN + number * INTERVAL for number in range(int(timedelta(hours=HOURS) / INTERVAL) + 1)]
        causes = [cause for paper in papers for cause in causes_of(paper, moments)]
        causes.append(Cause("store", None, _STORE_AWAY, _STORE_AWAY.since, _STORE_AWAY.until))
        day.told, day.false = judge(causes, receiver)
        # The state of the service lies where its bucket's address says: that of the proxy.
        with (
            environment_of({"AWS_ENDPOINT_URL_S3": store.endpoint}),
            open_service_database("s3://day/archive") as database,
        ):
            jobs = Jobs(database)
            by_source = {
                name: [job for job in jobs.newest(source=name, limit=1000) if job.asked_by == SCHEDULE]
                for name in (EDITED, *addresses)
            }
        day.jobs = sorted((job for each in by_source.values() for job in each), key=lambda job: job.id)
        up = [(service.started_at, service.ended_at) for service in day.services if service.ended_at is not None]
        day.moments = total([count(each, up, interval=INTERVAL, put_off=_PUT_OFF) for each in by_source.values()])
    return day


class _Player:
    """Does what happens in the day."""

    def __init__(self, day: Day, folder: Path, clock: MachineClock, demo: Newspaper, store: FaultyProxy) -> None:
        self._day, self._folder, self._clock, self._demo, self._store = day, folder, clock, demo, store

    def play(self) -> None:
        """Play it all, in its order."""
        self._start()
        self._edit(2, at=3)
        with self._note_span(5.5, 7.5, "the demo newspaper is away", "it is back"):
            self._demo.close()
        self._demo.open_again()
        self._look_at_edits(since=3)
        self._edit(3, at=9.5)
        self._until(11.9)
        self._look_at_edits(since=9.5)
        self._in_a_run(14)
        self._service.kill()
        self._note("the service is killed in a run")
        self._clock_reaches(19)
        self._start()
        self._in_a_run(22)
        self._end("the service is told to end in a run")
        self._start()
        with self._note_span(26.5, 29.5, "the store is away", "it is back"):
            self._store.fault_for_all = "refuse"
        self._store.fault_for_all = None
        self._until(33)
        self._note("one source falls silent, one loses its dates, one its readers' access, one every answer")
        self._until(43)
        self._note("all is as before")
        self._until(HOURS - 0.3)
        self._end("the service is told to end")

    @property
    def _service(self) -> RunningService:
        return self._day.services[-1]

    def _start(self) -> None:
        self._note("the service is started")
        environment = {**self._clock.environment, "AWS_ENDPOINT_URL_S3": self._store.endpoint}
        log = self._folder / f"log-{len(self._day.services)}"
        self._day.services.append(
            RunningService(
                "s3://day/archive",
                self._folder / "sources.toml",
                log,
                environment=environment,
                now=lambda: self._clock.now,
            )
        )

    def _end(self, what: str) -> None:
        self._note(what)
        self._day.statuses.append(self._service.end())

    def _edit(self, edition: int, *, at: float) -> None:
        self._until(at)
        self._demo.publish(edition)
        self._note(f"edition {edition} of the demo newspaper is out")

    def _look_at_edits(self, *, since: float) -> None:
        """See what of the edition on sale was archived and told, when all but two hours more have passed."""
        self._until((self._clock.now - _BEGIN) / timedelta(hours=1) + 1.9)
        self._day.edits.append(edits_of(self._demo, Archive.open("s3://day/archive"), self._day.receiver, _hour(since)))

    def _in_a_run(self, hour: float) -> None:
        """Wait until a run of a moment of the schedule is under way."""
        self._until(hour)
        begun = self._service.said.count(_BEGINS)
        self._service.until_said(_BEGINS, begun + 1)

    @contextlib.contextmanager
    def _note_span(self, since: float, until: float, begins: str, ends: str) -> Iterator[None]:
        """Do something at an hour, and come back at another."""
        self._until(since)
        self._note(begins)
        yield
        self._until(until)
        self._note(ends)

    def _until(self, hour: float) -> None:
        """Wait for an hour of the day while the service lives."""
        self._service.until(lambda: self._clock.now >= _hour(hour), _LONGEST_SECONDS)

    def _clock_reaches(self, hour: float) -> None:
        while self._clock.now < _hour(hour):
            time.sleep(0.1)

    def _note(self, what: str) -> None:
        self._day.happened.append((self._clock.now, what))
