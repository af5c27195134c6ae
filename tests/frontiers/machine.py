"""A machine with a frontier, whose processes can be killed: what they had noted and not written down is gone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from broadsheet.crawler.frontier.coverage import Coverage, coverage
from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.publishing import Acknowledgements
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.turns import Turn
from broadsheet.crawler.frontier.visits import Visit
from broadsheet.storage.model import Outcome
from broadsheet.storage.publishing.publication import Answer

JOB = b"everything"
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def url_of(number: int) -> str:
    """The URL of a page of the site."""
    return f"http://site.example/{number}"


@dataclass
class Machine:
    """Processes that crawl one site of an archive, one after another.

    Attributes:
        directory: Its state directory.
        archive: What the archive is called in a shared database.
        run: The run as the process that lives now has it.
        captured: What lies in the spool and is not published.
    """

    directory: Path
    archive: str
    captured: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database(self.directory, self.archive)
        self._moments = 0
        self.run = self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.run.holding.let_go()
        self.database.close()

    def start(self, job: bytes = JOB, *, resume: bool = True) -> Run:
        """Begin or go on, in a process of its own."""
        frontier = Frontier(self.database)
        self.run = frontier.begin("site", job, frontier.cut_off("site", job) if resume else None)
        self._open_batch()
        return self.run

    def kill(self) -> None:
        """Kill the process; the next one recovers the spool first, then goes on."""
        self.run.holding.let_go()
        self._publish(Acknowledgements(self.database))
        self.start()

    def discover(self, numbers: Iterable[int], depth: int = 0, *, refused: str | None = None) -> list[str]:
        """Find pages; return those that were new."""
        new = self.run.unseen([url_of(number) for number in numbers], too_deep=refused is not None)
        for url in new:
            self.run.add(Visit(url=url, depth=depth, via=url_of(0)), refused=refused)
        return new

    def lease(self, most: int) -> list[str]:
        """Take what is next."""
        return [visit.url for of in self.run.waiting_sites for visit in self.run.lease(of, Turn(most=most))]

    def capture(self, url: str, outcome: Outcome | None = "new", *, at: datetime | None = None) -> datetime:
        """Have a page captured, in the far past where no moment is given: it lies in the spool."""
        self._moments += 1
        at = at or _BEGINNING + timedelta(microseconds=self._moments)
        self.captured.append(Answer(url, url, at, outcome, "why" if outcome == "failed" else None))
        return at

    def publish(self) -> None:
        """Publish what lies in the spool."""
        self._publish(self.run.acknowledge)
        self._open_batch()

    def end(self, unfinished: str = "not_reached") -> Coverage:
        """End the run as one that has come to its end."""
        return Frontier(self.database).end(self.run, "finished", unfinished=unfinished).coverage

    def coverage(self) -> Coverage:
        """What the database says at this moment."""
        with self.database.reading() as connection:
            return coverage(connection, self.run.number, unfinished="open")

    def _open_batch(self) -> None:
        self.batch = secrets.token_hex(8)
        self.run.begin_batch(self.batch)

    def _publish(self, acknowledge: Callable[[str, str, list[Answer]], None]) -> None:
        acknowledge(self.batch, f"warc/{self.batch}", self.captured)
        self.captured = []
