"""What became of jobs and what crawls measured, added up by source for ever: in the service's database.

A sum is added to in the transaction that writes down what it is of, so that it never goes back, whichever process asks
for it, and however often the service starts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, func, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.upserts import insert_for, upsert
from broadsheet.scheduler.jobs.model import Job, Kind, State
from broadsheet.scheduler.jobs.rows import job_of, select_jobs
from broadsheet.scheduler.jobs.schema import counts, jobs

LAST_SUCCESS = "last_success"
"""The name of what is no sum: when a crawl to which pages came has ended last, in Unix seconds."""

_NAME = re.compile(r"[a-z_]+(\.[0-9a-z_]+)*")
_LONGEST_NAME = 64
_NO_SOURCE = ""
# What is counted of each job, whatever run it was of.
_OF_JOBS = ("ended.", "crawls.")


class Count(Struct, frozen=True):
    """A sum.

    Attributes:
        source: The source that it is of, or None for URLs of none.
        name: What is counted, and of which kind: ``outcomes.new``, ``ended.crawl.failed``.
        value: How much.
    """

    source: str | None
    name: str
    value: float


class UnderWay(Struct, frozen=True, kw_only=True):
    """The jobs that have not ended.

    Attributes:
        jobs: How many, by kind and state.
        waits_since: When the one was asked for that waits longest, by kind.
    """

    jobs: Mapping[tuple[Kind, State], int]
    waits_since: Mapping[Kind, datetime]


class Counts:
    """The sums of an archive's service. Safe to use from several threads.

    Args:
        database: Where they lie.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: str | None, counted: Mapping[str, float]) -> None:
        """Add to the sums of a source.

        Args:
            source: The source, or None.
            counted: By name, how much there is more.
        """
        with self._database.writing() as connection:
            self._add(connection, source, counted)

    def note_end(self, connection: Connection, job: Job) -> None:
        """Add what a job came to that has ended, in the transaction in which it does."""
        counted = Counter(dict(_counted(job)))
        before = self._before(connection, job) if job.kind == "crawl" and _run(job) else None
        if before is not None and _run(before) == _run(job):
            # The crawl before broke off, and this one went on with its run: its summary tells of all of that.
            counted -= Counter({name: value for name, value in _counted(before) if not name.startswith(_OF_JOBS)})
        self._add(connection, job.source, counted)
        if job.ended_at is not None and job.run_outcome in ("finished", "partial"):
            row = {"source": job.source or _NO_SOURCE, "name": LAST_SUCCESS, "value": job.ended_at.timestamp()}
            connection.execute(
                upsert(connection, counts, rewritten=["value"]).values(archive=self._database.archive, **row)
            )

    def read(self) -> list[Count]:
        """Return all sums."""
        query = select(counts.c.source, counts.c.name, counts.c.value).where(counts.c.archive == self._database.archive)
        with self._database.reading() as connection:
            return [Count(row.source or None, row.name, row.value) for row in connection.execute(query)]

    def under_way(self) -> UnderWay:
        """Return how many jobs wait and run."""
        query = (
            select(jobs.c.kind, jobs.c.state, func.count().label("found"), func.min(jobs.c.asked_at).label("since"))
            .where(jobs.c.archive == self._database.archive, jobs.c.state.in_(("waiting", "running")))
            .group_by(jobs.c.kind, jobs.c.state)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return UnderWay(
            jobs={(row.kind, row.state): row.found for row in rows},
            waits_since={row.kind: row.since for row in rows if row.state == "waiting"},
        )

    def _before(self, connection: Connection, job: Job) -> Job | None:
        """Return the crawl of the same source that was asked for before one and has ended."""
        earlier = select_jobs().where(
            jobs.c.archive == self._database.archive,
            jobs.c.source == job.source,
            jobs.c.id < job.id,
            jobs.c.kind == "crawl",
            jobs.c.ended_at.is_not(None),
        )
        row = connection.execute(earlier.order_by(jobs.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else job_of(row)

    def _add(self, connection: Connection, source: str | None, counted: Mapping[str, float]) -> None:
        mine = {"archive": self._database.archive, "source": source or _NO_SOURCE}
        # In one order whoever adds, so that of two transactions in PostgreSQL none waits for the other.
        rows = [mine | {"name": name, "value": value} for name, value in sorted(counted.items()) if _is_name(name)]
        if not rows:
            return
        insert = insert_for(connection, counts)
        added = {"value": counts.c.value + insert.excluded.value}
        connection.execute(insert.on_conflict_do_update(index_elements=list(counts.primary_key), set_=added), rows)


def _counted(job: Job) -> Iterator[tuple[str, float]]:
    """Yield what there is to count of a job that has ended."""
    yield f"ended.{job.kind}.{job.state}", 1
    result: Mapping[str, Any] = job.result or {}
    if job.kind == "recrawl":
        if "outcome" in result:
            yield f"outcomes.{result['outcome']}", 1
        return
    # Rules count failures in a row: one that asked for nothing adds none to that which it tells of again.
    yield f"crawls.{job.run_outcome if job.has_looked else 'idle'}", 1
    for prefix in ("outcomes", "skipped"):
        for word, count in result.get(prefix, {}).items():
            if count:
                yield f"{prefix}.{word}", count
    yield "fetched", result.get("fetched", 0)
    yield "crawl_seconds", result.get("seconds", 0)


def _run(job: Job) -> object:
    """Return what tells the run of a crawl from others of its source; None where it told of none."""
    return (job.result or {}).get("started_at")


def _is_name(name: str) -> bool:
    """Tell whether a name is made of words of ours: what a broken child may say becomes no label."""
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
