"""A day of the service in a few minutes: a newspaper that is edited and away for a while, a kill and a restart."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.service.running import RunningService

from broadsheet.scheduler.demo.expectations import Expected
from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.jobs.jobs import Jobs, open_service_database
from broadsheet.scheduler.jobs.model import SCHEDULE, Job
from broadsheet.storage.archive import Archive

SOURCE = "tern"
_TODAY = datetime(2026, 11, 22, tzinfo=UTC).date()
_SOURCES = """
[sources.{name}]
home = "{url}"
schedule = "every 1 minute"
delay = 0.0

[sources.{name}.recrawl]
front_pages = {{ quickest = "1 minute", slowest = "1 minute" }}
articles = {{ quickest = "1 minute", slowest = "1 minute" }}
"""
# Two moments of the schedule at least.
_DOWN_SECONDS = 125
_ENDS = " ends: "
_BEGINS = " begins: "


@dataclass
class Day:
    """What came of it.

    Attributes:
        services: Each process of the service.
        jobs: The jobs that the schedule planned, the oldest first.
        edits: How many articles each edition changed, and how many of these the archive held as they then were.
        happened: What was done, and when.
        statuses: How each SIGTERM ended, and after how many seconds.
        restarted: Seconds from the start after a kill to the first run.
    """

    services: list[RunningService] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    edits: dict[int, tuple[int, int]] = field(default_factory=dict)
    happened: list[tuple[datetime, str]] = field(default_factory=list)
    statuses: list[tuple[int, float]] = field(default_factory=list)
    restarted: float = 0.0

    def note(self, what: str) -> None:
        """Write down what is done now."""
        self.happened.append((datetime.now(UTC), what))


class _Newspaper:
    """The demo newspaper, which can be away; its address stays."""

    def __init__(self) -> None:
        self._edition = 1
        self._open = DemoNewspaper(today=_TODAY)
        self._open.__enter__()
        self.url = self._open.url

    def publish(self, edition: int) -> None:
        self._edition = edition
        self._open.publish(edition)

    def close(self) -> None:
        self._open.__exit__(None, None, None)

    def open_again(self) -> None:
        self._open = DemoNewspaper(today=_TODAY, port=int(self.url.rsplit(":", 1)[1].strip("/")))
        self._open.publish(self._edition)
        self._open.__enter__()

    def expected(self, edition: int) -> dict[str, Expected]:
        return self._open.expectations(edition)


@contextlib.contextmanager
def _printed() -> Iterator[_Newspaper]:
    newspaper = _Newspaper()
    try:
        yield newspaper
    finally:
        newspaper.close()


def play(folder: Path) -> Day:
    """Play it in a folder; about six and a half minutes."""
    day = Day()
    try:
        with _printed() as newspaper:
            _play(day, newspaper, folder)
    finally:
        for service in day.services:
            if service.ended_at is None:
                service.kill()
    with open_service_database(str(folder / "archive")) as database:
        jobs = Jobs(database).newest(source=SOURCE, kind="crawl", limit=1000)
    day.jobs = [job for job in reversed(jobs) if job.asked_by == SCHEDULE]
    return day


def _play(day: Day, newspaper: _Newspaper, folder: Path) -> None:
    archive, sources = folder / "archive", folder / "sources.toml"

    def start() -> RunningService:
        day.services.append(RunningService(archive, sources, folder / f"log-{len(day.services)}"))
        return day.services[-1]

    sources.write_text(_SOURCES.format(name=SOURCE, url=newspaper.url))
    day.note("the service is started")
    service = start()
    service.until_said(_ENDS)
    newspaper.publish(2)
    newspaper.close()
    day.note("the second edition is out, and the newspaper is away")
    service.until_said(_ENDS, 2)
    newspaper.open_again()
    day.note("the newspaper is back")
    service.until_said(_ENDS, 3)
    service.until_said(_BEGINS, 4)
    service.kill()
    day.note("the service is killed in a run")
    time.sleep(_DOWN_SECONDS)
    day.note("the service is started")
    began = time.monotonic()
    service = start()
    service.until_said(_BEGINS)
    day.restarted = time.monotonic() - began
    service.until_said(_ENDS)
    day.edits[2] = _caught(archive, newspaper, 2)
    newspaper.publish(3)
    day.note("the third edition is out")
    service.until_said(_BEGINS, 2)
    day.note("the service is told to end in a run, and started")
    day.statuses.append(service.end())
    service = start()
    service.until_said(_ENDS, 3)
    day.edits[3] = _caught(archive, newspaper, 3)
    day.note("the service is told to end")
    day.statuses.append(service.end())


def _caught(archive: Path, newspaper: _Newspaper, edition: int) -> tuple[int, int]:
    """Return how many articles an edition changed, and how many of these an archive holds as they are in it."""
    before, now = newspaper.expected(edition - 1), newspaper.expected(edition)
    changed = {path: expected for path, expected in now.items() if expected != before[path]}
    opened = Archive.open(str(archive))
    return len(changed), sum(
        _is_held(opened, newspaper.url.rstrip("/") + path, expected) for path, expected in changed.items()
    )


def _is_held(archive: Archive, url: str, expected: Expected) -> bool:
    latest = archive.latest(url)
    if latest is None or latest.state != expected.state:
        return latest is None and expected.state == "absent"
    if expected.state == "gone":
        return True
    assert latest.article is not None
    text = _folded(latest.article.text or "")
    return latest.article.title == expected.title and all(_folded(part) in text for part in expected.paragraphs)


def _folded(text: str) -> str:
    return " ".join(text.split())
